"""Lists in which another pool reports what our holders' relatives used (跨统筹区共济使用)."""

from __future__ import annotations

from importers.amounts import amount
from importers.cells import Cell, Fault
from importers.days import day
from importers.headings import Field, Layout
from importers.identity import opaque_id
from importers.table import Table
from ledger.core.batches import Batch
from ledger.core.quotas import QuotaUseRecord

LAYOUT = Layout(
    fields=(
        Field("quota_id", ("额度编号", "共济额度编号", "授权额度编号")),
        Field(
            "reference",
            ("对方业务号", "对方结算号", "异地结算号", "参保地外结算ID"),
            ("业务号", "结算ID", "setl_id"),
        ),
        Field("used_on", ("使用日期", "共济使用日期"), ("结算日期", "日期", "setl_time")),
        Field(
            "amount_fen",
            ("使用金额", "共济使用金额", "账户共济支付金额", "acct_mulaid_pay"),
            ("金额",),
        ),
    ),
    needed=(("quota_id",), ("reference",), ("used_on",), ("amount_fen",)),
    identifying=("quota_id", "reference"),
)

_number = opaque_id("额度编号", 19)


def _quota_id(cell: Cell) -> int | Fault:
    text = _number(cell)
    if isinstance(text, Fault):
        return text
    if not (text.isascii() and text.isdecimal()):
        return Fault("value/not-a-code", f"“{text}”不是额度编号；应为数字，以文本格式填写")
    return int(text)


def read_quota_uses(table: Table) -> Batch[QuotaUseRecord]:
    """Every row as a `QuotaUseRecord`; a negative amount takes a use back."""
    amounts = table.needed("amount_fen", amount)
    for index, fen in enumerate(amounts):
        if fen == 0:
            table.fault(index, "amount_fen", Fault("quota/zero", "使用金额不能为零"))
    columns = (
        table.numbers,
        table.needed("quota_id", _quota_id),
        table.needed("reference", opaque_id("对方业务号", 40)),
        table.needed("used_on", day),
        amounts,
    )
    return table.batch(map(QuotaUseRecord._make, zip(*columns, strict=True)))
