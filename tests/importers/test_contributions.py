"""Contributions: signs by kind, who is named, what may be blank."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.core.people import ContributionKind
from tests.importers.files import (
    CHEN,
    CONTRIBUTIONS,
    ONE_ROW,
    codes,
    faults,
    only,
    read_changed,
    read_rows,
)

AMOUNTS = ("人员缴费基数", "单位缴费金额", "个人缴费金额", "划入个人账户金额")


def amounts(*values: str) -> dict[str, str]:
    return dict(zip(AMOUNTS, values, strict=True))


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("10", ContributionKind.NORMAL),
        (10, ContributionKind.NORMAL),
        ("正常", ContributionKind.NORMAL),
        ("11", ContributionKind.NORMAL_PERSONAL),
        ("补收", ContributionKind.ARREARS),
        ("31", ContributionKind.ARREARS_31),
        ("一次性补收", ContributionKind.ARREARS_AT_ONCE),
        ("退休补收", ContributionKind.RETIREMENT_ARREARS),
        ("基数补差", ContributionKind.BASE_DIFFERENCE),
        ("35", ContributionKind.RATE_DIFFERENCE),
    ],
)
def test_a_kind_is_a_code_or_a_label(cell: Any, kind: ContributionKind) -> None:
    assert only(read_changed("contributions", {"缴费类型": cell})).kind is kind


@pytest.mark.parametrize("cell", ["36", "60", "?", "99"])
def test_another_kind_is_refused(cell: str) -> None:
    found = codes(read_changed("contributions", {"缴费类型": cell}))
    assert found == ["import/unknown-contribution-kind"]


def test_a_blank_kind_is_missing_and_no_column_means_normal() -> None:
    assert codes(read_changed("contributions", {"缴费类型": ""})) == ["import/missing-value"]
    at = CONTRIBUTIONS.index("缴费类型")
    rows = [row[:at] + row[at + 1 :] for row in ONE_ROW["contributions"]]
    assert only(read_rows("contributions", rows)).kind is ContributionKind.NORMAL


@pytest.mark.parametrize(
    "cells",
    [
        amounts("-5000", "-400", "-100", "-100"),
        amounts("5000", "400", "100", "100"),
        amounts("5000", "-400", "-100", "-100"),
        amounts("(5,000.00)", "(400.00)", "(100.00)", "(100.00)"),
    ],
)
def test_a_refund_comes_out_negative(cells: dict[str, str]) -> None:
    record = only(read_changed("contributions", {"缴费类型": "退收", **cells}))
    assert (record.base_fen, record.employer_fen) == (-500000, -40000)
    assert (record.personal_fen, record.account_fen) == (-10000, -10000)


@pytest.mark.parametrize(
    "cells",
    [amounts("5000", "-400", "100", "100"), amounts("-5000", "400", "100", "100")],
)
def test_a_refund_of_both_signs_is_refused(cells: dict[str, str]) -> None:
    batch = read_changed("contributions", {"缴费类型": "20", **cells})
    assert faults(batch) == [(2, "缴费类型", "contribution/mixed-signs")]


@pytest.mark.parametrize("kind", ["10", "11", "30", "31", "32", "33"])
def test_other_kinds_are_not_negative(kind: str) -> None:
    batch = read_changed(
        "contributions",
        {"缴费类型": kind, "人员缴费基数": "-1", "个人缴费金额": "-2", "费款所属期": "?"},
    )
    assert faults(batch) == [
        (2, "费款所属期", "value/not-a-month"),
        (2, "人员缴费基数", "contribution/negative"),
        (2, "个人缴费金额", "contribution/negative"),
    ]


@pytest.mark.parametrize("kind", ["34", "35"])
def test_a_difference_has_either_sign(kind: str) -> None:
    cells = amounts("-100", "-8", "-2", "-2")
    assert only(read_changed("contributions", {"缴费类型": kind, **cells})).base_fen == -10000


def test_a_negative_amount_beside_a_broken_one_is_told_too() -> None:
    batch = read_changed("contributions", {"人员缴费基数": "-1", "个人缴费金额": "x"})
    assert codes(batch) == ["contribution/negative", "value/not-an-amount"]


def test_a_person_is_named_by_one_number_at_least() -> None:
    assert only(read_changed("contributions", {"人员编号": ""})).certno == CHEN
    assert only(read_changed("contributions", {"证件号码": ""})).psn_no == "1001"
    batch = read_changed("contributions", {"人员编号": "", "证件号码": ""})
    assert faults(batch) == [(2, "人员编号", "import/person-missing")]
    batch = read_changed("contributions", {"人员编号": "", "证件号码": "1"})
    assert codes(batch) == ["identity/length"]


def test_a_flexible_worker_has_no_employer_part() -> None:
    record = only(read_changed("contributions", {"单位缴费金额": "", "划入个人账户金额": "-"}))
    assert (record.employer_fen, record.account_fen) == (0, 0)


def test_an_employer_part_that_is_blank_is_a_gap() -> None:
    batch = read_changed("contributions", {"单位编号": "E1", "单位缴费金额": ""})
    assert faults(batch) == [(2, "单位缴费金额", "import/missing-value")]
    personal = {"单位编号": "E1", "单位缴费金额": "", "缴费类型": "11"}
    assert only(read_changed("contributions", personal)).employer_no == "E1"


def test_the_tax_receipt_is_kept() -> None:
    record = only(read_changed("contributions", {"电子税票号": "342016230100000001"}))
    assert record.receipt_no == "342016230100000001"
    assert codes(read_changed("contributions", {"电子税票号": 3.42e17})) == ["value/lost-digits"]
