"""The detail sheets and the clerks' lists of the monthly reconciliation workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from exports.columns import (
    CERTNO,
    EMPLOYER_NAME,
    EMPLOYER_NO,
    NAME,
    PROVIDER_CODE,
    PROVIDER_NAME,
    PSN_NO,
    REASON,
    STATUS,
    kind_column,
    money,
    month,
    settlement_columns,
)
from exports.tables import Column, Kind, Table, write_table
from exports.workbook import Book
from ledger.reports.crediting_list import CreditLine
from ledger.reports.people import CONTRIBUTION_NAMES, named
from ledger.reports.provider_statement import SettlementLine
from ledger.reports.reconciliation import (
    ContributionLine,
    CrossMonthRefund,
    FundFlowLine,
    MonthReconciliation,
    MovementLine,
    NotCredited,
    OwedLine,
    PaidNotRostered,
    PaymentLine,
    ProviderBalanceLine,
    RetiredLine,
)


@dataclass(frozen=True, slots=True)
class Details:
    """The written detail sheets that checks add up."""

    contributions: Table
    credits: Table
    settlements: Table
    payments: Table
    providers: Table
    fund_flows: Table
    movements: Table


@dataclass(frozen=True, slots=True)
class Lists:
    """The written lists that clerks work from."""

    not_credited: Table
    not_rostered: Table
    owed: Table
    retired: Table
    cross_month: Table


def _contribution_kind(code: str) -> str:
    return named(CONTRIBUTION_NAMES, code)


_NOT_CREDITED = (
    PSN_NO,
    NAME,
    CERTNO,
    STATUS,
    EMPLOYER_NO,
    EMPLOYER_NAME,
    month("month", "所属期"),
    REASON,
)
_NOT_ROSTERED = (
    PSN_NO,
    NAME,
    CERTNO,
    EMPLOYER_NO,
    EMPLOYER_NAME,
    month("month", "费款\n所属期"),
    Column("arrived_on", "到账日期", 12, Kind.DAY),
    money("employer_fen", "单位缴费"),
    money("personal_fen", "个人缴费"),
    money("account_fen", "划入个人账户"),
    REASON,
)
_RETIRED = (
    PSN_NO,
    NAME,
    CERTNO,
    EMPLOYER_NAME,
    Column("retired_on", "退休待遇起始日", 15, Kind.DAY),
    Column("settled_up_on", "一次性清算日", 15, Kind.DAY),
    Column("note", "说明", 22),
)


def write_lists(book: Book, report: MonthReconciliation) -> Lists:
    """应划未划, 已缴未在册, 待追回, 本月退休, 跨月退费."""
    return Lists(
        not_credited=write_table(
            book,
            "应划未划",
            "应划未划人员清单（在册而本月未划入个人账户）",
            _NOT_CREDITED,
            NotCredited._fields,
            report.not_credited,
            total=False,
        ),
        not_rostered=write_table(
            book,
            "已缴未在册",
            "已缴费但不在参保名册或待遇期内人员清单",
            _NOT_ROSTERED,
            PaidNotRostered._fields,
            report.not_rostered,
        ),
        owed=_owed(book, report.owed),
        retired=write_table(
            book,
            "本月退休",
            "本月办理退休人员清单",
            _RETIRED,
            RetiredLine._fields,
            report.retired,
            total=False,
        ),
        cross_month=_cross_month(book, report.cross_month_refunds),
    )


def _owed(book: Book, lines: Iterable[OwedLine]) -> Table:
    columns = (
        PSN_NO,
        NAME,
        CERTNO,
        EMPLOYER_NAME,
        month("benefit_month", "所属期"),
        Column("booked_on", "记账日期", 12, Kind.DAY),
        kind_column(book.head, "类别"),
        money("owed_fen", "待追回金额"),
    )
    title = "待追回清单（划账退回而账户余额不足的部分）"
    return write_table(book, "待追回", title, columns, OwedLine._fields, lines)


def _cross_month(book: Book, refunds: Iterable[CrossMonthRefund]) -> Table:
    columns = (
        Column("settlement_id", "退费结算ID", 21),
        Column("refunded_at", "退费时间", 19, Kind.INSTANT),
        Column("original_id", "原结算ID", 21),
        month("original_month", "原结算\n月份"),
        PROVIDER_CODE,
        PROVIDER_NAME,
        PSN_NO,
        NAME,
        money("total_fen", "医疗费总额"),
        money("pool_fen", "统筹基金支出"),
        money("account_fen", "个人账户支出"),
        money("cash_fen", "个人现金支出"),
    )
    title = "跨月退费清单（本月退费，原结算在以前月份）"
    return write_table(book, "跨月退费", title, columns, CrossMonthRefund._fields, refunds)


def write_details(book: Book, report: MonthReconciliation) -> Details:
    """缴费明细, 划账明细, 结算明细, 机构拨付, 机构往来, 资金调拨, 其他变动."""
    return Details(
        contributions=_contributions(book, report.contributions),
        credits=write_table(
            book,
            "划账明细",
            "个人账户划账明细",
            credit_columns(book),
            CreditLine._fields,
            report.credits,
            group="kind",
        ),
        settlements=write_table(
            book,
            "结算明细",
            "门诊结算明细（退费为负数）",
            settlement_columns(with_provider=True),
            SettlementLine._fields,
            report.settlements,
            group="is_refund",
        ),
        payments=_payments(book, report.payments),
        providers=_providers(book, report.providers),
        fund_flows=_fund_flows(book, report.fund_flows),
        movements=_movements(book, report.movements),
    )


def credit_columns(book: Book, *, with_employer: bool = True) -> tuple[Column, ...]:
    """A line of a crediting run; the employer's own list leaves its name out."""
    return (
        PSN_NO,
        NAME,
        CERTNO,
        STATUS,
        *((EMPLOYER_NO, EMPLOYER_NAME) if with_employer else ()),
        month("benefit_month", "所属期"),
        kind_column(book.head, "划账类别"),
        money("base_fen", "缴费基数"),
        money("account_fen", "计入账户"),
        money("owed_fen", "待追回"),
        REASON,
    )


def _contributions(book: Book, lines: Iterable[ContributionLine]) -> Table:
    columns = (
        PSN_NO,
        NAME,
        EMPLOYER_NO,
        EMPLOYER_NAME,
        Column("arrived_on", "到账日期", 12, Kind.DAY),
        month("month", "费款\n所属期"),
        Column("kind", "缴费类型", 14, Kind.CENTERED, _contribution_kind),
        money("base_fen", "缴费基数"),
        money("employer_fen", "单位缴费"),
        money("personal_fen", "个人缴费"),
        money("pool_fen", "计入统筹基金"),
        money("account_fen", "划入个人账户"),
    )
    return write_table(book, "缴费明细", "缴费到账明细", columns, ContributionLine._fields, lines)


def _payments(book: Book, lines: Iterable[PaymentLine]) -> Table:
    columns = (
        PROVIDER_CODE,
        PROVIDER_NAME,
        Column("paid_on", "拨付日期", 12, Kind.DAY),
        month("month", "结算\n月份"),
        money("pool_fen", "统筹基金", 18),
        money("account_fen", "个人账户", 18),
    )
    return write_table(
        book, "机构拨付", "定点医药机构拨付明细", columns, PaymentLine._fields, lines
    )


def _fund_flows(book: Book, lines: Iterable[FundFlowLine]) -> Table:
    columns = (
        kind_column(book.head, "调拨类别", 28),
        Column("happened_on", "日期", 12, Kind.DAY),
        money("amount_fen", "金额", 18),
        Column("memo", "摘要", 44, Kind.WRAPPED),
    )
    return write_table(
        book, "资金调拨", "基金资金调拨明细", columns, FundFlowLine._fields, lines, group="kind"
    )


def _movements(book: Book, lines: Iterable[MovementLine]) -> Table:
    columns = (
        kind_column(book.head, "类别", 24),
        Column("happened_on", "日期", 12, Kind.DAY),
        PSN_NO,
        NAME,
        money("amount_fen", "金额"),
        money("account_fen", "个人账户\n增减"),
        money("awaiting_fen", "待划入\n增减"),
        money("owed_fen", "待追回\n增减"),
        money("cash_fen", "货币资金\n增减"),
        Column("place", "区划", 9, Kind.CENTERED),
        Column("memo", "摘要", 40),
    )
    title = "其他变动明细（计息、代缴、清退、继承、转移、追回、调整等）"
    return write_table(book, "其他变动", title, columns, MovementLine._fields, lines, group="kind")


_POOL_OPENING, _ACCOUNT_OPENING = 3, 7
"""Columns of 机构往来 in which each fund's opening stands; due, paid and unpaid follow it."""


def _unpaid_formula(opening: int, row: int) -> str:
    first, due, paid = (xl_rowcol_to_cell(row, opening + i) for i in range(3))
    return f"={first}+{due}-{paid}"


def _providers(book: Book, lines: Iterable[ProviderBalanceLine]) -> Table:
    columns = (
        PROVIDER_CODE,
        PROVIDER_NAME,
        Column("county", "区划", 9, Kind.CENTERED),
        money("opening_pool_fen", "统筹基金\n上期结转"),
        money("due_pool_fen", "统筹基金\n本月应付"),
        money("paid_pool_fen", "统筹基金\n本月已付"),
        Column(
            "unpaid_pool_fen",
            "统筹基金\n期末未付",
            14,
            Kind.MONEY,
            formula=lambda row: _unpaid_formula(_POOL_OPENING, row),
        ),
        money("opening_account_fen", "个人账户\n上期结转"),
        money("due_account_fen", "个人账户\n本月应付"),
        money("paid_account_fen", "个人账户\n本月已付"),
        Column(
            "unpaid_account_fen",
            "个人账户\n期末未付",
            14,
            Kind.MONEY,
            formula=lambda row: _unpaid_formula(_ACCOUNT_OPENING, row),
        ),
    )
    fields = (*ProviderBalanceLine._fields, "unpaid_pool_fen", "unpaid_account_fen")
    return write_table(
        book, "机构往来", "定点医药机构应付与拨付汇总", columns, fields, _with_unpaid(lines)
    )


def _with_unpaid(lines: Iterable[ProviderBalanceLine]) -> Iterator[tuple[Any, ...]]:
    for line in lines:
        yield (*line, line.unpaid_pool_fen, line.unpaid_account_fen)
