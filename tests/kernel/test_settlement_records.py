"""Settlement records of other cities, computed again to the fen from packs in `tests/data/packs`.

`COMPUTED` lists the records that carry enough parameters; the others say too little of their
rules, and `CONSERVED` checks what must hold of any settlement: the parts add up. A record that
stands in neither fails.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any, NamedTuple

import pytest

from ledger.benefits.fee_scope import BillItem, FeeScope, split_bill
from ledger.benefits.kernel import NEW_YEAR, YearSoFar, add_to_year, settle_amounts
from ledger.benefits.kernel_rules import kernel_parameters
from ledger.benefits.outpatient import Case, Reason, pool_share
from ledger.core.money import Fen, fen_from_yuan, ratio_bp
from ledger.core.people import Status
from ledger.policy.loader import load_pack
from ledger.policy.values import OutpatientRules
from tests.architecture.tree import ROOT

DATA = ROOT / "tests" / "data"
RECORDS: dict[str, dict[str, Any]] = {
    record["id"]: record
    for record in json.loads((DATA / "settlement-records.json").read_text(encoding="utf-8"))
}
DAY = date(2023, 3, 1)
"""Where the record has no day of its own."""


class Given(NamedTuple):
    """What a record's page says, or leaves to be assumed, beside its amounts."""

    pack: str
    tier: int = 2
    status: int = 0
    before: YearSoFar = NEW_YEAR


MET = (10_000_000, 10_000_000, 0, 0, 0)
"""The year's deductible is met (B02, B04 say so)."""

COMPUTED: dict[str, tuple[Given, ...]] = {
    "R01": (Given("inner-mongolia", tier=3),),
    # The year had 57.26 in scope before: 87.91 after this visit of 30.65.
    "R03": (Given("beijing", before=(5_726, 5_726, 0, 0, 0)),),
    "R06": (Given("hengshui"),),
    # One record cannot tell a limit on cost from one on pay: both must give it.
    "R07": (Given("changsha-chronic-cost", tier=1), Given("changsha-chronic-fund", tier=1)),
    "B02": (Given("dalian-residents", before=MET),),
    "B04": (Given("dalian", before=MET),),
    "T01": (Given("shangluo"),),
    "T03": (Given("shangluo", tier=3),),
    "T05": (Given("chongqing"),),
    "T07": (Given("shenzhen-level-1", tier=3),),
    "T09": (Given("nanjing"),),
    "T11": (Given("zhengzhou"),),
    "T13": (Given("lanzhou"),),
    "T15": (Given("changsha"),),
    "T17": (Given("fuzhou"),),
    "T19": (Given("shenyang"),),
    "T21": (Given("xianyang-residents", tier=1),),
    "T23": (Given("shanghai-residents"),),
    "T25": (Given("xianyang-inpatient", tier=1),),
    "T27": (Given("beijing-inpatient", tier=3),),
}
SPLIT = {"B07", "R03", "R06"}
"""Items of a bill are divided again; of R03 and R06 the visit is computed, too."""
PHARMACY = {"R11", "R12"}
"""The type of visit decides: bought at a pharmacy, account only."""
CONSERVED = {"R09", "R10", "R15"} | PHARMACY

COMPUTATIONS = [(name, given) for name, several in COMPUTED.items() for given in several]


def fen(text: str) -> Fen:
    return fen_from_yuan(str(text))


def rules_of(given: Given, record: dict[str, Any]) -> OutpatientRules:
    day = record["visits"][0].get("date")
    return load_pack(DATA / "packs" / given.pack).outpatient(
        date.fromisoformat(day) if day and len(day) == 10 else DAY
    )


def test_every_record_is_checked() -> None:
    assert set(RECORDS) == set(COMPUTED) | SPLIT | CONSERVED


@pytest.mark.parametrize(("name", "given"), COMPUTATIONS, ids=str)
def test_a_record_with_enough_parameters_is_reproduced_to_the_fen(name: str, given: Given) -> None:
    record = RECORDS[name]
    (visit,) = record["visits"]
    expected = record["expected"]
    in_scope = fen(visit["in_scope"])
    parameters = kernel_parameters(rules_of(given, record))
    amounts = settle_amounts(parameters, given.before, given.status, given.tier, in_scope)
    assert amounts[-1] == fen(expected["fund_pay"])
    assert amounts[0] == expected_deductible(record)
    if "person_pay" in expected:
        total = fen(visit.get("total", visit["in_scope"]))
        assert total - amounts[-1] == fen(expected["person_pay"])
    if "in_scope_year_to_date" in expected:
        assert add_to_year(given.before, amounts)[0] == fen(expected["in_scope_year_to_date"])


def expected_deductible(record: dict[str, Any]) -> int:
    (visit,) = record["visits"]
    if "deductible_applied" in visit:
        return fen(visit["deductible_applied"])
    return min(fen(record["params"]["deductible"]["amount"]), fen(visit["in_scope"]))


def test_a_price_limit_comes_before_the_class_b_share_and_the_ratio_last() -> None:
    """B07: 120 charged, limit 110, 10 % of class B, all of the rest."""
    record = RECORDS["B07"]
    params, (visit,) = record["params"], record["visits"]
    own_share = ratio_bp(params["class_b_self_pay"])
    scope = split_bill([BillItem(fen(visit["charged"]), own_share, fen(params["price_limit"]))])
    assert scope == FeeScope(
        Fen(0),
        fen(record["recomputed"]["over_limit"]),
        fen(record["recomputed"]["class_b"]),
        fen(record["expected"]["fund_pay"]),
    )
    rules = kernel_parameters(rules_of(Given("item-split"), record))
    pay = settle_amounts(rules, NEW_YEAR, 0, 1, scope.in_scope_fen)[-1]
    assert pay == fen(record["expected"]["fund_pay"])
    assert fen(visit["charged"]) - pay == fen(record["expected"]["person_pay"])


def test_the_own_share_of_class_b_is_the_remainder_once_per_bill() -> None:
    """R03: 10 % of 34.05 is 3.405; the receipt shows 30.65 in scope and 3.40 borne first."""
    (visit,) = RECORDS["R03"]["visits"]
    scope = split_bill(BillItem(fen(item["amount"]), 1_000) for item in visit["items"])
    assert scope.in_scope_fen == fen(visit["in_scope"])
    assert scope.paid_first_fen == fen(visit["self_pay_2(乙类先行自付)"])
    assert sum(scope) == fen(visit["total"])


def test_a_single_class_b_item_is_split_as_the_record_shows() -> None:
    (visit,) = RECORDS["R06"]["visits"]
    scope = split_bill([BillItem(fen(visit["total"]), 500)])
    assert (scope.in_scope_fen, scope.paid_first_fen) == (
        fen(visit["in_scope"]),
        fen(visit["preselfpay"]),
    )


def test_a_class_c_item_is_borne_whole() -> None:
    scope = split_bill([BillItem(Fen(5_000), 10_000), BillItem(Fen(700))])
    assert scope == FeeScope(Fen(5_000), Fen(0), Fen(0), Fen(700))


@pytest.mark.parametrize("name", sorted(CONSERVED))
def test_what_a_record_says_adds_up_to_its_total(name: str) -> None:
    record = RECORDS[name]
    (visit,) = record["visits"]
    expected = {key: fen(value) for key, value in record["expected"].items()}
    total = fen(visit["total"])
    if name == "R15":  # All of it out of scope: every layer is zero.
        assert expected["fund_pay"] == expected["all_layers"] == 0
        assert total == fen(visit["fully_self_paid"])
        return
    layers = ("fund_pay", "supplementary_fund", "serious_illness", "medical_aid")
    funds = sum(expected.get(layer, 0) for layer in layers)
    assert funds + expected["account_pay"] + expected["cash_pay"] == total
    if name == "R10":
        parts = ("fully_self_paid(自费)", "class_self_pay(分类自负)")
        borne = expected["self_pay(自负)"] + sum(fen(visit[part]) for part in parts)
        assert borne == expected["cash_pay"]


@pytest.mark.parametrize("name", sorted(PHARMACY))
def test_at_a_pharmacy_the_type_of_visit_decides_not_the_amount_in_scope(name: str) -> None:
    record = RECORDS[name]
    (visit,) = record["visits"]
    case = Case(
        med_type="41",
        in_scope_fen=fen(visit["in_scope"]),
        on_roster=True,
        status=Status.EMPLOYED,
        in_hospital=False,
        at_pharmacy=True,
        pharmacy_pools=None,
        tier=None,
    )
    share = pool_share(case, rules_of(Given("guiyang"), record), NEW_YEAR)
    assert share.reason is Reason.NO_PRESCRIPTION
    assert share.amounts[-1] == fen(record["expected"]["fund_pay"])


def test_cost_out_of_scope_uses_no_deductible() -> None:
    """R15: 3,300 yuan, all of it fully self-paid (a day before the national text of the packs)."""
    record = RECORDS["R15"]
    rules = kernel_parameters(load_pack(DATA / "packs" / "hainan").outpatient(DAY))
    (visit,) = record["visits"]
    amounts = settle_amounts(rules, NEW_YEAR, 0, 3, fen(visit["in_scope"]))
    assert amounts == (0,) * 8
    assert fen(visit["deductible_applied"]) == 0
