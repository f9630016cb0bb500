"""Paper bills: the deadline, the papers, the year they count in, doubles, and the money's way."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from ledger.benefits.claims import REFUSALS
from ledger.core.batches import Batch
from ledger.core.claims import ClaimRecord
from ledger.core.errors import Conflict, GongjiError, Refused, Unknown
from ledger.core.money import Fen
from ledger.core.people import BankAccount, Status
from ledger.services.access import reach_settlement
from ledger.services.books.move_funds import move_funds
from ledger.services.claims.claim import claim, import_claims
from ledger.services.claims.pay_person import due_to_persons, pay_everybody
from ledger.services.importing import ImportOptions
from ledger.services.resettlement.resettle_payee import note_payee
from ledger.services.resettlement.resettle_plan import Scope
from ledger.services.tokens import Caller, Role
from ledger.services.visits.settle_visit import explain_settlement
from tests.people import psn_no, somebody
from tests.resettle.test_resettle import Again, persons_balance
from tests.world import World

PAPERS = ("身份证复印件", "门诊病历", "费用收据", "门诊处方")
BANK = BankAccount("陈一", "样例银行", "6222000000000001")


def bill(name: str = "B1", **more: Any) -> ClaimRecord:
    """A bill of 800.00 in scope from a tier-3 hospital elsewhere."""
    record = ClaimRecord(
        2, name, psn_no(1), None, "11", datetime(2023, 5, 6, 9), Fen(80_000), Fen(0), Fen(0),
        Fen(0), Fen(80_000), date(2023, 9, 1), "武汉样例医院", "三级甲等", 3, True, f"F-{name}",
        PAPERS, BANK,
    )  # fmt: skip
    return record._replace(**more)


def refusal(world: World, record: ClaimRecord) -> GongjiError:
    with pytest.raises(GongjiError) as refused:
        claim(world.context, record)
    return refused.value


def test_the_fund_owes_the_person_by_the_rules_of_the_visit(world: World) -> None:
    answer = claim(world.context, bill())
    assert (answer["hifp_pay"], answer["psn_cash_pay"], answer["year"]) == (
        "150.00",
        "650.00",
        2023,
    )
    assert persons_balance(world, "2103") == 15_000
    due = due_to_persons(world.context, psn_no(1))
    assert [(item["bank_account"], item["pool"]) for item in due] == [(BANK.number, "150.00")]
    assert world.accumulators(psn_no(1), 2023)[3] == 15_000
    told = explain_settlement(world.context, int(answer["setl_id"]))
    assert told["fixmedins_name"] == "武汉样例医院"


def test_it_counts_in_the_year_of_the_visit_though_it_comes_in_the_next(world: World) -> None:
    answer = claim(world.context, bill(received_on=date(2024, 3, 31)))
    assert (answer["year"], answer["fiscal_month"]) == (2023, "2024-03")
    assert world.accumulators(psn_no(1), 2024) == (0, 0, 0, 0, 0)


def test_later_than_the_first_quarter_is_refused_with_the_article(world: World) -> None:
    refused = refusal(world, bill(received_on=date(2024, 4, 1)))
    assert refused.code == "claim/too-late"
    assert "S3c-21" in refused.message
    assert "2024-03-31" in refused.message


def test_each_of_the_four_papers_must_be_there(world: World) -> None:
    for missing in PAPERS:
        papers = tuple(paper for paper in PAPERS if paper != missing)
        refused = refusal(world, bill(papers=papers))
        assert refused.code == "claim/papers-missing"
        assert missing in refused.message


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"psn_no": "nobody"}, "person/unknown"),
        ({"certno": somebody(2).certno}, "person/numbers-disagree"),
        ({"visited_at": datetime(2022, 12, 30, 9)}, "policy/not-in-force"),
        ({"in_scope_fen": Fen(-1), "total_fen": Fen(-1)}, "visit/negative-amount"),
        ({"total_fen": Fen(80_001)}, "visit/parts-do-not-add-up"),
        ({"received_on": date(2023, 5, 5)}, "claim/before-visit"),
        ({"med_type": "51"}, "visit/elsewhere"),
        ({"place_tier": None}, "provider/no-tier"),
        ({"bank_account": BANK._replace(bank="")}, "payee/incomplete"),
        ({"bank_account": BANK._replace(number="x")}, "payee/bad-number"),
    ],
)
def test_refusals(world: World, change: dict[str, Any], code: str) -> None:
    assert refusal(world, bill(**change)).code == code
    assert code in REFUSALS
    assert world.count("claim") == 0


def test_a_visit_settled_directly_is_not_claimed_again(world: World) -> None:
    settled = world.settle(world.visit("direct", psn_no(1), date(2023, 5, 6), 80_000))
    refused = refusal(world, bill())
    assert isinstance(refused, Conflict)
    assert refused.code == "claim/double"
    assert "direct" in refused.message
    assert settled["setl_id"] in refused.message
    world.reverse(settled, datetime(2023, 5, 7, 9))
    assert claim(world.context, bill())["hifp_pay"] == "150.00"


def test_the_same_bill_is_not_claimed_twice_by_whomever(world: World) -> None:
    claim(world.context, bill())
    other = bill("B2", psn_no=psn_no(2), bill_no="F-B1", visited_at=datetime(2023, 5, 8, 9))
    assert refusal(world, other).code == "claim/double"
    another_bill = bill("B3", visited_at=datetime(2023, 5, 6, 15))
    assert claim(world.context, another_bill)["hifp_pay"] == "400.00"


def test_the_same_claim_again_gives_the_first_answer(world: World) -> None:
    first = claim(world.context, bill(), "r1")
    assert claim(world.context, bill(), "r1") == first
    assert claim(world.context, bill())["setl_id"] == first["setl_id"]
    assert refusal(world, bill(bill_no="F-other")).code == "visit/duplicate-id"


def test_the_account_may_pay_the_own_share_back(world: World) -> None:
    answer = claim(world.context, bill(from_account=True))
    assert (answer["acct_pay"], answer["psn_cash_pay"]) == ("200.00", "450.00")
    assert world.balance(psn_no(1)) == 0
    assert persons_balance(world, "2104") == 20_000


def test_a_claim_is_settled_anew_with_its_year(world: World, again: Again) -> None:
    claim(world.context, bill())
    retired = somebody(1, "陈一", Status.RETIRED, changed_on=date(2023, 3, 1))
    world.enrol(retired._replace(settled_up_on=date(2023, 3, 1)))
    answer = again(Scope(2023))
    assert answer["changes"][0]["to_person"] == "30.00"
    assert persons_balance(world, "2103") == 18_000


def test_a_file_of_claims_is_taken_in_the_order_of_the_visits(world: World) -> None:
    records = [
        bill("late", row=2, visited_at=datetime(2023, 6, 1, 9)),
        bill("early", row=3),
        bill("lost", row=4, papers=()),
    ]
    batch: Batch[ClaimRecord] = Batch("claims", "claims.xlsx", 3, records, [])
    result = import_claims(world.context, batch, ImportOptions())
    assert [(error.row, error.code) for error in result.errors] == [(4, "claim/papers-missing")]
    pools = world.rows("SELECT visit_id, pool_fen FROM settlement ORDER BY settled_at")
    assert pools == [("early", 15_000), ("late", 40_000)]
    assert import_claims(world.context, batch, ImportOptions()).unchanged == 2


def test_a_claim_that_comes_to_less_is_paid_as_claimed_and_the_rest_is_owed(
    world: World, again: Again
) -> None:
    claim(world.context, bill())
    left = somebody(1, "陈一", changed_on=date(2023, 3, 1))
    world.enrol(left._replace(insured=left.insured.__class__("2")))
    again(Scope(2023))
    assert persons_balance(world, "2103") == 15_000
    assert persons_balance(world, "1201") == -15_000


def test_what_a_resettlement_makes_due_gets_a_payee_once(world: World, again: Again) -> None:
    world.settle(world.visit("A", psn_no(1), date(2023, 4, 1), 150_000))
    retired = somebody(1, "陈一", Status.RETIRED, changed_on=date(2023, 3, 1))
    world.enrol(retired._replace(settled_up_on=date(2023, 3, 1)))
    again()
    answer = note_payee(world.context, psn_no(1), BANK, date(2023, 9, 2))
    assert answer["amount"] == "100.00"
    with pytest.raises(Refused, match="没有重新结算产生的"):
        note_payee(world.context, psn_no(1), BANK, date(2023, 9, 3))


def test_a_paper_bill_is_not_refunded_at_a_window(world: World) -> None:
    answer = claim(world.context, bill())
    with pytest.raises(Refused) as refused:
        world.reverse(answer, datetime(2023, 9, 2, 9))
    assert refused.value.code == "refund/by-papers"


def test_a_paper_bill_is_no_providers_business(world: World) -> None:
    number = int(claim(world.context, bill())["setl_id"])
    caller = Caller(Role.PROVIDER, "H42030000001")
    with pytest.raises(Unknown):
        reach_settlement(world.context, caller, number)
    reach_settlement(world.context, Caller(Role.PERSON, psn_no(1)), number)


def test_the_explanation_says_by_which_article_papers_are_paid(world: World) -> None:
    filed, unfiled = (
        claim(world.context, bill(name, filed=name == "B1"))["steps"][0] for name in ("B1", "B2")
    )
    assert (filed["rule"], filed["article"], filed["assumed"]) == ("手工报销", "S3c-21", False)
    assert (unfiled["article"], unfiled["assumed"]) == ("S3c-9", True)
    assert "2024-03-31" in filed["text"]


def test_what_is_due_is_paid_to_the_bank_account_once(world: World) -> None:
    world.contribute(world.contribution(psn_no(1), "2023-01", 1_000_000))
    move_funds(world.context, "fiscal", Fen(50_000), date(2023, 1, 31))
    move_funds(world.context, "disbursement", Fen(50_000), date(2023, 1, 31))
    claim(world.context, bill())
    paid = pay_everybody(world.context, date(2023, 9, 10))
    assert [(item["bank_account"], item["amount"]) for item in paid] == [(BANK.number, "150.00")]
    assert pay_everybody(world.context, date(2023, 9, 11)) == []
    assert persons_balance(world, "2103") == 0


def test_what_is_paid_out_and_then_comes_to_less_is_owed(world: World, again: Again) -> None:
    test_what_is_due_is_paid_to_the_bank_account_once(world)
    left = somebody(1, "陈一", changed_on=date(2023, 3, 1))
    world.enrol(left._replace(insured=left.insured.__class__("2")))
    again(Scope(2023))
    assert persons_balance(world, "2103") == 0
    assert persons_balance(world, "1201") == -15_000
