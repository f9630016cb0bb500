"""What imports make of people, contributions, providers and families; files stand elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.core.batches import Batch
from ledger.core.months import FAR
from ledger.core.people import (
    ContributionKind,
    Insured,
    PersonRecord,
    Plan,
    Relation,
    Status,
)
from ledger.policy.loader import load_pack
from ledger.services.crediting.import_contributions import import_contributions
from ledger.services.importing import ImportOptions
from ledger.services.roster.import_families import import_families
from ledger.services.roster.import_people import import_people
from ledger.services.roster.import_providers import import_providers
from ledger.services.visits.import_visits import import_visits
from tests.people import CHEN, LIN, WANG, YU_CERTNO, YU_NAME, certno, psn_no, somebody
from tests.world import World, dump, provider_records

PACKS = Path(__file__).parent.parent / "data" / "packs"

CHEN_NO = str(CHEN.psn_no)
SERVICES: dict[str, Any] = {
    "people": import_people,
    "contributions": import_contributions,
    "families": import_families,
    "providers": import_providers,
    "visits": import_visits,
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "world.db")
    world.enrol(CHEN, LIN, WANG)
    yield world
    world.prove()
    world.close()


def bring(world: World, kind: str, *records: Any) -> tuple[int, int, list[str]]:
    """Accepted, unchanged, codes of the refusals."""
    batch = Batch(kind, f"{kind}.xlsx", len(records), list(records), [])
    result = SERVICES[kind](world.context, batch, ImportOptions())
    return result.accepted, result.unchanged, [error.code for error in result.errors]


def spans(world: World, number: str) -> list[tuple[str, str, str, str, str]]:
    return world.rows(
        "SELECT valid_from, valid_until, status, plan, insured FROM person_span "
        "WHERE person_id = ? ORDER BY valid_from",
        world.person_id(number),
    )


# --- people ---


def test_the_same_rows_again_change_nothing(world: World) -> None:
    before = dump(world, ["person", "person_identity", "person_span", "employer"])
    assert bring(world, "people", CHEN, LIN, WANG) == (3, 3, [])
    assert dump(world, ["person", "person_identity", "person_span", "employer"]) == before


def test_a_retiree_who_stands_twice_in_a_file_retires_once(world: World) -> None:
    retired = somebody(7, "周敏", status=Status.RETIRED, settled_up_on=date(2023, 2, 1))
    assert bring(world, "people", retired, retired) == (2, 1, [])
    assert world.rows("SELECT person_id FROM retirement") == []


def test_a_change_adds_a_span_from_its_day(world: World) -> None:
    changed = somebody(1, CHEN.name, plan=Plan.POOL_ONLY, changed_on=date(2023, 4, 1))
    assert bring(world, "people", changed) == (1, 0, [])
    assert spans(world, CHEN_NO) == [
        ("2022-01-01", "2023-04-01", "11", "combined", "1"),
        ("2023-04-01", "9999-12-31", "11", "pool_only", "1"),
    ]
    assert bring(world, "people", changed) == (1, 1, [])
    # The roster's older row is still true for its own days.
    assert bring(world, "people", CHEN) == (1, 1, [])


def test_a_change_in_the_past_holds_up_to_the_next_one(world: World) -> None:
    bring(world, "people", somebody(1, status=Status.RETIRED, changed_on=date(2023, 6, 1)))
    paused = somebody(1, insured=Insured.PAUSED, changed_on=date(2023, 3, 1))
    assert bring(world, "people", paused) == (1, 0, [])
    assert spans(world, CHEN_NO) == [
        ("2022-01-01", "2023-03-01", "11", "combined", "1"),
        ("2023-03-01", "2023-06-01", "11", "combined", "2"),
        ("2023-06-01", "9999-12-31", "12", "combined", "1"),
    ]


def test_a_retirement_holds_from_the_day_of_settling_up(world: World) -> None:
    retired = somebody(1, CHEN.name, Status.RETIRED, settled_up_on=date(2023, 5, 10))
    assert bring(world, "people", retired) == (1, 0, [])
    assert [span[0] for span in spans(world, CHEN_NO)] == ["2022-01-01", "2023-05-10"]
    assert world.rows("SELECT settled_up_on FROM person WHERE psn_no = ?", CHEN_NO) == [
        ("2023-05-10",)
    ]
    assert bring(world, "people", retired) == (1, 1, [])


def name_of(world: World, number: str) -> str:
    return str(world.rows("SELECT name FROM person WHERE psn_no = ?", number)[0][0])


def test_another_name_corrects_the_name(world: World) -> None:
    assert bring(world, "people", somebody(1, "陈石")) == (1, 0, [])
    assert name_of(world, CHEN_NO) == "陈石"
    assert bring(world, "people", somebody(1, "陈石")) == (1, 1, [])


def test_the_last_row_of_a_person_has_the_name(world: World) -> None:
    later = somebody(1, "陈石", plan=Plan.POOL_ONLY, changed_on=date(2023, 4, 1))
    new = somebody(7, "周敏")
    newer = somebody(7, "周明", plan=Plan.POOL_ONLY, changed_on=date(2023, 4, 1))
    rows = [record._replace(row=row) for row, record in enumerate((CHEN, later, new, newer), 2)]
    assert bring(world, "people", *rows) == (4, 1, [])
    assert bring(world, "people", *rows) == (4, 4, [])
    assert (name_of(world, CHEN_NO), name_of(world, str(new.psn_no))) == ("陈石", "周明")


def test_an_employer_takes_the_name_that_all_rows_of_a_roster_have(world: World) -> None:
    def names() -> list[tuple[str]]:
        return world.rows("SELECT name FROM employer WHERE employer_no = 'E77'")

    def of(name: str | None) -> PersonRecord:
        return somebody(7)._replace(employer_no="E77", employer_name=name)

    bring(world, "people", of("汉水机械公司"))
    assert bring(world, "people", of("汉水机械有限公司"), of(None)) == (2, 2, [])
    assert names() == [("汉水机械有限公司",)]
    bring(world, "people", of("汉水机械"), of("汉水机械有限公司"))
    assert names() == [("汉水机械有限公司",)]


def test_a_change_without_a_day_is_refused(world: World) -> None:
    assert bring(world, "people", somebody(1, CHEN.name, Status.RETIRED)) == (
        0,
        0,
        ["person/change-without-date"],
    )


def test_who_settled_up_before_the_benefits_began_is_not_insured_before_them(
    world: World,
) -> None:
    """林秀英 settled up in 2021; her benefits here begin in 2022."""
    bring(world, "people", LIN)
    assert [span[0] for span in spans(world, str(LIN.psn_no))] == ["2022-01-01"]
    earlier = LIN._replace(changed_on=date(2021, 7, 1))
    assert bring(world, "people", earlier) == (1, 1, [])


def test_another_unit_is_a_change_too(world: World) -> None:
    moved = CHEN._replace(employer_no="E002", employer_name="十堰样例二厂")
    assert bring(world, "people", moved) == (0, 0, ["person/change-without-date"])
    assert bring(world, "people", moved._replace(changed_on=date(2023, 2, 1))) == (1, 0, [])
    assert len(spans(world, CHEN_NO)) == 2


def test_an_end_of_benefits_shortens_the_span(world: World) -> None:
    ended = somebody(1, CHEN.name, benefit_until=date(2023, 7, 1))
    assert bring(world, "people", ended) == (1, 0, [])
    assert spans(world, CHEN_NO) == [("2022-01-01", "2023-07-01", "11", "combined", "1")]
    assert bring(world, "people", ended) == (1, 1, [])


def test_a_later_period_of_benefits_is_a_span_of_its_own(world: World) -> None:
    bring(world, "people", somebody(1, CHEN.name, benefit_until=date(2023, 3, 1)))
    again = somebody(1, CHEN.name, benefit_from=date(2023, 6, 1))
    assert bring(world, "people", again) == (1, 0, [])
    assert [span[:2] for span in spans(world, CHEN_NO)] == [
        ("2022-01-01", "2023-03-01"),
        ("2023-06-01", "9999-12-31"),
    ]


def test_one_identity_number_belongs_to_one_person(world: World) -> None:
    stolen = somebody(7)._replace(certno=CHEN.certno)
    assert bring(world, "people", stolen) == (0, 0, ["identity/used-twice"])
    other = CHEN._replace(certno=certno(8))
    assert bring(world, "people", other) == (0, 0, ["identity/disagrees"])
    crossed = CHEN._replace(certno=LIN.certno)
    assert bring(world, "people", crossed) == (0, 0, ["identity/disagrees"])


def test_a_refused_row_leaves_the_others_accepted(world: World) -> None:
    stolen = somebody(7)._replace(certno=CHEN.certno)
    assert bring(world, "people", stolen, somebody(8)) == (1, 0, ["identity/used-twice"])
    assert world.count("person") == 4


def test_retired_cadres_are_on_the_roster_only_where_the_pack_insures_them(
    world: World, tmp_path: Path
) -> None:
    cadre = somebody(40, status=Status.VETERAN, psn_type="1300")
    batch = Batch("people", "people.xlsx", 1, [cadre], [])
    refused = import_people(world.context, batch, ImportOptions())
    assert [error.code for error in refused.errors] == ["import/unknown-person-type"]
    elsewhere = World(tmp_path / "elsewhere.db", load_pack(PACKS / "songzao"))
    elsewhere.enrol(cadre)
    answer = elsewhere.settle(elsewhere.visit("V1", psn_no(40), date(2023, 3, 1), 50_000))
    assert answer["hifp_pay"] == "500.00"
    elsewhere.prove()
    elsewhere.close()


def test_a_child_who_becomes_insured_stays_the_same_person(world: World) -> None:
    world.link(world.relation(CHEN.certno, YU_CERTNO, Relation.CHILD, user_name=YU_NAME))
    person = world.person_id(YU_CERTNO)
    grown = somebody(900, YU_NAME, benefit_from=date(2023, 6, 1))
    assert bring(world, "people", grown) == (1, 0, [])
    assert world.person_id(psn_no(900)) == person
    answer = world.settle(world.visit("A", psn_no(900), date(2023, 6, 2), 60_000))
    assert (answer["hifp_pay"], answer["reason"]) == ("50.00", "covered")
    before = world.settle(world.visit("B", psn_no(900), date(2023, 5, 31), 60_000))
    assert before["reason"] == "outside_benefit_period"


# --- contributions ---


def test_a_contribution_is_booked_by_fund_and_county_on_the_day_it_arrives(world: World) -> None:
    world.enrol(somebody(9, county="420381"))
    records = [
        world.contribution(CHEN_NO, "2023-01", 500_000),
        world.contribution(psn_no(9), "2023-01", 300_000),
        world.contribution(psn_no(9), "2023-01", -100_000, ContributionKind.REFUND),
        world.contribution(CHEN_NO, "2023-02", 500_000, arrived_on=date(2023, 2, 20)),
    ]
    assert bring(world, "contributions", *records) == (4, 0, [])
    legs = world.rows(
        "SELECT happened_on, county, kind, amount_fen FROM transfer ORDER BY entry_id, leg"
    )
    assert legs == [
        ("2023-01-20", "420302", "contribution_personal", 10_000),
        ("2023-01-20", "420302", "contribution_pool", 40_000),
        ("2023-01-20", "420381", "contribution_personal", 6_000),
        ("2023-01-20", "420381", "contribution_personal_return", 2_000),
        ("2023-01-20", "420381", "contribution_pool", 24_000),
        ("2023-01-20", "420381", "contribution_pool_return", 8_000),
        ("2023-02-20", "420302", "contribution_personal", 10_000),
        ("2023-02-20", "420302", "contribution_pool", 40_000),
    ]


def test_the_same_contribution_from_another_file_is_there_already(world: World) -> None:
    record = world.contribution(CHEN_NO, "2023-01", 500_000)
    assert bring(world, "contributions", record, record) == (2, 1, [])
    assert bring(world, "contributions", record._replace(row=77)) == (1, 1, [])
    assert world.count("contribution") == 1
    other = record._replace(receipt_no="another")
    assert bring(world, "contributions", other) == (1, 0, [])


def test_a_contribution_taken_before_is_not_judged_again(world: World) -> None:
    """The plan was corrected since; the file is still the same file."""
    record = world.contribution(CHEN_NO, "2023-01", 500_000)
    bring(world, "contributions", record)
    bring(world, "people", somebody(1, CHEN.name, plan=Plan.POOL_ONLY, changed_on=date(2023, 1, 1)))
    assert bring(world, "contributions", record) == (1, 1, [])
    another = world.contribution(CHEN_NO, "2023-01", 500_000)
    assert bring(world, "contributions", another)[2] == ["contribution/account-amount"]


def test_a_contribution_may_name_its_person_by_identity_number(world: World) -> None:
    record = world.contribution(CHEN_NO, "2023-01", 500_000)
    by_cert = record._replace(psn_no=None, certno=CHEN.certno)
    assert bring(world, "contributions", by_cert) == (1, 0, [])
    assert bring(world, "contributions", record) == (1, 1, [])


def test_contributions_of_nobody_are_refused(world: World) -> None:
    record = world.contribution(CHEN_NO, "2023-01", 500_000)
    world.link(world.relation(CHEN.certno, YU_CERTNO, Relation.CHILD, user_name=YU_NAME))
    refused = [
        record._replace(row=2, psn_no=psn_no(77)),
        record._replace(row=3, psn_no=None, certno=certno(77)),
        record._replace(row=4, certno=LIN.certno),
        record._replace(row=5, psn_no=None, certno=YU_CERTNO),
    ]
    assert bring(world, "contributions", *refused) == (
        0,
        0,
        ["person/unknown", "person/unknown", "person/numbers-disagree", "person/unknown"],
    )
    assert world.count("contribution") == 0
    assert world.count("entry") == 0


def test_a_contribution_before_the_rules_is_taken_as_it_stands(world: World) -> None:
    old = world.contribution(CHEN_NO, "2022-11", 500_000, account_fen=12_345)
    assert bring(world, "contributions", old) == (1, 0, [])
    world.credit("2023-01")
    assert world.balance(CHEN_NO) == 0


# --- providers ---


def test_providers_again_change_nothing_also_where_a_code_comes_twice(world: World) -> None:
    first = provider_records()[0]
    records = [first._replace(name="旧名"), first._replace(name="新名")]
    assert bring(world, "providers", *records) == (2, 0, [])
    assert bring(world, "providers", *records) == (2, 2, [])
    assert world.rows("SELECT name FROM provider WHERE code = ?", first.code) == [("新名",)]


def test_a_providers_new_agreement_replaces_the_old_one(world: World) -> None:
    expired = next(p for p in provider_records() if p.agreement_until != FAR)
    assert bring(world, "providers", expired._replace(agreement_until=FAR)) == (1, 0, [])
    answer = world.settle(world.visit("A", CHEN_NO, date(2023, 3, 1), 60_000, "expired"))
    assert answer["hifp_pay"] == "65.00"


def tiers(world: World, code: str) -> list[tuple[str, str, int]]:
    return world.rows(
        "SELECT s.valid_from, s.valid_until, s.tier FROM provider_span AS s JOIN provider AS p "
        "ON p.provider_id = s.provider_id WHERE p.code = ? ORDER BY 1",
        code,
    )


def test_a_row_with_a_day_of_change_holds_from_that_day(world: World) -> None:
    hospital = provider_records()[0]
    lower = hospital._replace(tier=2, grade="二级甲等", changed_on=date(2023, 4, 1))
    lowest = hospital._replace(tier=1, grade="一级", changed_on=date(2023, 2, 1))
    assert bring(world, "providers", lower) == (1, 0, [])
    assert bring(world, "providers", lowest) == (1, 0, [])
    expected = [
        ("0001-01-01", "2023-02-01", 3),
        ("2023-02-01", "2023-04-01", 1),
        ("2023-04-01", "9999-12-31", 2),
    ]
    assert tiers(world, hospital.code) == expected
    assert world.rows("SELECT tier FROM provider WHERE code = ?", hospital.code) == [(2,)]
    assert bring(world, "providers", lower, lowest) == (2, 2, [])
    assert tiers(world, hospital.code) == expected


def test_a_row_without_a_day_holds_since_the_last_change(world: World) -> None:
    hospital = provider_records()[0]
    bring(world, "providers", hospital._replace(tier=2, changed_on=date(2023, 4, 1)))
    assert bring(world, "providers", hospital._replace(tier=1)) == (1, 0, [])
    spans = [("0001-01-01", "2023-04-01", 3), ("2023-04-01", "9999-12-31", 1)]
    assert tiers(world, hospital.code) == spans


# --- families ---


def test_links_again_change_nothing(world: World) -> None:
    links = [
        world.relation(CHEN.certno, LIN.certno, quota_fen=5_000),
        world.relation(CHEN.certno, YU_CERTNO, Relation.CHILD, user_name=YU_NAME),
    ]
    assert bring(world, "families", *links) == (2, 0, [])
    before = dump(world, ["family_link", "person"])
    assert bring(world, "families", *links) == (2, 2, [])
    assert dump(world, ["family_link", "person"]) == before


def test_two_links_in_one_file_may_not_overlap_either(world: World) -> None:
    link = world.relation(CHEN.certno, LIN.certno)
    later = link._replace(valid_from=date(2023, 5, 1))
    assert bring(world, "families", link, later) == (1, 0, ["family/overlap"])


def test_a_user_whom_nobody_knew_is_entered_once(world: World) -> None:
    links = [
        world.relation(CHEN.certno, YU_CERTNO, Relation.CHILD, user_name=YU_NAME),
        world.relation(LIN.certno, YU_CERTNO, Relation.CHILD, user_name=YU_NAME),
    ]
    assert bring(world, "families", *links) == (2, 0, [])
    assert world.count("person") == 4
    positions = world.rows("SELECT position FROM family_link ORDER BY link_id")
    assert positions == [(1,), (2,)]


def test_a_refused_link_enters_nobody(world: World) -> None:
    links = [
        world.relation(CHEN.certno, YU_CERTNO, Relation.SIBLING),
        world.relation(certno(77), YU_CERTNO, Relation.CHILD)._replace(row=3),
    ]
    assert bring(world, "families", *links) == (
        0,
        0,
        ["family/relation-not-allowed", "family/unknown-holder"],
    )
    assert world.count("person") == 3


# --- visits ---


def test_a_refused_visit_opens_no_month_of_account(world: World) -> None:
    """Else a mistyped year would leave a month that somebody has to close."""
    visits = [
        world.visit("A", CHEN_NO, date(2023, 3, 1), 60_000),
        world.visit("B", CHEN_NO, date(2022, 12, 31), 60_000, "H00000000000")._replace(row=3),
        world.visit("C", CHEN_NO, date(2032, 3, 1), 60_000, med_type="51")._replace(row=4),
    ]
    accepted, _unchanged, codes = bring(world, "visits", *visits)
    assert (accepted, codes) == (1, ["provider/unknown", "visit/elsewhere"])
    assert world.rows("SELECT month FROM fiscal_month") == [(202303,)]
