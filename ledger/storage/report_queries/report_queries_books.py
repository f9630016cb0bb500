"""Reports on the books: flows by kind, balances before a month, the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.books.kinds import TRANSFER_KINDS, EntryKind
from ledger.core.ids import NOBODY
from ledger.core.months import Month
from ledger.reports.journal import JournalLeg
from ledger.reports.reconciliation import EntryCounts
from ledger.reports.trial_balance import FlowTotal
from ledger.storage.as_of import ALWAYS

# Two passes without grouping: a GROUP BY would sort a year's transfers in memory, and of all
# kinds a month has few.
_OF_YEAR = "FROM transfer WHERE fiscal_month BETWEEN :first AND :month AND entry_id < :before"
_KINDS_OF_YEAR = f"SELECT DISTINCT kind {_OF_YEAR}"
_FLOWS = f"SELECT {{}} {_OF_YEAR}"

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
# As known earlier: what is rolled up of closed months says nothing of that moment.
_OPENINGS_KNOWN = """
    SELECT account, sum(debit_fen) - sum(credit_fen) FROM (
        SELECT debit_account AS account, amount_fen AS debit_fen, 0 AS credit_fen FROM transfer
        WHERE fiscal_month < :month AND entry_id < :before
        UNION ALL
        SELECT credit_account, 0, amount_fen FROM transfer
        WHERE fiscal_month < :month AND entry_id < :before)
    GROUP BY account
"""


def flows(connection: Connection, month: Month, before: int = ALWAYS) -> tuple[FlowTotal, ...]:
    """The transfers of the year up to the month, by kind. A kind says both
    accounts; `verify` proves that the rows agree.

    Args:
        before: only entries below this id, here and in the functions that follow.
    """
    marks = {"month": month.number, "first": month.year * 100 + 1, "before": before}
    found = set(connection.exec_driver_sql(_KINDS_OF_YEAR, marks).scalars())
    kinds = [kind for kind in TRANSFER_KINDS.values() if kind.kind in found]
    columns = (
        f"count(*) FILTER (WHERE kind = '{kind.kind}' AND fiscal_month = :month), "
        f"coalesce(sum(amount_fen) FILTER "
        f"(WHERE kind = '{kind.kind}' AND fiscal_month = :month), 0), "
        f"sum(amount_fen) FILTER (WHERE kind = '{kind.kind}')"
        for kind in kinds
    )
    if not kinds:
        return ()
    row = connection.exec_driver_sql(_FLOWS.format(", ".join(columns)), marks).one()
    return tuple(
        FlowTotal(kind.kind, kind.debit, kind.credit, *row[3 * i : 3 * i + 3])
        for i, kind in enumerate(kinds)
    )


def openings(connection: Connection, month: Month, before: int = ALWAYS) -> dict[str, int]:
    """Account -> balance before the month, fen, signed on the debit side."""
    if before == ALWAYS:
        rows = connection.exec_driver_sql(_OPENINGS, {"month": month.number})
    else:
        marks = {"month": month.number, "before": before}
        rows = connection.exec_driver_sql(_OPENINGS_KNOWN, marks)
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
    """Every month of account with an entry, oldest first."""
    rows = connection.exec_driver_sql(
        "SELECT m.month FROM fiscal_month AS m WHERE EXISTS "
        "(SELECT 1 FROM entry AS e WHERE e.fiscal_month = m.month) ORDER BY m.month"
    )
    return [Month.from_number(number) for (number,) in rows]


# The legs of an event stand under the person it is about and under the holders who paid for it:
# both are found by key, so the journal streams in the order of entries without a sort. The unary
# plus keeps the order of the index on `entry_id`.
_ENTRIES = """
    SELECT e.person_id, e.entry_id, e.kind, e.happened_on, e.fiscal_month, e.memo,
        t.debit_account, t.credit_account, t.amount_fen
    FROM entry AS e LEFT JOIN transfer AS t ON t.entry_id = e.entry_id AND t.person_id IN (
        SELECT e.person_id UNION
        SELECT d.holder_id FROM family_draw AS d
        WHERE d.person_id = e.person_id AND d.settlement_id = e.entry_id)
    WHERE +e.fiscal_month BETWEEN :first AND :last AND e.entry_id > 0 AND e.entry_id < :before
    ORDER BY e.entry_id
"""
_RUN = "FROM transfer WHERE fiscal_month = :month AND entry_id = :entry"
# Legs that stand under other people than the one the event is about, and under no holder of a
# visit: heirs, the other number of a merged person. They are few, and found in one pass.
_UNDER_OTHERS = """
    SELECT t.entry_id, t.debit_account, t.credit_account, count(*), sum(t.amount_fen)
    FROM transfer AS t WHERE t.fiscal_month BETWEEN :first AND :last
    AND t.kind IN ('inherit_in', 'merge_in', 'merge_out', 'merge_debt_in', 'merge_debt_out')
    AND NOT EXISTS (
        SELECT 1 FROM entry AS e WHERE e.person_id = t.person_id AND e.entry_id = t.entry_id)
    GROUP BY 1, 2, 3
"""
_Pairs = dict[tuple[str, str], list[int]]


def journal_legs(
    connection: Connection, first: Month, last: Month, before: int = ALWAYS
) -> Iterator[JournalLeg]:
    """Every entry of the months of account, its legs added up by pair of accounts."""
    marks = {"first": first.number, "last": last.number, "before": before}
    others = _under_others(connection, marks)
    current: tuple[Any, ...] | None = None
    pairs: _Pairs = {}
    for *head, debit, credit, amount in connection.exec_driver_sql(_ENTRIES, marks):
        if current is not None and current[1] != head[1]:
            yield from _legs(connection, current, pairs, others)
            pairs = {}
        current = tuple(head)
        if debit is not None:
            _add(pairs, (debit, credit), 1, amount)
    if current is not None:
        yield from _legs(connection, current, pairs, others)


def _add(pairs: _Pairs, pair: tuple[str, str], transfers: int, amount: int) -> None:
    sums = pairs.setdefault(pair, [0, 0])
    sums[0] += transfers
    sums[1] += amount


def _under_others(connection: Connection, marks: dict[str, int]) -> dict[int, _Pairs]:
    found: dict[int, _Pairs] = {}
    for entry_id, debit, credit, transfers, amount in connection.exec_driver_sql(
        _UNDER_OTHERS, marks
    ):
        _add(found.setdefault(entry_id, {}), (debit, credit), transfers, amount)
    return found


def _legs(
    connection: Connection,
    head: tuple[Any, ...],
    pairs: _Pairs,
    others: dict[int, _Pairs],
) -> Iterator[JournalLeg]:
    person_id, entry_id, kind, happened_on, fiscal_month, memo = head
    if person_id == NOBODY and not pairs:
        pairs = _run_pairs(connection, entry_id, fiscal_month)
    for pair, (transfers, amount) in others.get(entry_id, {}).items():
        _add(pairs, pair, transfers, amount)
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


def _run_pairs(connection: Connection, entry_id: int, fiscal_month: int) -> _Pairs:
    """A run (crediting, interest, a one-off credit): its transfers stand under every person."""
    marks = {"month": fiscal_month, "entry": entry_id}
    found = connection.exec_driver_sql(f"SELECT DISTINCT kind {_RUN}", marks).scalars().all()
    if not found:
        return {}
    columns = ", ".join(
        f"count(*) FILTER (WHERE kind = '{kind}'), sum(amount_fen) FILTER (WHERE kind = '{kind}')"
        for kind in found
    )
    row = connection.exec_driver_sql(f"SELECT {columns} {_RUN}", marks).one()
    pairs: _Pairs = {}
    for i, kind in enumerate(found):
        scheme = TRANSFER_KINDS[kind]
        _add(pairs, (scheme.debit, scheme.credit), row[2 * i], row[2 * i + 1])
    return pairs
