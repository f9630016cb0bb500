"""Two numbers of one person: put together by two pairs of eyes, and taken apart again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.benefits.pool_transfer import Direction
from ledger.core.errors import GongjiError
from ledger.core.money import Fen
from ledger.core.people import ContributionKind, Relation, Status
from ledger.services.access import reach_settlement
from ledger.services.accounts.merging import listing, propose_merge, statement_of_merged
from ledger.services.accounts.unmerging import propose_unmerge
from ledger.services.approvals import proposals
from ledger.services.books.read import balance, family_links, statement
from ledger.services.context import Context
from ledger.services.pools.pool_quotas import give
from ledger.services.pools.pool_transfers import begin
from ledger.services.tokens import Caller, Role
from tests.people import CHEN, LIN, certno, psn_no, somebody
from tests.world import CLOCK, World, dump, open_context

KEPT, MERGED = psn_no(1), psn_no(7)
DAY = date(2023, 6, 15)
STATE = (
    "personal_account", "account_year", "accumulator", "person_identity", "person_span",
    "benefit_span", "person_alias", "debtor",
)  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "merges.db")
    world.enrol(CHEN, LIN, somebody(7, "陈建国", benefit_until=date(2023, 4, 1)))
    world.open_with(KEPT, 30_000, 2022)
    world.open_with(MERGED, 5_000, 2021)
    world.open_with(MERGED, 2_000, 2022)
    yield world
    world.close()


@pytest.fixture
def second(world: World) -> Iterator[Context]:
    """Somebody else, who approves."""
    context = open_context(world.path, actor="second")
    yield context
    context.engine.dispose()


def merge(world: World, second: Context, on: date = DAY, kept: str = KEPT) -> int:
    proposal = propose_merge(world.context, kept, MERGED, on, "重复建档")
    done = proposals.approve(second, int(proposal["proposal_id"]))
    return int(done["merge_id"])


def unmerge(world: World, second: Context, merge_id: int, on: date = DAY) -> dict[str, Any]:
    proposal = propose_unmerge(world.context, merge_id, on, "实为两人")
    return proposals.approve(second, int(proposal["proposal_id"]))


def refusal_to_unmerge(world: World, merge_id: int) -> str:
    with pytest.raises(GongjiError) as error:
        propose_unmerge(world.context, merge_id, date(2023, 12, 31), "实为两人")
    return error.value.code


def test_nothing_happens_before_somebody_else_approves(world: World) -> None:
    proposal = propose_merge(world.context, KEPT, MERGED, DAY, "重复建档")
    assert world.balance(MERGED) == 7_000
    with pytest.raises(GongjiError) as error:
        proposals.approve(world.context, int(proposal["proposal_id"]))
    assert error.value.code == "approval/same-actor"


def test_the_money_goes_over_with_its_years_and_the_clearing_is_zero(
    world: World, second: Context
) -> None:
    merge(world, second)
    found = balance(world.context, KEPT, DAY)
    assert found["by_year"].keys() >= {"2021", "2022"}
    left = world.rows("SELECT sum(credited_fen - debited_fen) FROM account_year WHERE year = 2021")
    assert left[0][0] >= 5_000
    assert balance(world.context, MERGED, DAY) == found
    world.prove()


def test_both_numbers_find_the_person_and_each_keeps_its_history(
    world: World, second: Context
) -> None:
    merge_id = merge(world, second)
    assert world.person_id(MERGED) == world.person_id(KEPT) == world.person_id(certno(7))
    assert statement(world.context, MERGED)["lines"][-1]["name"] == "合并转入"
    own = statement_of_merged(world.context, merge_id)
    assert own["psn_no"] == MERGED
    assert own["lines"][-1]["name"] == "合并转出"
    assert own["lines"][-1]["balance"] == "0.00"
    shown = listing(world.context, MERGED)[0]
    assert (shown["kept_psn_no"], shown["merged_psn_no"]) == (KEPT, MERGED)


def test_the_years_of_both_numbers_count_together(world: World, second: Context) -> None:
    """Article 6 counts a person's year: the deductible of 500 is met once, not twice."""
    world.settle(world.visit("a", KEPT, date(2023, 2, 1), 30_000))
    world.settle(world.visit("b", MERGED, date(2023, 3, 1), 40_000))
    merge(world, second)
    assert world.accumulators(KEPT, 2023) == (70_000, 70_000, 0, 0, 0)
    after = world.settle(world.visit("c", MERGED, date(2023, 7, 1), 10_000))
    assert (after["act_pay_dedc"], after["hifp_pay"]) == ("0.00", "50.00")
    world.prove()


def test_taken_apart_everything_is_as_if_never(world: World, second: Context) -> None:
    world.settle(world.visit("a", KEPT, date(2023, 2, 1), 30_000, use=1))
    world.settle(world.visit("b", MERGED, date(2023, 3, 1), 60_000, use=1))
    with world.context.writing() as work:
        from ledger.services.accounts.interest import settle_interest

        settle_interest(work, world.context.pack, world.person_id(MERGED), DAY)
        work.commit()
    before = dump(world, STATE)
    merge_id = merge(world, second)
    assert dump(world, STATE) != before
    unmerge(world, second, merge_id)
    after = dump(world, STATE)
    assert _without_turnover(after) == _without_turnover(before)
    assert world.person_id(MERGED) != world.person_id(KEPT)
    world.prove()


def _without_turnover(state: dict[str, list[tuple[Any, ...]]]) -> dict[str, Any]:
    """Balances instead of what was credited and debited: the way there and back is in both.
    Empty rows say nothing."""
    return state | {
        "personal_account": [(r[0], r[1] - r[2], *r[3:]) for r in state["personal_account"]],
        "account_year": sorted((*r[:2], r[2] - r[3]) for r in state["account_year"] if r[2] - r[3]),
        "accumulator": [row for row in state["accumulator"] if any(row[3:])],
    }


def test_a_merge_is_undone_once_and_may_be_made_again(world: World, second: Context) -> None:
    first = merge(world, second)
    unmerge(world, second, first)
    assert refusal_to_unmerge(world, first) == "merge/undone-before"
    again = merge(world, second, date(2023, 7, 1))
    unmerge(world, second, again, date(2023, 7, 1))
    world.prove()


def test_visits_since_stand_in_the_way_until_they_are_given_back(
    world: World, second: Context
) -> None:
    merge_id = merge(world, second)
    visit = world.settle(world.visit("c", KEPT, date(2023, 7, 1), 10_000, use=1))
    assert refusal_to_unmerge(world, merge_id) == "merge/visits-since"
    world.reverse(visit, datetime(2023, 7, 2, 9))
    unmerge(world, second, merge_id, date(2023, 7, 3))
    world.prove()


def test_contributions_since_stand_in_the_way(world: World, second: Context) -> None:
    merge_id = merge(world, second)
    world.contribute(world.contribution(MERGED, "2023-06", 500_000))
    assert refusal_to_unmerge(world, merge_id) == "merge/contributions-since"


def test_money_that_is_gone_stands_in_the_way(world: World, second: Context) -> None:
    merge_id = merge(world, second)
    world.link(world.relation(CHEN.certno, LIN.certno, valid_from=date(2023, 6, 20)))
    world.settle(world.visit("c", psn_no(2), date(2023, 7, 1), 36_000, use=2))
    assert refusal_to_unmerge(world, merge_id) == "merge/money-used"


def test_what_is_owed_goes_over_and_comes_back(world: World, second: Context) -> None:
    world.contribute(world.contribution(MERGED, "2023-01", 800_000))
    world.credit("2023-01")
    world.settle(world.visit("b", MERGED, date(2023, 3, 1), 0, self_paid_fen=22_000, use=1))
    world.contribute(
        world.contribution(MERGED, "2023-01", -800_000, ContributionKind.REFUND, date(2023, 3, 2))
    )
    world.credit("2023-01")
    owed = balance(world.context, MERGED, DAY)["owed"]
    assert owed != "0.00"
    merge_id = merge(world, second)
    assert balance(world.context, KEPT, DAY)["owed"] == owed
    world.prove()
    unmerge(world, second, merge_id)
    assert balance(world.context, KEPT, DAY)["owed"] == "0.00"
    assert balance(world.context, MERGED, DAY)["owed"] == owed
    world.prove()


def test_links_of_mutual_aid_go_over_with_what_is_left_of_their_quota(
    world: World, second: Context
) -> None:
    world.open_with(KEPT, 10_000, 2020)
    world.link(world.relation(certno(7), LIN.certno, Relation.SPOUSE, quota_fen=4_000))
    world.settle(world.visit("l", psn_no(2), date(2023, 3, 1), 1_500, use=2))
    merge_id = merge(world, second)
    paid = world.settle(world.visit("m", psn_no(2), date(2023, 7, 1), 9_000, use=2))
    assert paid["acct_mulaid_pay"] == "25.00"
    unmerge(world, second, merge_id, date(2023, 7, 2))
    old = [link for link in family_links(world.context, MERGED) if link["last_day"] is None]
    assert [(link["quota"], link["used"]) for link in old] == [("15.00", "15.00")]
    world.prove()


def test_a_link_between_the_two_numbers_has_no_successor(world: World, second: Context) -> None:
    world.link(world.relation(CHEN.certno, certno(7), Relation.CHILD))
    merge(world, second)
    assert [link["last_day"] for link in family_links(world.context, KEPT)] == ["2023-06-14"]
    world.prove()


def test_no_month_is_credited_under_both_numbers(world: World, second: Context) -> None:
    """Two numbers of a retired person that are both insured: one flat amount from the merge on."""
    world.enrol(
        somebody(8, "林秀英", LIN.status, settled_up_on=date(2021, 6, 1)),
    )
    world.credit("2023-05")
    proposal = propose_merge(world.context, psn_no(2), psn_no(8), DAY, "重复建档")
    proposals.approve(second, int(proposal["proposal_id"]))
    run = world.credit("2023-06")
    assert (run["people"], run["credited_fen"]) == (1, 7_700)
    world.prove()


def test_merged_numbers_follow_a_further_merge(world: World, second: Context) -> None:
    first = merge(world, second)
    proposal = propose_merge(world.context, psn_no(2), KEPT, DAY, "重复建档")
    further = int(proposals.approve(second, int(proposal["proposal_id"]))["merge_id"])
    assert world.person_id(MERGED) == world.person_id(psn_no(2))
    assert refusal_to_unmerge(world, first) == "merge/merged-further"
    world.prove()
    unmerge(world, second, further)
    assert world.person_id(MERGED) == world.person_id(KEPT) != world.person_id(psn_no(2))
    unmerge(world, second, first)
    world.prove()


def refusal(world: World, kept: str, merged: str, on: date = DAY) -> str:
    with pytest.raises(GongjiError) as error:
        propose_merge(world.context, kept, merged, on, "重复建档")
    return error.value.code


def test_the_number_that_is_insured_is_kept(world: World) -> None:
    assert refusal(world, MERGED, KEPT) == "merge/keep-the-insured"
    assert refusal(world, KEPT, CHEN.certno) == "merge/same-person"


def test_open_business_of_the_merged_number_comes_first(world: World) -> None:
    world.contribute(world.contribution(MERGED, "2023-03", 500_000))
    assert refusal(world, KEPT, MERGED) == "merge/credit-first"
    world.credit("2023-05")
    begin(world.context, Direction.OUT, MERGED, "420100", DAY)
    assert refusal(world, KEPT, MERGED) == "merge/open-transfer"


def test_a_retirees_months_are_credited_before_a_merge(world: World, second: Context) -> None:
    """What is due without any contribution would come to the merged number afterwards."""
    world.enrol(somebody(7, "陈建国", Status.RETIRED, benefit_from=date(2023, 1, 1)))
    world.enrol(somebody(1, CHEN.name, benefit_from=date(2023, 1, 1)))
    assert refusal(world, KEPT, MERGED) == "merge/credit-first"
    world.credit("2023-05")
    merge(world, second)
    world.credit("2023-06")
    world.prove()


def test_quotas_across_pools_end_before_a_merge(world: World) -> None:
    day = date(2026, 3, 2)
    user = (certno(800), "陈远")
    give(world.context, MERGED, user, "420100", Relation.CHILD, Fen(1_000), day)
    assert refusal(world, KEPT, MERGED, day) == "merge/open-quotas"


def test_a_visit_of_the_merged_number_is_given_back_to_the_person(
    world: World, second: Context
) -> None:
    """Deductible, limit and money come back where they count now."""
    visit = world.settle(world.visit("b", MERGED, date(2023, 3, 1), 60_000, use=1))
    assert (visit["hifp_pay"], visit["acct_pay"]) == ("50.00", "70.00")
    merge_id = merge(world, second)
    before = world.balance(KEPT)
    refund = world.reverse(visit, datetime(2023, 6, 20, 9))
    assert refund["hifp_pay"] == "-50.00"
    assert world.balance(KEPT) == before + 7_000
    assert world.accumulators(KEPT, 2023) == (0, 0, 0, 0, 0)
    world.prove()
    assert refusal_to_unmerge(world, merge_id) == "merge/visits-since"


def test_a_year_is_the_same_asked_for_now_and_as_known_now(world: World, second: Context) -> None:
    """A visit of the merged number that is given back after the merge counts less from that day
    on, as of a day and as known at an instant as well."""
    visit = world.settle(world.visit("b", MERGED, date(2023, 3, 1), 60_000))

    def year(on: date | None = None, known_at: datetime | None = None) -> tuple[str, str]:
        found = balance(world.context, KEPT, date(2023, 12, 31), on, known_at)
        return found["deductible_used"], found["pool_paid"]

    merge(world, second)
    standing, standing_at = year(), CLOCK()
    assert standing == year(known_at=standing_at) == ("500.00", "50.00")
    world.reverse(visit, datetime(2023, 6, 20, 9))
    assert year() == year(known_at=CLOCK()) == ("0.00", "0.00")
    assert year(known_at=standing_at) == standing
    assert [year(date(2023, 6, day)) for day in (14, 15, 19, 20)] == [
        ("0.00", "0.00"), standing, standing, ("0.00", "0.00"),
    ]  # fmt: skip


def test_a_relatives_visit_is_given_back_to_the_holder_that_the_number_is_now(
    world: World, second: Context
) -> None:
    world.link(world.relation(certno(7), LIN.certno, Relation.SPOUSE))
    visit = world.settle(world.visit("l", psn_no(2), date(2023, 3, 1), 1_500, use=2))
    assert visit["acct_mulaid_pay"] == "15.00"
    merge(world, second)
    before = world.balance(KEPT)
    world.reverse(visit, datetime(2023, 6, 20, 9))
    assert world.balance(KEPT) == before + 1_500
    world.prove()


def test_a_visit_of_the_merged_number_sent_again_gets_its_answer_again(
    world: World, second: Context
) -> None:
    record = world.visit("b", MERGED, date(2023, 3, 1), 60_000, use=1)
    first = world.settle(record)
    merge(world, second)
    assert world.settle(record)["setl_id"] == first["setl_id"]


def test_a_stay_in_hospital_blocks_whichever_number_it_was_reported_under(
    world: World, second: Context
) -> None:
    stay = world.visit("s", MERGED, date(2023, 7, 10), 0, med_type="21")
    stay = stay._replace(first_day=date(2023, 7, 1), last_day=date(2023, 7, 10))
    world.settle(stay)
    merge(world, second)
    blocked = world.settle(world.visit("v", KEPT, date(2023, 7, 5), 90_000))
    assert blocked["reason"] == "in_hospital"


def test_the_person_sees_settlements_of_the_merged_number_and_a_stranger_does_not(
    world: World, second: Context
) -> None:
    visit = world.settle(world.visit("b", MERGED, date(2023, 3, 1), 60_000, use=1))
    merge(world, second)
    reach_settlement(world.context, Caller(Role.PERSON, KEPT), int(visit["setl_id"]))
    with pytest.raises(GongjiError) as error:
        reach_settlement(world.context, Caller(Role.PERSON, psn_no(2)), int(visit["setl_id"]))
    assert error.value.code == "settlement/unknown"


def test_somebody_known_only_as_a_user_turns_out_to_be_on_the_roster(
    world: World, second: Context
) -> None:
    """A relative was entered by a passport number; the roster has the person by another."""
    world.link(world.relation(LIN.certno, "E12345678", Relation.SPOUSE, user_name="陈建国"))
    world.open_with(psn_no(2), 9_000)
    record = world.visit("u", None, date(2023, 3, 1), 2_000, use=2, certno="E12345678")
    assert world.settle(record)["acct_mulaid_pay"] == "20.00"
    proposal = propose_merge(world.context, KEPT, "E12345678", DAY, "护照号与身份证号为同一人")
    done = proposals.approve(second, int(proposal["proposal_id"]))
    assert world.person_id("E12345678") == world.person_id(KEPT)
    later = world.visit("w", KEPT, date(2023, 7, 1), 0, self_paid_fen=32_000, use=2)
    assert world.settle(later)["acct_mulaid_pay"] == "20.00"
    world.prove()
    assert refusal_to_unmerge(world, int(done["merge_id"])) == "merge/visits-since"


def test_two_numbers_that_each_met_the_limit_break_no_limit_together(
    world: World, second: Context
) -> None:
    """3,000.00 a year for an employee: each number had it, and neither more."""
    for number in (KEPT, MERGED):
        world.settle(world.visit(f"all {number}", number, date(2023, 3, 2), 1_000_000))
    merge(world, second)
    assert world.accumulators(KEPT, 2023)[3] == 600_000
    world.prove()
    more = world.settle(world.visit("more", KEPT, date(2023, 7, 2), 100_000))
    assert more["hifp_pay"] == "0.00"
    world.prove()


def test_as_known_before_a_merge_each_number_names_whom_it_named_then(
    world: World, second: Context
) -> None:
    def asked(known_at: datetime | None) -> tuple[str, int]:
        found = balance(world.context, MERGED, DAY, known_at=known_at)
        told = statement(world.context, MERGED, known_at=known_at)
        return found["balc"], len(told["lines"])

    apart, apart_at = asked(None), CLOCK()
    merge_id = merge(world, second)
    together, together_at = asked(None), CLOCK()
    unmerge(world, second, merge_id)
    assert (apart[0], together[0]) == ("70.00", "370.35")  # With the interest of the 70.00.
    assert asked(apart_at) == apart
    assert asked(together_at) == together
