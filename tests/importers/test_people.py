"""Rosters: labels, certificates, changes, and two numbers for one person."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.core.months import FAR
from ledger.core.people import Insured, Plan, Status
from tests.importers.files import (
    LIN,
    citizen,
    codes,
    faults,
    only,
    read_changed,
    read_rows,
    table,
)


@pytest.mark.parametrize(
    ("cell", "status", "psn_type"),
    [
        ("11", Status.EMPLOYED, "11"),
        ("1101", Status.EMPLOYED, "1101"),
        (1101, Status.EMPLOYED, "1101"),
        ("1160", Status.EMPLOYED, "1160"),
        ("116013", Status.EMPLOYED, "116013"),
        ("在职", Status.EMPLOYED, "11"),
        ("职工在职", Status.EMPLOYED, "1101"),
        ("灵活就业", Status.EMPLOYED, "1103"),
        (" 退 休 ", Status.RETIRED, "12"),
        ("12", Status.RETIRED, "12"),
        ("1203", Status.RETIRED, "1203"),
        ("1300", Status.VETERAN, "1300"),
        ("离休", Status.VETERAN, "13"),
    ],
)
def test_a_person_type_is_a_code_or_a_label(cell: Any, status: Status, psn_type: str) -> None:
    record = only(read_changed("people", {"人员类别": cell}))
    assert (record.status, record.psn_type) == (status, psn_type)


@pytest.mark.parametrize("cell", ["1401", "15", "16", "1701", "学生", "34", "1112", "?"])
def test_people_of_other_schemes_are_refused(cell: str) -> None:
    assert codes(read_changed("people", {"人员类别": cell})) == ["import/unknown-person-type"]


def test_plan_and_state_are_read() -> None:
    record = only(read_changed("people", {"参保方式": "单建统筹", "参保状态": "暂停参保"}))
    assert (record.plan, record.insured) == (Plan.POOL_ONLY, Insured.PAUSED)
    assert only(read_changed("people", {"参保状态": 4})).insured is Insured.ENDED
    assert only(read_changed("people", {"参保状态": ""})).insured is Insured.NORMAL
    assert codes(read_changed("people", {"参保状态": "0"})) == ["import/unknown-insured-state"]


def test_a_last_day_becomes_a_half_open_end() -> None:
    assert only(read_changed("people", {})).benefit_until == FAR
    record = only(read_changed("people", {"待遇结束日期": "2023-12-31"}))
    assert record.benefit_until == date(2024, 1, 1)
    assert only(read_changed("people", {"待遇结束日期": "长期"})).benefit_until == FAR
    batch = read_changed("people", {"待遇结束日期": "2022-12-31"})
    assert faults(batch) == [(2, "待遇结束日期", "import/end-before-start")]


@pytest.mark.parametrize("kind", ["01", "1", "居民身份证", "201", ""])
def test_an_identity_card_is_checked(kind: str) -> None:
    batch = read_changed("people", {"证件类型": kind}, {"证件类型": kind, "证件号码": "E12345678"})
    assert codes(batch) == ["identity/length"]
    assert batch.records[0].cert_type == "01"


@pytest.mark.parametrize(
    ("kind", "code"), [("08", "08"), ("护照", "08"), ("17", "17"), ("99", "99")]
)
def test_another_document_is_kept_as_it_is(kind: str, code: str) -> None:
    record = only(read_changed("people", {"证件类型": kind, "证件号码": " E12345678 "}))
    assert (record.cert_type, record.certno) == (code, "E12345678")


def test_an_unknown_or_missing_document_is_a_fault() -> None:
    batch = read_changed("people", {"证件类型": "学生证"}, {"证件类型": "08", "证件号码": ""})
    assert codes(batch) == ["import/unknown-certificate-type", "import/missing-value"]


def test_names_lose_the_spaces_that_pad_them() -> None:
    assert only(read_changed("people", {"姓名": "陈　实"})).name == "陈实"
    assert only(read_changed("people", {"姓名": "买买提·阿不都"})).name == "买买提·阿不都"
    assert only(read_changed("people", {"姓名": " John  Smith "})).name == "John Smith"
    assert only(read_changed("people", {"姓名": "\u202d陈实\u202c"})).name == "陈实"


def test_one_identity_number_belongs_to_one_person_number() -> None:
    batch = read_changed("people", {}, {"人员编号": "1002"}, {"人员编号": "1003", "证件号码": LIN})
    assert faults(batch) == [(3, "证件号码", "identity/used-twice")]
    assert "第 2 行" in batch.errors[0].message
    assert [record.row for record in batch.records] == [2, 4]


def test_one_person_number_belongs_to_one_identity_number() -> None:
    batch = read_changed("people", {}, {"证件号码": LIN})
    assert faults(batch) == [(3, "人员编号", "identity/person-number-used-twice")]


def test_a_row_with_another_fault_still_holds_its_numbers() -> None:
    batch = read_changed("people", {"参保区划": "?"}, {"人员编号": "1002"})
    assert codes(batch) == ["value/not-a-county", "identity/used-twice"]


def test_a_person_may_stand_twice_when_the_change_is_dated() -> None:
    change = {"人员类别": "退休", "变更日期": "2023-03-01"}
    batch = read_changed("people", {}, change, {})
    assert batch.errors == []
    assert batch.records[1].changed_on == date(2023, 3, 1)
    batch = read_changed("people", {}, {"人员类别": "退休", "清算日期": "2023-03-01"})
    assert batch.records[1].settled_up_on == date(2023, 3, 1)


def test_a_person_twice_with_other_content_and_no_date_is_a_fault() -> None:
    batch = read_changed("people", {}, {"人员类别": "退休"})
    assert faults(batch) == [(3, "人员编号", "import/person-twice")]
    with_column = read_changed("people", {"变更日期": ""}, {"人员类别": "退休"})
    assert faults(with_column) == [(3, "变更日期", "import/person-twice")]


def test_a_hundred_people_of_one_county_are_all_read() -> None:
    changes = [
        {"人员编号": f"{n:05d}", "证件号码": citizen(f"42030219900101{n:03d}")} for n in range(100)
    ]
    batch = read_changed("people", *changes)
    assert [record.psn_no for record in batch.records] == [f"{n:05d}" for n in range(100)]


def test_nobody_is_insured_before_birth() -> None:
    unborn = citizen("42030220990101001")
    batch = read_changed("people", {"证件号码": unborn}, {"证件号码": LIN, "人员编号": "1002"})
    assert faults(batch) == [(2, "证件号码", "identity/birth-date")]
    assert "晚于待遇开始日期" in batch.errors[0].message
    of_the_day = citizen("42030220230101001")
    assert read_changed("people", {"证件号码": of_the_day}).errors == []
    passport = {"证件号码": unborn, "证件类型": "护照"}
    assert read_rows("people", table("people", passport)).errors == []
