"""Where several refusals fit, or several reasons, the first of the written order is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.benefits.account_states import Event
from ledger.benefits.kernel import NEW_YEAR
from ledger.benefits.outpatient import REFUSALS, SHAPE_REFUSALS, Case, Reason, pool_share
from ledger.benefits.windows import Facts
from ledger.core.batches import Batch
from ledger.core.errors import GongjiError
from ledger.core.people import Status
from ledger.core.providers import ProviderRecord
from ledger.core.visits import AccountUse, VisitRecord
from ledger.policy.shapes import Shapes, UncontractedVisit
from ledger.services.accounts.account_states import change_state
from ledger.services.importing import ImportOptions
from ledger.services.roster.import_providers import import_providers
from ledger.services.visits.import_visits import FIELD_OF, import_visits
from tests.people import CHEN, LIN, psn_no
from tests.world import World, code_of, provider_records, shiyan

LATER = "H42030000099"
"""Ungraded, and in agreement only since 2023."""

EVERYTHING_WRONG: dict[str, Any] = {
    "visit_id": "used-before",
    "psn_no": psn_no(777),
    "certno": LIN.certno,
    "provider_code": "H00000000000",
    "settled_at": datetime(2022, 12, 1, 9),
    "med_type": "51",
    "prescriber_code": "H00000000000",
    "fee_category": "体育健身",
    "account_use": AccountUse.OWN,
    "in_scope_fen": -5_000,
}
A_VISIT_MENDED_STEP_BY_STEP: list[tuple[str, dict[str, Any]]] = [
    ("visit/duplicate-id", {"visit_id": "fresh"}),
    ("person/unknown", {"psn_no": CHEN.psn_no}),
    ("person/numbers-disagree", {"certno": CHEN.certno}),
    ("provider/unknown", {"provider_code": LATER}),
    ("provider/not-in-agreement", {"provider_code": code_of("ungraded")}),
    ("policy/not-in-force", {"settled_at": datetime(2023, 3, 1, 9)}),
    ("visit/negative-amount", {"in_scope_fen": 5_000}),
    ("visit/parts-do-not-add-up", {"in_scope_fen": 0}),
    ("visit/elsewhere", {"med_type": "11"}),
    ("provider/no-tier", {"provider_code": code_of("pharmacy"), "med_type": "41"}),
    ("prescriber/unknown", {"prescriber_code": code_of("hospital-1")}),
    ("account/forbidden-category", {"fee_category": "西药"}),
]
"""The refusal, and what to mend so that the next one is met."""

A_REFUND_MENDED_STEP_BY_STEP: list[tuple[str, dict[str, Any]]] = [
    ("visit/duplicate-id", {"visit_id": "fresh-refund"}),
    ("person/unknown", {"psn_no": CHEN.psn_no}),
    ("person/numbers-disagree", {"certno": CHEN.certno}),
    ("provider/unknown", {"provider_code": code_of("hospital-3")}),
    ("refund/unknown-visit", {"original_visit_id": "of-lin-and-given-back"}),
    ("refund/other-person", {"original_visit_id": "given-back"}),
    ("refund/done-before", {"original_visit_id": "to-give-back"}),
    ("refund/partial", {"total_fen": -100, "in_scope_fen": -100}),
    ("account/closed", {"original_visit_id": "paid-in-cash"}),
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "world.db")
    world.enrol(CHEN, LIN)
    template = provider_records()[4]
    later = template._replace(code=LATER, agreement_from=date(2023, 1, 1))
    batch: Batch[ProviderRecord] = Batch("providers", "providers", 1, [later], [])
    import_providers(world.context, batch, ImportOptions())
    day = date(2023, 2, 1)
    world.settle(world.visit("used-before", CHEN.psn_no, day, 100))
    for name, person in (("of-lin-and-given-back", LIN), ("given-back", CHEN)):
        answer = world.settle(world.visit(name, person.psn_no, day, 10_000))
        world.reverse(answer, datetime(2023, 2, 2, 9))
    world.open_with(str(CHEN.psn_no), 100)
    world.settle(world.visit("to-give-back", CHEN.psn_no, day, 100, use=1))
    world.settle(world.visit("paid-in-cash", CHEN.psn_no, day, 100))
    change_state(world.context, str(CHEN.psn_no), Event.CLOSE, date(2023, 2, 3), "余额用完")
    yield world
    world.prove()
    world.close()


def refusal(world: World, record: VisitRecord) -> str:
    """The code with which a visit is refused; "" when it is settled."""
    try:
        world.settle(record)
    except GongjiError as error:
        return error.code
    return ""


def refusal_in_a_file(world: World, record: VisitRecord) -> tuple[str, str]:
    batch = Batch("visits", "visits.csv", 1, [record], [])
    result = import_visits(world.context, batch, ImportOptions(dry_run=True))
    return (result.errors[0].code, result.errors[0].column) if result.errors else ("", "")


def test_the_walks_meet_every_refusal_in_the_written_order() -> None:
    visit = [code for code, _mend in A_VISIT_MENDED_STEP_BY_STEP]
    refund = [code for code, _mend in A_REFUND_MENDED_STEP_BY_STEP if code not in visit]
    assert tuple(visit + refund) == REFUSALS
    # Which column a missing fact is, the error itself says.
    assert set(FIELD_OF) == {*REFUSALS, *SHAPE_REFUSALS} - {"visit/missing-fact"}


def test_a_visit_with_every_fault_is_refused_by_the_first_of_them(world: World) -> None:
    record = world.visit("x", None, date(2023, 3, 1), 0, self_paid_fen=10_000)
    record = record._replace(**EVERYTHING_WRONG)
    for code, mend in A_VISIT_MENDED_STEP_BY_STEP:
        assert refusal(world, record) == code
        assert refusal_in_a_file(world, record) == (code, FIELD_OF[code])
        record = record._replace(**mend)
    assert refusal(world, record) == ""


def test_a_refund_with_every_fault_is_refused_by_the_first_of_them(world: World) -> None:
    record = world.visit("x", None, date(2023, 3, 1), -9_999)
    record = record._replace(
        visit_id="used-before",
        psn_no=psn_no(777),
        certno=LIN.certno,
        provider_code="H00000000000",
        is_refund=True,
        original_visit_id="never-was",
    )
    for code, mend in A_REFUND_MENDED_STEP_BY_STEP:
        assert refusal(world, record) == code
        assert refusal_in_a_file(world, record) == (code, FIELD_OF[code])
        record = record._replace(**mend)
    assert refusal(world, record) == ""


def test_a_refund_of_a_refund_was_done_before(world: World) -> None:
    record = world.visit("again", CHEN.psn_no, date(2023, 3, 1), 10_000)
    record = record._replace(is_refund=True, original_visit_id="given-back-R")
    assert refusal(world, record) == "refund/done-before"


def test_a_refund_earlier_than_its_visit_knows_no_visit(world: World) -> None:
    record = world.visit("early", CHEN.psn_no, date(2023, 1, 31), -10_000)
    record = record._replace(is_refund=True, original_visit_id="to-give-back")
    assert refusal(world, record) == "refund/unknown-visit"


def test_reasons_for_no_fund_share_come_in_the_written_order() -> None:
    case = Case(
        med_type="19",
        in_scope_fen=60_000,
        on_roster=False,
        status=None,
        in_hospital=True,
        at_pharmacy=True,
        pharmacy_pools=False,
        tier=None,
        facts=Facts(contracted=False),
    )
    walk: list[tuple[Reason, dict[str, Any]]] = [
        (Reason.NOT_INSURED, {"on_roster": True}),
        (Reason.OUTSIDE_BENEFIT_PERIOD, {"status": Status.VETERAN}),
        (Reason.IN_HOSPITAL, {"in_hospital": False}),
        (Reason.NO_PRESCRIPTION, {"tier": 1}),
        (Reason.PHARMACY_NOT_POOLED, {"at_pharmacy": False}),
        (Reason.TYPE_NOT_POOLED, {"med_type": "11"}),
        (Reason.STATUS_NOT_COVERED, {"status": Status.EMPLOYED}),
        (Reason.NOT_CONTRACTED, {"facts": Facts(contracted=True)}),
        (Reason.COVERED, {}),
    ]
    assert [reason for reason, _mend in walk] == list(Reason)
    chosen = Shapes(uncontracted=UncontractedVisit.NOT_PAID, contracted_matters=True)
    rules = replace(shiyan().outpatient(date(2023, 3, 1)), shapes=chosen)
    for reason, mend in walk:
        share = pool_share(case, rules, NEW_YEAR)
        assert share.reason is reason
        assert (share.amounts[7] > 0) is (reason is Reason.COVERED)
        assert any(share.amounts) is (reason is Reason.COVERED)
        case = case._replace(**mend)
