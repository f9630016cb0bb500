"""Institutions: codes, kinds and the level that the ratio depends on."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.core.providers import ProviderKind
from tests.importers.files import codes, faults, only, read_changed


@pytest.mark.parametrize(
    "code", ["H42030200001", "h42030200001", " P42030200007 ", "H4203020000123"]
)
def test_a_code_is_h_or_p_and_digits(code: str) -> None:
    assert only(read_changed("providers", {"定点机构编号": code})).code == code.strip().upper()


@pytest.mark.parametrize(
    "code", ["X42030200009", "H4203020001", "42030200001", 42030200001, "H420302A0001"]
)
def test_another_code_is_refused(code: Any) -> None:
    found = codes(read_changed("providers", {"定点机构编号": code}))
    assert found == ["import/not-a-provider-code"]


def test_kind_and_county_follow_from_the_code_where_the_file_is_silent() -> None:
    record = only(read_changed("providers", {"定点机构编号": "P42032200008"}))
    assert (record.kind, record.county) == (ProviderKind.PHARMACY, "420322")
    record = only(read_changed("providers", {"机构类型": "医疗机构", "所属区划": "420399"}))
    assert (record.kind, record.county) == (ProviderKind.HOSPITAL, "420399")


def test_kind_and_code_must_agree() -> None:
    batch = read_changed("providers", {"机构类型": "零售药店"})
    assert faults(batch) == [(2, "机构类型", "import/provider-kind-disagrees")]
    assert codes(read_changed("providers", {"机构类型": "3"})) == ["import/unknown-provider-kind"]


@pytest.mark.parametrize(
    ("change", "tier"),
    [
        ({"起付线等级": 3}, 3),
        ({"起付线等级": "二级"}, 2),
        ({"起付线等级": "01"}, 1),
        ({"起付线等级": "1", "医院等级": "三级甲等"}, 1),
        ({"起付线等级": "9", "医院等级": "二级乙等"}, 2),
        ({"起付线等级": "", "医院等级": "三级特等"}, 3),
        ({"医院等级": "02"}, 3),
        ({"医院等级": 8}, 1),
        ({"医院等级": "13"}, 2),
        ({"医院等级": "11"}, None),
        ({"医院等级": "未定级"}, None),
        ({"医院等级": "未定级", "定点机构名称": "柳林社区卫生服务站"}, 1),
        ({"医院等级": "无等级", "定点机构名称": "清溪镇卫生院"}, 1),
        ({"定点机构名称": "青竹村卫生室"}, 1),
        ({"定点机构名称": "李氏诊所"}, 1),
        ({"定点机构名称": "康复疗养院"}, None),
        ({"定点机构编号": "P42030200007", "起付线等级": "1"}, None),
    ],
)
def test_the_level_is_stated_or_follows_from_the_grade(
    change: dict[str, Any], tier: int | None
) -> None:
    assert only(read_changed("providers", change)).tier == tier


def test_an_unknown_level_is_refused() -> None:
    assert codes(read_changed("providers", {"起付线等级": "特级"})) == ["import/unknown-tier"]


@pytest.mark.parametrize(
    ("cell", "pooling"),
    [
        ("是", True),
        ("√", True),
        ("Y", True),
        (1, True),
        (True, True),
        ("否", False),
        ("0", False),
        ("", None),
    ],
)
def test_pooling_at_a_pharmacy_is_a_flag_or_unsaid(cell: Any, pooling: bool | None) -> None:
    assert only(read_changed("providers", {"门诊统筹资格": cell})).pharmacy_pooling is pooling


def test_a_flag_that_is_neither_is_refused() -> None:
    assert codes(read_changed("providers", {"门诊统筹资格": "也许"})) == ["value/not-a-flag"]


def test_an_agreement_does_not_end_before_it_starts() -> None:
    batch = read_changed("providers", {"协议结束日期": "2022-12-31"})
    assert codes(batch) == ["import/end-before-start"]
