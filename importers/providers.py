"""Lists of designated institutions (定点医药机构)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from importers.cells import Cell, Fault
from importers.days import day, last_day
from importers.headings import Field, Layout
from importers.labels import provider_kind
from importers.people import check_ends, ends
from importers.table import Table
from importers.texts import code_text, county, flag, name, pattern
from ledger.core.batches import Batch
from ledger.core.providers import ProviderKind, ProviderRecord

LAYOUT = Layout(
    fields=(
        Field(
            "code",
            (
                "定点机构编号",
                "定点机构编码",
                "机构编号",
                "机构编码",
                "医疗机构编码",
                "医疗机构编号",
                "定点医药机构编号",
                "定点医药机构编码",
                "定点机构代码",
                "fixmedins_code",
            ),
            ("定点零售药店编码", "药店编码", "医院编码", "国家编码", "医保编码"),
        ),
        Field(
            "name",
            (
                "定点机构名称",
                "机构名称",
                "医疗机构名称",
                "定点医药机构名称",
                "fixmedins_name",
            ),
            ("名称", "医院名称", "机构全称"),
        ),
        Field(
            "kind",
            ("机构类型", "定点机构类型", "定点医药机构类型", "机构类别", "fixmedins_type"),
        ),
        Field(
            "grade",
            ("医院等级", "机构等级", "等级", "医院级别", "级别", "hosp_lv"),
            ("机构级别", "定级"),
        ),
        Field(
            "tier",
            ("起付线等级", "起付线医院等级", "起付标准等级", "dedc_hosp_lv"),
            ("起付线级别", "起付等级", "起付线档次", "起付标准级别", "医保收费等级"),
        ),
        Field(
            "county",
            ("所属区划", "区划", "所属医保区划", "医保区划", "所在区划", "所属地区", "admdvs"),
            ("统筹区", "区划代码", "所属区划代码", "行政区划代码"),
        ),
        Field(
            "agreement_from",
            ("协议开始日期", "协议开始时间", "协议起始日期", "定点开始日期", "协议生效日期"),
            (
                "begndate",
                "协议有效期开始日期",
                "有效期开始日期",
                "开始日期",
                "生效日期",
                "协议有效期起",
            ),
        ),
        Field(
            "agreement_until",
            ("协议结束日期", "协议结束时间", "协议终止日期", "协议截止日期", "定点结束日期"),
            (
                "enddate",
                "协议有效期结束日期",
                "有效期结束日期",
                "结束日期",
                "失效日期",
                "协议有效期止",
            ),
        ),
        Field(
            "pharmacy_pooling",
            ("门诊统筹资格", "门诊统筹", "门诊统筹药店", "是否门诊统筹", "是否门诊统筹药店"),
        ),
        Field("changed_on", ("变更日期", "变更时间", "变动日期", "等级变更日期")),
    ),
    needed=(("code",), ("name",), ("agreement_from",)),
    identifying=("code",),
)

CODE_SHAPE = r"[HP]\d{11,13}"
"""Twelve characters by the rule: H or P, county, number. Some areas print up to fourteen."""

provider_code = pattern(
    CODE_SHAPE,
    "import/not-a-provider-code",
    "“{text}”不是定点机构编号；应为 H（医疗机构）或 P（零售药店）加 11 位数字",
)

_GRADE_OF_CODE = {
    "1": "三级特等",
    "2": "三级甲等",
    "3": "三级乙等",
    "4": "三级丙等",
    "5": "二级甲等",
    "6": "二级乙等",
    "7": "二级丙等",
    "8": "一级甲等",
    "9": "一级乙等",
    "10": "一级丙等",
    "11": "无等级",
    "12": "三级无等",
    "13": "二级无等",
    "14": "一级无等",
}
"""hosp_lv"""
_TIERS = {"1": 1, "2": 2, "3": 3, "一级": 1, "二级": 2, "三级": 3, "一级及以下": 1}
_NO_TIER = frozenset({"4", "9", "其他", "未定级", "无", "无等级", "未评级", "不定级"})
_PRIMARY_CARE = re.compile(
    "社区卫生|卫生服务站|卫生服务中心|卫生院|卫生室|卫生站|卫生所|医务室|诊所|门诊部"
)


def read_providers(table: Table) -> Batch[ProviderRecord]:
    """Every row of a list of institutions as a `ProviderRecord`.

    Without 机构类型 the code's first letter tells, without 所属区划 its six digits of county.
    """
    codes = table.needed("code", provider_code)
    names = table.needed("name", name)
    grades = [text or "" for text in table.optional("grade", grade, "")]
    tiers = table.optional("tier", stated_tier, 0)
    starts = table.needed("agreement_from", day)
    last_days = table.optional("agreement_until", last_day)
    check_ends(table, "agreement_until", starts, last_days)
    kinds = _kinds(table, codes)
    columns = (
        table.numbers,
        codes,
        names,
        kinds,
        grades,
        [settled_tier(*row) for row in zip(kinds, tiers, grades, names, strict=True)],
        [
            stated or (code and code[1:7])
            for stated, code in zip(table.optional("county", county), codes, strict=True)
        ],
        starts,
        ends(last_days),
        table.optional("pharmacy_pooling", flag),
        table.optional("changed_on", day),
    )
    return table.batch(map(ProviderRecord._make, zip(*columns, strict=True)))


def _kinds(table: Table, codes: Sequence[str | None]) -> list[ProviderKind | None]:
    kinds: list[ProviderKind | None] = []
    for index, (stated, code) in enumerate(
        zip(table.optional("kind", provider_kind), codes, strict=True)
    ):
        by_code = code and (ProviderKind.HOSPITAL if code[0] == "H" else ProviderKind.PHARMACY)
        if stated and by_code and stated is not by_code:
            table.fault(
                index,
                "kind",
                Fault(
                    "import/provider-kind-disagrees",
                    f"机构类型与编号“{code}”不符；H 开头是医疗机构，P 开头是零售药店",
                ),
            )
        kinds.append(stated or by_code or None)
    return kinds


def grade(cell: Cell) -> str | Fault:
    """The grade as text; a code of hosp_lv as the grade that it stands for."""
    text = code_text(cell)
    return _GRADE_OF_CODE.get(text.lstrip("0"), text)


def stated_tier(cell: Cell) -> int | Fault:
    """Deductible level 1, 2, 3; 0 for 其他 and 未定级: the grade decides then."""
    text = code_text(cell)
    found = _TIERS.get(text.lstrip("0"), 0 if text.lstrip("0") in _NO_TIER else None)
    if found is None:
        return Fault(
            "import/unknown-tier", f"起付线等级“{text}”不明；应为 1、2、3（或 4 其他、9 未定级）"
        )
    return found


def settled_tier(
    kind: ProviderKind | None, tier: int | None, grade: str, institution: str | None
) -> int | None:
    """Level for the deductible and ratio: as stated, else by the grade, else 1 for the kinds of
    primary care; a pharmacy has none."""
    if kind is ProviderKind.PHARMACY:
        return None
    if tier:
        return tier
    if grade[:1] in "一二三" and grade[1:2] == "级":
        return "一二三".index(grade[:1]) + 1
    return 1 if institution and _PRIMARY_CARE.search(institution + grade) else None
