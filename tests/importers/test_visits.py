"""Visits: parts and total, refunds, stays, ids that come twice."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from ledger.core.money import Fen
from ledger.core.visits import AccountUse, FeeItem
from tests.importers.files import CHEN, VISITS, codes, faults, only, read_changed, read_rows

REFUND = {
    "就诊ID": "R1",
    "退费标志": "1",
    "原就诊ID": "M1",
    "医疗费总额": "-100.00",
    "全自费金额": "-10.00",
    "超限价金额": "0",
    "先行自付金额": "-5.00",
    "符合政策范围金额": "-85.00",
}
NATIONAL = [
    "mdtrt_id",
    "fixmedins_code",
    "certno",
    "med_type",
    "setl_time",
    "medfee_sumamt",
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_amt",
    "inscp_scp_amt",
    "acct_used_flag",
    "refd_setl_flag",
]
STAY = {"医疗类别": "2101", "入院日期": "2023-01-03", "出院日期": "2023-01-09"}


def test_parts_must_add_up_to_the_total() -> None:
    batch = read_changed("visits", {"先行自付金额": "5.01"})
    assert faults(batch) == [(2, "医疗费总额", "visit/parts-do-not-add-up")]
    assert "100.01" in batch.errors[0].message


def test_a_blank_part_is_nothing_if_the_rest_adds_up() -> None:
    assert only(read_changed("visits", {"超限价金额": ""})).over_limit_fen == 0
    assert codes(read_changed("visits", {"先行自付金额": ""})) == ["visit/parts-do-not-add-up"]
    assert codes(read_changed("visits", {"医疗费总额": ""})) == ["import/missing-value"]


def test_a_normal_visit_has_no_negative_amount() -> None:
    batch = read_changed("visits", {"先行自付金额": "-5.00", "符合政策范围金额": "95.00"})
    assert faults(batch) == [(2, "先行自付金额", "visit/negative-amount")]


def test_a_refund_is_negative_and_names_its_visit() -> None:
    record = only(read_changed("visits", REFUND))
    assert (record.is_refund, record.original_visit_id) == (True, "M1")
    assert record.total_fen == -10000


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"原就诊ID": ""}, ["visit/refund-without-original"]),
        ({"原就诊ID": "R1"}, ["visit/refund-of-itself"]),
        (
            {
                "医疗费总额": "100.00",
                "全自费金额": "10.00",
                "先行自付金额": "5.00",
                "符合政策范围金额": "85.00",
            },
            ["visit/refund-not-negative"] * 4,
        ),
        ({"退费标志": "0"}, ["visit/negative-amount"] * 4),
        ({"退费标志": "?"}, ["visit/negative-amount"] * 4 + ["value/not-a-flag"]),
    ],
)
def test_a_refund_that_is_none_is_refused(change: dict[str, str], expected: list[str]) -> None:
    assert sorted(codes(read_changed("visits", {**REFUND, **change}))) == sorted(expected)


def test_without_a_flag_the_visit_named_makes_a_refund() -> None:
    change = {key: cell for key, cell in REFUND.items() if key != "退费标志"}
    assert only(read_changed("visits", change)).is_refund
    assert not only(read_changed("visits", {})).is_refund


@pytest.mark.parametrize(
    ("cell", "use"),
    [
        ("0", AccountUse.NONE),
        (1, AccountUse.OWN),
        ("2", AccountUse.OWN_THEN_RELATIVES),
        ("使用本人个账", AccountUse.OWN),
        ("", AccountUse.NONE),
    ],
)
def test_the_account_flag_is_read(cell: Any, use: AccountUse) -> None:
    assert only(read_changed("visits", {"个人账户使用标志": cell})).account_use is use


def test_another_account_flag_is_refused() -> None:
    assert codes(read_changed("visits", {"个人账户使用标志": "3"})) == ["visit/account-flag"]


def test_a_stay_has_its_days_and_needs_no_amounts() -> None:
    nothing = dict.fromkeys(VISITS[5:10], "")
    record = only(read_changed("visits", {**STAY, **nothing, "结算时间": ""}))
    assert (record.first_day, record.last_day) == (date(2023, 1, 3), date(2023, 1, 9))
    assert (record.settled_at, record.total_fen) == (datetime(2023, 1, 9), 0)


def test_a_stay_known_only_by_its_settlement_is_explained() -> None:
    batch = read_changed("visits", {"医疗类别": "21"})
    assert codes(batch) == ["visit/stay-without-days"] * 2
    assert "起止" in batch.errors[0].message


def test_a_stay_does_not_end_before_it_begins() -> None:
    batch = read_changed("visits", {**STAY, "出院日期": "2023-01-02"})
    assert faults(batch) == [(2, "出院日期", "import/end-before-start")]
    assert codes(read_changed("visits", {**STAY, "出院日期": "?"})) == ["value/not-a-day"]


def test_days_beside_an_ordinary_visit_make_no_stay() -> None:
    record = only(read_changed("visits", {**STAY, "医疗类别": "11"}))
    assert (record.first_day, record.last_day) == (None, None)


def test_an_ordinary_visit_needs_its_time() -> None:
    assert codes(read_changed("visits", {"结算时间": ""})) == ["import/missing-value"]
    assert codes(read_changed("visits", {"结算时间": "2023-01-06 25:00:00"})) == [
        "value/not-a-time"
    ]


def test_types_of_visit_are_codes_or_labels() -> None:
    assert only(read_changed("visits", {"医疗类别": 11})).med_type == "11"
    assert only(read_changed("visits", {"医疗类别": "990101"})).med_type == "990101"
    assert only(read_changed("visits", {"医疗类别": "急诊"})).med_type == "13"
    assert codes(read_changed("visits", {"医疗类别": "看病"})) == ["visit/unknown-med-type"]


def test_a_person_may_be_named_by_identity_number_alone() -> None:
    record = only(read_changed("visits", {"人员编号": "", "证件号码": CHEN}))
    assert (record.psn_no, record.certno) == (None, CHEN)
    assert codes(read_changed("visits", {"人员编号": ""})) == ["import/person-missing"]


def test_an_id_that_comes_twice_must_say_the_same() -> None:
    batch = read_changed("visits", {}, {}, {"个人账户使用标志": "1"})
    assert faults(batch) == [(4, "就诊ID", "visit/duplicate-id")]
    assert [record.row for record in batch.records] == [2, 3]


def test_a_refused_row_does_not_hold_its_id() -> None:
    batch = read_changed("visits", {"医疗类别": "?"}, {})
    assert [record.row for record in batch.records] == [3]


def test_prescriber_and_category_are_kept() -> None:
    change = {"处方医疗机构编号": "H42030200001", "费用类别": "体检费"}
    record = only(read_changed("visits", change))
    assert (record.prescriber_code, record.fee_category) == ("H42030200001", "体检费")


def test_the_national_field_names_make_a_whole_file() -> None:
    rows = [
        NATIONAL,
        ["M1", "H42030200001", CHEN, "11", "20230106090000", 100.0, 10, 0, 5, 85, 2, 0],
    ]
    assert only(read_rows("visits", rows)).in_scope_fen == 8500


def test_what_only_some_rules_ask_for_has_columns() -> None:
    change = {
        "病种编码": "M03900",
        "签约机构标志": "是",
        "出生日期": "1960年1月1日",
        "住院号": "Z1",
        "费用明细": "YAO1:120.00:乙:2:110.00:0.10；YAO2：80.00\nYAO3:5.00::3",
    }
    record = only(read_changed("visits", change))
    assert (record.disease_code, record.contracted) == ("M03900", True)
    assert (record.born_on, record.stay_id) == (date(1960, 1, 1), "Z1")
    assert record.items == (
        FeeItem("YAO1", Fen(12_000), "乙", 2, Fen(11_000), 1_000),
        FeeItem("YAO2", Fen(8_000)),
        FeeItem("YAO3", Fen(500), "甲", 3),
    )


def test_the_same_columns_under_the_national_names() -> None:
    change = {
        "dise_codg": "M03900",
        "contracted_flag": "0",
        "brdy": "1960-01-01",
        "ipt_no": "Z1",
        "feedetail": "YAO1:120.00",
    }
    record = only(read_changed("visits", change))
    assert (record.disease_code, record.contracted, record.stay_id) == ("M03900", False, "Z1")
    assert record.items == (FeeItem("YAO1", Fen(12_000)),)


def test_columns_left_blank_say_nothing() -> None:
    record = only(read_changed("visits", {"病种编码": "", "签约机构标志": "", "费用明细": ""}))
    assert (record.disease_code, record.contracted, record.items) == (None, None, ())


@pytest.mark.parametrize(
    ("heading", "cell", "code"),
    [
        ("签约机构标志", "也许", "value/not-a-flag"),
        ("出生日期", "1960-13-01", "value/not-a-day"),
        ("费用明细", "YAO1", "value/not-a-fee-item"),
        ("费用明细", "YAO1:-1.00", "value/not-a-fee-item"),
        ("费用明细", "YAO1:120.00:丁", "value/not-a-fee-item"),
        ("费用明细", "YAO1:120.00:乙:1::1.5", "value/not-a-fee-item"),
    ],
)
def test_a_fact_that_cannot_be_read_is_a_fault_of_its_column(
    heading: str, cell: str, code: str
) -> None:
    assert faults(read_changed("visits", {heading: cell})) == [(2, heading, code)]
