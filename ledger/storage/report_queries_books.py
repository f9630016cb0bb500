"""Reports on the books: flows by kind, balances before a month, the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.books.kinds import TRANSFER_KINDS, EntryKind
from ledger.core.months import Month
from ledger.reports.journal import JournalLeg
from ledger.reports.reconciliation import EntryCounts
from ledger.reports.trial_balance import FlowTotal

# One pass without grouping: a GROUP BY would sort a year's transfers in memory, and there are
# only so many kinds.
_FLOWS = "SELECT {} FROM transfer WHERE fiscal_month BETWEEN :first AND :month".format(
    ", ".join(
        f"count(*) FILTER (WHERE kind = '{kind}' AND fiscal_month = :month), "
        f"coalesce(sum(amount_fen) FILTER (WHERE kind = '{kind}' AND fiscal_month = :month), 0), "
        f"coalesce(sum(amount_fen) FILTER (WHERE kind = '{kind}'), 0)"
        for kind in TRANSFER_KINDS
    )
)

# CROSS JOIN: SQLite keeps the order as written, so that only open months are looked at.
_OPENINGS = """
    SELECT account, sum(debit_fen) - sum(credit_fen) FROM (
        SELECT account, debit_fen, credit_fen FROM account_month WHERE fiscal_month < :month
        UNION ALL
        SELECT t.debit_account, t.amount_fen, 0 FROM fiscal_month AS m
        CROSS JOIN transfer AS t ON t.fiscal_month = m.month
        WHERE m.status = 'open' AND m.month < :month
        UNION ALL
        SELECT t.credit_account, 0, t.amount_fen FROM fiscal_month AS m
        CROSS JOIN transfer AS t ON t.fiscal_month = m.month
        WHERE m.status = 'open' AND m.month < :month)
    GROUP BY account
"""


def flows(connection: Connection, month: Month) -> tuple[FlowTotal, ...]:
    """The transfers of the year up to the month, by kind. A kind says both
    accounts; `verify` proves that the rows agree."""
    marks = {"month": month.number, "first": month.year * 100 + 1}
    row = connection.exec_driver_sql(_FLOWS, marks).one()
    totals = (
        FlowTotal(kind.kind, kind.debit, kind.credit, *row[3 * i : 3 * i + 3])
        for i, kind in enumerate(TRANSFER_KINDS.values())
    )
    return tuple(total for total in totals if total.year_fen)


def openings(connection: Connection, month: Month) -> dict[str, int]:
    """Account -> balance before the month, fen, signed on the debit side."""
    rows = connection.exec_driver_sql(_OPENINGS, {"month": month.number})
    return {str(account): int(fen) for account, fen in rows}


def entry_counts(connection: Connection, month: Month) -> EntryCounts:
    """How many visits were settled and refunded in a month of account, by the entries."""
    rows = connection.exec_driver_sql(
        "SELECT kind, count(*) FROM entry WHERE fiscal_month = ? GROUP BY kind", (month.number,)
    )
    counts = {kind: count for kind, count in rows}  # noqa: C416 - typed rows
    return EntryCounts(counts.get(EntryKind.SETTLEMENT, 0), counts.get(EntryKind.REFUND, 0))


# --- the journal ---


def months_of_account(connection: Connection) -> list[Month]:
    """Every month of account that was ever opened, oldest first."""
    rows = connection.exec_driver_sql("SELECT month FROM fiscal_month ORDER BY month")
    return [Month.from_number(number) for (number,) in rows]


# The legs of an event stand under the person it is about and under the holders who paid for it:
# both are found by key, so the journal streams in the order of entries without a sort. The unary
# plus keeps the order of the index on `entry_id`.
_ENTRIES = """
    SELECT e.entry_id, e.kind, e.happened_on, e.fiscal_month, e.memo,
        t.debit_account, t.credit_account, t.amount_fen
    FROM entry AS e LEFT JOIN transfer AS t ON t.entry_id = e.entry_id AND t.person_id IN (
        SELECT e.person_id UNION
        SELECT d.holder_id FROM family_draw AS d
        WHERE d.person_id = e.person_id AND d.settlement_id = e.entry_id)
    WHERE +e.fiscal_month BETWEEN :first AND :last AND e.entry_id > 0
    ORDER BY e.entry_id
"""
_RUN_KINDS = tuple(
    kind
    for kind in TRANSFER_KINDS
    if kind.startswith(("credit_", "clawback_", "owed_", "plan_to_"))
)
_RUN = "SELECT {} FROM transfer WHERE fiscal_month = :month AND entry_id = :entry".format(
    ", ".join(
        f"count(*) FILTER (WHERE kind = '{kind}'), "
        f"coalesce(sum(amount_fen) FILTER (WHERE kind = '{kind}'), 0)"
        for kind in _RUN_KINDS
    )
)


def journal_legs(connection: Connection, first: Month, last: Month) -> Iterator[JournalLeg]:
    """Every entry of the months of account, its legs added up by pair of accounts."""
    marks = {"first": first.number, "last": last.number}
    current: tuple[Any, ...] | None = None
    pairs: dict[tuple[str, str], list[int]] = {}
    for *head, debit, credit, amount in connection.exec_driver_sql(_ENTRIES, marks):
        if current is not None and current[0] != head[0]:
            yield from _legs(connection, current, pairs)
            pairs = {}
        current = tuple(head)
        if debit is not None:
            sums = pairs.setdefault((debit, credit), [0, 0])
            sums[0] += 1
            sums[1] += amount
    if current is not None:
        yield from _legs(connection, current, pairs)


def _legs(
    connection: Connection, head: tuple[Any, ...], pairs: dict[tuple[str, str], list[int]]
) -> Iterator[JournalLeg]:
    entry_id, kind, happened_on, fiscal_month, memo = head
    if kind == EntryKind.CREDIT:
        pairs = _run_pairs(connection, entry_id, fiscal_month)
    for (debit, credit), (transfers, amount) in pairs.items():
        yield JournalLeg(
            entry_id,
            kind,
            date.fromisoformat(happened_on),
            fiscal_month,
            memo,
            debit,
            credit,
            transfers,
            amount,
        )


def _run_pairs(
    connection: Connection, entry_id: int, fiscal_month: int
) -> dict[tuple[str, str], list[int]]:
    """A crediting run: its transfers stand under every person it credited."""
    row = connection.exec_driver_sql(_RUN, {"month": fiscal_month, "entry": entry_id}).one()
    pairs: dict[tuple[str, str], list[int]] = {}
    for i, kind in enumerate(_RUN_KINDS):
        transfers, amount = row[2 * i : 2 * i + 2]
        if transfers:
            scheme = TRANSFER_KINDS[kind]
            pairs[scheme.debit, scheme.credit] = [transfers, amount]
    return pairs
