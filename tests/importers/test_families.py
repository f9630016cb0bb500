"""Mutual-aid lists: relations, quotas, spans, and a person with himself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.core.months import FAR
from ledger.core.people import Relation
from tests.importers.files import CHEN, LIN, codes, faults, only, read_changed


@pytest.mark.parametrize(
    ("cell", "relation"),
    [
        ("配偶", Relation.SPOUSE),
        ("子女", Relation.CHILD),
        ("女儿", Relation.CHILD),
        ("父母", Relation.PARENT),
        ("兄弟姐妹", Relation.SIBLING),
        ("祖父母", Relation.GRANDPARENT),
        ("外祖父母", Relation.GRANDPARENT),
        ("孙子女", Relation.GRANDCHILD),
        ("外孙子女", Relation.GRANDCHILD),
        ("其他", Relation.OTHER_RELATIVE),
        ("1", Relation.SPOUSE),
        (5, Relation.PARENT),
        ("09", Relation.NOT_RELATED),
    ],
)
def test_a_relation_is_a_code_or_a_label(cell: Any, relation: Relation) -> None:
    assert only(read_changed("families", {"与授权人关系": cell})).relation is relation


@pytest.mark.parametrize("cell", ["朋友", "3", "901", "同事"])
def test_a_relation_of_no_dictionary_is_refused(cell: str) -> None:
    batch = read_changed("families", {"与授权人关系": cell})
    assert faults(batch) == [(2, "与授权人关系", "family/relation-not-allowed")]


def test_nobody_shares_with_himself() -> None:
    batch = read_changed("families", {"使用人证件号码": f" {CHEN.lower()} "})
    assert faults(batch) == [(2, "使用人证件号码", "family/same-person")]


def test_a_quota_may_be_blank_and_not_negative() -> None:
    assert only(read_changed("families", {"共济额度（元）": ""})).quota_fen is None
    assert only(read_changed("families", {"共济额度（元）": 500})).quota_fen == 50000
    assert codes(read_changed("families", {"共济额度（元）": -1})) == ["family/negative-quota"]


def test_a_last_day_is_inclusive_and_not_before_the_first() -> None:
    assert only(read_changed("families", {})).valid_until == FAR
    record = only(read_changed("families", {"授权终止日期": "2023-01-01"}))
    assert record.valid_until == date(2023, 1, 2)
    batch = read_changed("families", {"授权终止日期": "2022-12-31"})
    assert codes(batch) == ["import/end-before-start"]


def test_the_place_in_the_order_is_a_number() -> None:
    assert only(read_changed("families", {"支付顺序": 2})).position == 2
    assert codes(read_changed("families", {"支付顺序": "先"})) == ["value/not-a-number"]


def test_a_user_may_hold_another_document() -> None:
    change = {"使用人证件类型": "护照", "使用人证件号码": "E12345678"}
    assert only(read_changed("families", change)).user_certno == "E12345678"
    assert codes(read_changed("families", {"授权人证件号码": LIN[:-1]})) == ["identity/length"]
