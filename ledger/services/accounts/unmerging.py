"""Two numbers that were put together are taken apart again, proposed by one actor and approved
by another.

Exactly what the merge moved goes back. What has happened since under the one person cannot be
told apart, so visits and contributions since then, or money that is gone, forbid it; each
refusal says what stands in the way.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.account_states import Event, Happened, Movement
from ledger.core.errors import Conflict, Refused, Unknown
from ledger.core.money import yuan_text
from ledger.journalizing.merging import merge_entry
from ledger.services.accounts.account_gate import admit, occasion, purse_of
from ledger.services.accounts.account_states import change_in
from ledger.services.accounts.merged_links import links_come_back
from ledger.services.approvals.four_eyes import Executed, ProposalKind, memo_of, propose
from ledger.services.context import Context
from ledger.services.crediting.benefit_period import follow
from ledger.storage.accounts import accounts, merges
from ledger.storage.accounts.merges import Merge
from ledger.storage.books.journal import append
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.proposals import Proposal
from ledger.storage.roster.people import Span


def propose_unmerge(
    context: Context,
    merge_id: int,
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Propose to undo a merge.

    Raises:
        Unknown: `merge/unknown`. Conflict: `merge/undone-before`.
        Refused: `approval/no-reason`, `merge/earlier-than-merge`, `merge/merged-further`,
        `merge/visits-since`, `merge/contributions-since`, `merge/money-used`,
        `merge/debt-recovered`, `account/frozen` and the like.
    """
    with context.reading() as connection:
        merge = _found(connection, merge_id)
        _refuse(connection, merge, on)
    content = {"merge": merge_id, "on": on.isoformat()}
    return propose(context, UNMERGING, merge.person_id, content, reason, request_id, dry_run)


def _found(connection: Connection, merge_id: int) -> Merge:
    merge = merges.find_merge(connection, merge_id)
    if merge is None or merge.undoes is not None:
        raise Unknown("merge/unknown", f"没有编号为 {merge_id} 的人员合并")
    return merge


def _refuse(connection: Connection, merge: Merge, on: date) -> None:
    known = merges.merges_of(connection, merge.person_id)
    if any(other.undoes == merge.merge_id for other in known):
        raise Conflict("merge/undone-before", f"合并 {merge.merge_id} 已经撤销")
    if on < merge.happened_on:
        raise Refused("merge/earlier-than-merge", f"撤销不能早于合并之日 {merge.happened_on}")
    undone = {other.undoes for other in known}
    later = [
        other for other in known
        if other.merge_id > merge.merge_id and not other.undoes and other.merge_id not in undone
    ]  # fmt: skip
    if later:
        raise Refused(
            "merge/merged-further", f"此人后来又有合并 {later[-1].merge_id}；请先撤销后一次"
        )
    _refuse_what_cannot_be_told_apart(connection, merge)
    _refuse_money_gone(connection, merge)
    admit(connection, merge.person_id, Movement.CORRECT)


def _refuse_what_cannot_be_told_apart(connection: Connection, merge: Merge) -> None:
    visits = merges.settled_since(connection, merge.person_id, merge.merge_id)
    if visits:
        raise Refused(
            "merge/visits-since",
            f"合并之后已结算 {len(visits)} 次就诊（首次 {visits[0]}），年度累计分不开；"
            "请先退费，撤销后按各自编号重新结算",
        )
    if merges.given_back_since(connection, merge):
        raise Refused(
            "merge/visits-since",
            "并入编号的就诊在合并之后退过费或重新结算过，款项已归保留的编号，不能撤销",
        )
    contributions = merges.contributed_since(connection, merge.person_id, merge.merge_id)
    if contributions:
        raise Refused(
            "merge/contributions-since",
            f"合并之后已有 {contributions} 笔缴费到账，分不清属于哪个编号，不能撤销",
        )


def _refuse_money_gone(connection: Connection, merge: Merge) -> None:
    left = dict(accounts.by_year(connection, merge.person_id))
    parts = merges.money_moved(connection, merge)
    short = [(year, fen - left.get(year, 0)) for year, fen in parts if left.get(year, 0) < fen]
    whole = sum(fen for _year, fen in parts)
    available = purse_of(connection, merge.person_id).available
    if short:
        year, fen = short[0]
        raise Refused(
            "merge/money-used", f"并入的 {year} 年资金已用去，尚缺 {yuan_text(fen)} 元，不能撤销"
        )
    if parts and available < whole:
        raise Refused(
            "merge/money-used",
            f"可用余额 {yuan_text(available)} 元，不足退还并入的 {yuan_text(whole)} 元",
        )
    debt = merges.debt_moved(connection, merge)
    if accounts.owed(connection, merge.person_id) < debt:
        raise Refused("merge/debt-recovered", "并入的待追回款已部分追回，不能撤销合并")
    years = {(m.year, m.benefit): m.amounts for m in merges.years_of(connection, merge.person_id)}
    for move in merges.years_moved(connection, merge):
        now = years.get((move.year, move.benefit), (0,) * len(move.amounts))
        if any(fen < part for fen, part in zip(now, move.amounts, strict=True)):
            raise Refused(
                "merge/visits-since", f"{move.year} 年并入的累计在合并之后已经退费，不能撤销"
            )


def _execute(context: Context, work: UnitOfWork, proposal: Proposal) -> Executed:
    """Give everything back; what has changed since the proposal is looked at again."""
    connection = work.connection
    merge = _found(connection, int(proposal.content["merge"]))
    on = date.fromisoformat(proposal.content["on"])
    _refuse(connection, merge, on)
    kept, merged = merge.person_id, merge.merged_id
    head = occasion(work, kept, on, memo_of(proposal, work))
    _give_names_back(context, work, merge, on, head.entry_id)
    parts = merges.money_moved(connection, merge)
    append(work, [merge_entry(head, kept, merged, parts, merges.debt_moved(connection, merge))])
    merges.move_years(
        connection, head.entry_id, kept, merged, merges.years_moved(connection, merge)
    )
    undoing = Merge(kept, head.entry_id, merged, on, merge.merge_id, proposal.reason, {})
    merges.insert_merge(work, undoing)
    returned = yuan_text(sum(fen for _year, fen in parts))
    return Executed(head.entry_id, {"undoes": str(merge.merge_id), "returned": returned})


def _give_names_back(
    context: Context, work: UnitOfWork, merge: Merge, on: date, entry_id: int
) -> None:
    connection, moved = work.connection, merge.moved
    merges.move_identities(connection, moved["identities"], merge.merged_id)
    merges.end_alias(connection, merge.merged_id, moved["others"])
    merges.put_spans_back(connection, [_span(row) for row in moved["spans"]])
    follow(context, work, [merge.merged_id])
    links_come_back(work, moved["links"], on)
    if moved["closed"]:
        happened = Happened(Event.REOPEN, on)
        change_in(context, work, merge.merged_id, happened, "撤销合并", entry_id=entry_id)


def _span(row: list[Any]) -> Span:
    person_id, start, until, *rest = row
    return Span(person_id, date.fromisoformat(start), date.fromisoformat(until), *rest)


UNMERGING = ProposalKind("unmerge", "撤销人员合并", _execute)
"""Registered in `services/approvals/proposals.py`."""
