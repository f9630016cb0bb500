"""Contributions that arrived (缴费到账明细)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from importers.amounts import amount
from importers.cells import Fault
from importers.days import day, month
from importers.headings import Field, Layout
from importers.identity import opaque_id
from importers.labels import contribution_kind
from importers.naming import CERT_TYPE, CERTNO, PSN_NO, named_persons
from importers.people import EMPLOYER_NAME, EMPLOYER_NO
from importers.table import Table
from importers.texts import name
from ledger.core.batches import Batch
from ledger.core.money import Fen
from ledger.core.people import ContributionKind, ContributionRecord

LAYOUT = Layout(
    fields=(
        EMPLOYER_NO,
        EMPLOYER_NAME,
        PSN_NO,
        CERT_TYPE,
        CERTNO,
        Field(
            "month",
            ("费款所属期", "所属期", "缴费所属期", "费款所属月", "费款属期", "cashym"),
            (
                "缴费月份",
                "费款所属期起",
                "所属期起",
                "对应费款所属期",
                "应缴所属期",
                "费款所属期间",
                "费款归属期",
                "费款所属年月",
                "缴费所属月份",
                "所属年月",
                "所属月份",
                "缴费年月",
            ),
        ),
        Field(
            "base_fen",
            ("人员缴费基数", "个人缴费基数", "缴费基数", "个人缴费工资基数", "psn_clctstd"),
            (
                "缴费工资",
                "缴费工资基数",
                "职工缴费基数",
                "本人缴费基数",
                "月缴费基数",
                "申报缴费基数",
            ),
        ),
        Field(
            "employer_fen",
            (
                "单位缴费金额",
                "单位缴费",
                "单位缴纳金额",
                "单位缴纳",
                "单位应缴金额",
                "emp_clct_amt",
            ),
            ("单位承担金额", "单位实缴金额", "单位应缴", "单位部分"),
        ),
        Field(
            "personal_fen",
            (
                "个人缴费金额",
                "个人缴费",
                "个人缴纳金额",
                "个人缴纳",
                "个人应缴金额",
                "psn_clct_amt",
            ),
            ("个人承担金额", "个人实缴金额", "个人应缴", "个人部分", "职工个人缴费"),
        ),
        Field(
            "account_fen",
            (
                "划入个人账户金额",
                "划入个人帐户金额",
                "划入个账金额",
                "划入个人账户",
                "个人缴费划入个人账户金额",
                "个人缴费划入账户金额",
                "psn_clct_into_acct_amt",
            ),
            (
                "个人账户划入金额",
                "个账划入金额",
                "账户划入金额",
                "应划个人账户金额",
                "计入个人账户金额",
                "记入个人账户金额",
                "划入账户金额",
                "划账金额",
            ),
        ),
        Field(
            "kind",
            ("缴费类型", "缴费类别", "应缴类型", "征缴类型", "clct_type"),
            ("征缴类别", "应缴类别"),
        ),
        Field(
            "arrived_on",
            (
                "到账日期",
                "到账时间",
                "到帐日期",
                "入库日期",
                "入库时间",
                "arvl_date",
                "intsury_time",
            ),
            (
                "缴费时间",
                "缴费日期",
                "clct_time",
                "入国库时间",
                "资金到账日期",
                "实际到账日期",
                "入账日期",
            ),
        ),
        Field("receipt_no", ("电子税票号", "税票号", "电子税票号码", "税票号码", "elec_taxrpt_no")),
    ),
    needed=(
        ("psn_no", "certno"),
        ("month",),
        ("base_fen",),
        ("employer_fen",),
        ("personal_fen",),
        ("account_fen",),
        ("arrived_on",),
    ),
    identifying=("psn_no", "certno"),
)

_AMOUNTS = ("base_fen", "employer_fen", "personal_fen", "account_fen")
_EITHER_SIGN = {ContributionKind.BASE_DIFFERENCE, ContributionKind.RATE_DIFFERENCE}

Money = Sequence[Fen | None]


def read_contributions(table: Table) -> Batch[ContributionRecord]:
    """Every row of contributions as a `ContributionRecord`; a refund comes out negative.

    A file without 缴费类型 holds normal contributions.
    """
    psn_nos, certnos = named_persons(table)
    employers = table.optional("employer_no", opaque_id("单位编号", 40))
    names = table.optional("employer_name", name)
    kinds = (
        table.needed("kind", contribution_kind)
        if table.has("kind")
        else [ContributionKind.NORMAL] * len(table)
    )
    employer_parts = table.optional("employer_fen", amount)
    _check_employer_parts(table, employer_parts, employers, names, kinds)
    money: list[Money] = [
        table.needed("base_fen", amount),
        _zero_for_blank(employer_parts),
        table.needed("personal_fen", amount),
        # Blank for the pool-only plan; whether that is right, the base and the plan tell.
        _zero_for_blank(table.optional("account_fen", amount)),
    ]
    columns = (
        table.numbers,
        employers,
        names,
        psn_nos,
        certnos,
        table.needed("month", month),
        *_signed(table, kinds, money),
        kinds,
        table.needed("arrived_on", day),
        table.optional("receipt_no", opaque_id("电子税票号", 60)),
    )
    return table.batch(map(ContributionRecord._make, zip(*columns, strict=True)))


def _zero_for_blank(values: Money) -> Money:
    return [Fen(0) if value is None else value for value in values]


def _check_employer_parts(
    table: Table,
    parts: Money,
    employers: Sequence[str | None],
    names: Sequence[str | None],
    kinds: Sequence[ContributionKind | None],
) -> None:
    """Blank is nothing for who has no employer or pays the personal part only, else a gap."""
    for index, part in enumerate(parts):
        if part is not None or table.is_faulty_in(index, "employer_fen"):
            continue
        has_employer = employers[index] is not None or names[index] is not None
        if has_employer and kinds[index] is not ContributionKind.NORMAL_PERSONAL:
            table.fault(index, "employer_fen", table.blank("employer_fen"))


def _signed(
    table: Table, kinds: Sequence[ContributionKind | None], money: Sequence[Money]
) -> list[Money]:
    """The amounts with the signs that their kind has: a refund is negative throughout."""
    lows = [min((fen for fen in column if fen is not None), default=0) for column in money]
    if min(lows) >= 0 and ContributionKind.REFUND not in kinds:
        return list(money)
    out = [list(column) for column in money]
    for index, kind in enumerate(kinds):
        row = [column[index] for column in money]
        if kind is None or None in row:
            _check_what_is_there(table, index, kind, row)
            continue
        amounts = cast(list[Fen], row)
        if kind is ContributionKind.REFUND:
            parts = amounts[1:]
            if min(parts) < 0 < max(parts) or amounts[0] < 0 < max(parts):
                _mixed_signs(table, index)
            for column, fen in zip(out, amounts, strict=True):
                column[index] = Fen(-abs(fen))
        elif kind not in _EITHER_SIGN:
            _check_not_negative(table, index, row)
    return list(out)


def _check_what_is_there(
    table: Table, index: int, kind: ContributionKind | None, row: Sequence[Fen | None]
) -> None:
    if kind is not None and kind is not ContributionKind.REFUND and kind not in _EITHER_SIGN:
        _check_not_negative(table, index, row)


def _check_not_negative(table: Table, index: int, row: Sequence[Fen | None]) -> None:
    for key, fen in zip(_AMOUNTS, row, strict=True):
        if fen is not None and fen < 0:
            table.fault(
                index,
                key,
                Fault(
                    "contribution/negative",
                    f"“{table.headings.get(key, key)}”为负数；退收请用缴费类型 20，"
                    "基数补差用 34，其他类型不得为负",
                ),
            )


def _mixed_signs(table: Table, index: int) -> None:
    table.fault(
        index,
        "kind",
        Fault("contribution/mixed-signs", "退收一行里的金额有正有负；应全部为负（或全部为正）"),
    )
