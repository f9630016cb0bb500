"""Mutual-aid lists (家庭共济授权): who may use whose account."""

from __future__ import annotations

from importers.amounts import amount
from importers.cells import Fault
from importers.days import day, last_day
from importers.headings import Field, Layout
from importers.labels import relation
from importers.naming import certificate_numbers
from importers.people import check_ends, ends
from importers.table import Table
from importers.texts import name, whole_number
from ledger.core.batches import Batch
from ledger.core.people import FamilyRecord


def _of(who: tuple[str, ...], what: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{person}{thing}" for person in who for thing in what)


_HOLDER = ("授权人", "共济人", "账户持有人", "职工", "holder_")
_USER = ("使用人", "被授权人", "家庭成员", "共济使用人", "被共济人", "近亲属", "亲属", "user_")
_NUMBER = (
    "证件号码",
    "公民身份号码",
    "身份证号",
    "身份证号码",
    "证件号",
    "身份证件号码",
    "certno",
)
_NAME = ("姓名", "名称", "name")
_TYPE = ("证件类型", "身份证件类型", "cert_type")

LAYOUT = Layout(
    fields=(
        Field("holder_certno", _of(_HOLDER, _NUMBER)),
        Field("holder_name", ("授权人姓名", *_of(_HOLDER, _NAME))),
        Field("holder_cert_type", _of(_HOLDER, _TYPE)),
        Field("user_certno", _of(_USER, _NUMBER)),
        Field("user_name", ("使用人姓名", *_of(_USER, _NAME))),
        Field("user_cert_type", _of(_USER, _TYPE)),
        Field(
            "relation",
            (
                "与授权人关系",
                "与共济人关系",
                "与职工关系",
                "与持有人关系",
                "亲属关系",
                "家庭关系",
                "与授权人的关系",
                "agnter_rlts",
            ),
            ("关系", "与账户人关系", "使用人与授权人关系", "关系类型", "亲属关系类型", "共济关系"),
        ),
        Field(
            "valid_from",
            (
                "授权开始日期",
                "共济开始日期",
                "授权起始日期",
                "开始日期",
                "授权日期",
                "授权生效日期",
            ),
            (
                "begndate",
                "生效日期",
                "共济生效日期",
                "有效期开始日期",
                "授权有效期开始日期",
                "有效期起",
            ),
        ),
        Field(
            "valid_until",
            (
                "授权终止日期",
                "授权结束日期",
                "共济终止日期",
                "共济结束日期",
                "终止日期",
                "结束日期",
            ),
            (
                "enddate",
                "失效日期",
                "授权到期日期",
                "有效期结束日期",
                "授权有效期结束日期",
                "有效期止",
                "有效期至",
            ),
        ),
        Field(
            "quota_fen",
            ("共济额度", "授权额度", "额度", "共济限额", "授权金额"),
            ("授权限额", "使用额度", "限额"),
        ),
        Field("position", ("支付顺序", "顺序", "扣款顺序", "优先级", "顺位", "使用顺序")),
    ),
    needed=(("holder_certno",), ("user_certno",), ("relation",), ("valid_from",)),
    identifying=("holder_certno", "user_certno"),
)


def read_families(table: Table) -> Batch[FamilyRecord]:
    """Every row of a mutual-aid list as a `FamilyRecord`."""
    holders, _ = certificate_numbers(table, "holder_certno", "holder_cert_type", needed=True)
    users, _ = certificate_numbers(table, "user_certno", "user_cert_type", needed=True)
    starts = table.needed("valid_from", day)
    last_days = table.optional("valid_until", last_day)
    check_ends(table, "valid_until", starts, last_days)
    quotas = table.optional("quota_fen", amount)
    for index, (holder, user, quota) in enumerate(zip(holders, users, quotas, strict=True)):
        if holder is not None and holder == user:
            table.fault(
                index, "user_certno", Fault("family/same-person", "授权人和使用人是同一个人")
            )
        if quota is not None and quota < 0:
            table.fault(index, "quota_fen", Fault("family/negative-quota", "共济额度不能为负"))
    columns = (
        table.numbers,
        holders,
        table.optional("holder_name", name, ""),
        users,
        table.optional("user_name", name, ""),
        table.needed("relation", relation),
        starts,
        ends(last_days),
        quotas,
        table.optional("position", whole_number),
    )
    return table.batch(map(FamilyRecord._make, zip(*columns, strict=True)))
