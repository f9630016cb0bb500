"""The journal as plain text that hledger reads, so that another program checks our double entry.

One transaction per entry, dated by the day it happened. A crediting run has a million
transfers: they stand grouped by pair of accounts, with their number in a comment. Each pair is
two postings, debit above credit, so a reader sees what moved where. Text is written entry by
entry; memory does not grow with the journal.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from exports.workbook import Target, check_folder, unwritable
from ledger.core.money import yuan_text
from ledger.core.months import Month
from ledger.reports.head import entry_label
from ledger.reports.journal import Journal, JournalAccount, JournalEntry

COMMODITY = "CNY"
_ROOTS = {
    "asset": "资产",
    "liability": "负债",
    "fund": "净资产",
    "income": "收入",
    "expense": "支出",
}
_TYPES = {"asset": "A", "liability": "L", "fund": "E", "income": "R", "expense": "X"}
_FULL_WIDTH = str.maketrans({";": "；", ":": "：", "|": "｜", "\n": " ", "\r": " ", "\t": " "})


def write_journal(journal: Journal, target: Target) -> None:
    """Write the journal, UTF-8; at a path it appears whole or not at all.

    Raises:
        Refused: `export/unwritable`.
    """
    check_folder(target)
    lines = journal_lines(journal)
    if not isinstance(target, str | os.PathLike):
        target.writelines(line.encode() for line in lines)
        return
    path = Path(target)
    draft = path.with_name(f"{path.name}.part")
    try:
        with draft.open("wb") as file:
            file.writelines(line.encode() for line in lines)
        draft.replace(path)
    except (PermissionError, IsADirectoryError) as error:
        raise unwritable(target, error) from error
    finally:
        draft.unlink(missing_ok=True)


def journal_lines(journal: Journal) -> Iterator[str]:
    """Every line with its end: a head, the accounts declared, the transactions."""
    head = journal.head
    yield f"; {head.pool_name}（{head.pool_code}）职工基本医疗保险基金 序时账 {head.period}\n"
    yield f"; 生成时间 {head.generated_text}（北京时间） 政策包版本 {_plain(head.pack_version)}\n\n"
    yield f"commodity 1000.00 {COMMODITY}\n\n"
    names = {account.code: _account_name(account) for account in journal.accounts}
    for account in journal.accounts:
        yield f"account {names[account.code]}  ; code:{account.code}, type:{_TYPES[account.type]}\n"
    for entry in journal.entries():
        yield from _transaction(entry, names)


def _account_name(account: JournalAccount) -> str:
    return f"{_ROOTS[account.type]}:{account.name}"


def _transaction(entry: JournalEntry, names: dict[str, str]) -> Iterator[str]:
    memo = f" {_plain(entry.memo)}" if entry.memo else ""
    month = Month.from_number(entry.fiscal_month)
    yield f"\n{entry.happened_on} ({entry.entry_id}) {entry_label(entry.kind)}{memo}\n"
    yield f"    ; 会计月份 {month}\n"
    for leg in entry.legs:
        amount = yuan_text(leg.amount_fen)
        grouped = f"  ; {leg.transfers} 笔合计" if leg.transfers > 1 else ""
        yield f"    {names[leg.debit]}  {amount} {COMMODITY}{grouped}\n"
        yield f"    {names[leg.credit]}  -{amount} {COMMODITY}\n"


def _plain(text: str) -> str:
    """Words from people, with the signs that mean something to hledger in full width: a memo
    such as "date: …" must not become a date."""
    return " ".join(text.translate(_FULL_WIDTH).split())
