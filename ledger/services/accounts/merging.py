"""Two numbers of one person are put together (人员合并), proposed by one actor and approved by
another.

Balance by year, debts, the person-years and the links of mutual aid go to the number that is
kept; history stays where it is. The merged number stays as an alias: whoever names it finds the
person. `services/accounts/unmerging.py` takes the two apart again.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.account_states import Event, Happened, Movement, State
from ledger.books.kinds import kind_name
from ledger.core.errors import Refused, Unknown
from ledger.core.money import yuan_text
from ledger.core.months import FAR, Month
from ledger.core.people import Status
from ledger.journalizing.merging import merge_entry
from ledger.services.accounts.account_gate import admit, occasion
from ledger.services.accounts.account_states import change_in
from ledger.services.accounts.interest import settle_interest
from ledger.services.accounts.merged_links import links_go_over
from ledger.services.approvals.four_eyes import Executed, ProposalKind, memo_of, propose
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.services.crediting.benefit_period import follow
from ledger.services.pools.pool_transfers import has_open_case
from ledger.storage.accounts import accounts, merges
from ledger.storage.accounts.account_events import standing_of
from ledger.storage.accounts.merges import Merge
from ledger.storage.books.journal import append
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.pools import incoming_quotas
from ledger.storage.pools.pool_quotas import quotas_of
from ledger.storage.proposals import Proposal
from ledger.storage.roster import benefit_spans, people


def propose_merge(
    context: Context,
    kept: str,
    merged: str,
    on: date,
    reason: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Propose that `merged` is a second number of the person `kept`.

    Raises:
        Unknown: `person/unknown`. Refused: `approval/no-reason`, `merge/same-person`,
        `merge/keep-the-insured`, `merge/credit-first`, `merge/open-transfer`,
        `merge/open-quotas`, `account/frozen` and the like.
    """
    with context.reading() as connection:
        kept_id = known_person(connection, kept).person_id
        merged_id = known_person(connection, merged).person_id
        _refuse(connection, kept_id, merged_id, on)
    content = {"merged": merged_id, "kept_no": kept, "merged_no": merged, "on": on.isoformat()}
    return propose(context, MERGING, kept_id, content, reason, request_id, dry_run)


def _refuse(connection: Connection, kept: int, merged: int, on: date) -> None:
    if kept == merged:
        raise Refused("merge/same-person", "两个号码已经是同一个人")
    both = people.spans_of(connection, [kept, merged])
    if people.span_on(both[merged], on) and not people.span_on(both[kept], on):
        raise Refused("merge/keep-the-insured", f"{on} 正在参保的编号应当保留，请对调两个编号")
    through = people.uncredited(connection, merged) or _retired_through(connection, merged, on)
    if through is not None:
        raise Refused(
            "merge/credit-first",
            f"被合并的编号截至 {through} 还有未划入的缴费、退休划账或未冲抵的预划；"
            f"请先划账（gongji credit {through}）",
        )
    if has_open_case(connection, merged):
        raise Refused("merge/open-transfer", "被合并的编号有未办结的转移接续；请先办结或终止")
    given = [quota for quota in quotas_of(connection, merged) if quota.ended_on is None]
    if given or incoming_quotas.running_of(connection, merged):
        raise Refused("merge/open-quotas", "被合并的编号有未结束的跨统筹区共济额度；请先解除")
    if State.CLOSED not in standing_of(connection, merged).since:
        admit(connection, merged, Movement.TRANSFER_OUT)
    admit(connection, kept, Movement.RECEIVE)


def _retired_through(connection: Connection, person_id: int, on: date) -> Month | None:
    """The month before `on`, where a retiree's flat amount up to it waits for a crediting run."""
    last, credited = Month.of(on).plus(-1), people.credited_through(connection)
    if credited is not None and credited >= last:
        return None
    waits = any(
        span.status == Status.RETIRED
        and span.valid_from < Month.of(on).first_day
        and (credited is None or span.valid_until > credited.next().first_day)
        for span in benefit_spans.spans_of(connection, [person_id])[person_id]
    )
    return last if waits else None


def _execute(context: Context, work: UnitOfWork, proposal: Proposal) -> Executed:
    """Put the two together; what has changed since the proposal is looked at again."""
    connection, kept = work.connection, proposal.person_id
    merged, on = int(proposal.content["merged"]), date.fromisoformat(proposal.content["on"])
    if merges.kept_of(connection, [kept, merged]):
        raise Refused("merge/merged-before", "其中一个编号已在提出之后被合并，请重新提出")
    _refuse(connection, kept, merged, on)
    settle_interest(work, context.pack, merged, on)
    head = occasion(work, kept, on, memo_of(proposal, work))
    parts = [(year, left) for year, left in accounts.by_year(connection, merged) if left]
    entry = merge_entry(head, merged, kept, parts, accounts.owed(connection, merged))
    append(work, [entry])
    merges.move_years(connection, head.entry_id, merged, kept, merges.years_of(connection, merged))
    moved = _move_the_rest(context, work, kept, merged, on, head.entry_id)
    merges.insert_merge(work, Merge(kept, head.entry_id, merged, on, None, proposal.reason, moved))
    return Executed(
        head.entry_id,
        {
            "merge_id": str(head.entry_id),
            "moved": yuan_text(sum(fen for _year, fen in parts)),
            "numbers": [number for _kind, number in moved["identities"]],
        },
    )


def _move_the_rest(
    context: Context, work: UnitOfWork, kept: int, merged: int, on: date, merge_id: int
) -> dict[str, Any]:
    """Names, insurance, links, the account's state; what is needed to give them back."""
    connection = work.connection
    identities = merges.identities_of(connection, merged)
    merges.move_identities(connection, identities, kept)
    others = merges.make_alias(connection, merged, kept, merge_id)
    spans = people.end_spans(connection, merged, _end_of_insurance(connection, on))
    follow(context, work, [merged])
    links = links_go_over(work, merged, kept, on)
    closed = accounts.totals(connection, merged).status not in ("none", str(State.CLOSED))
    if closed:
        happened = Happened(Event.CLOSE, on)
        change_in(context, work, merged, happened, "并入本人另一编号", entry_id=merge_id)
    return {
        "identities": identities,
        "others": others,
        "spans": [[str(cell) if isinstance(cell, date) else cell for cell in s] for s in spans],
        "links": links,
        "closed": closed,
    }


def _end_of_insurance(connection: Connection, on: date) -> date:
    """No month is credited under both numbers: the merged one ends with the months that are
    credited already, and at the latest before the month of the merge."""
    first = Month.of(on).first_day
    credited = people.credited_through(connection)
    return first if credited is None else max(first, credited.next().first_day)


MERGING = ProposalKind("merge", "人员合并", _execute)
"""Registered in `services/approvals/proposals.py`."""


def listing(context: Context, number: str | None = None) -> list[dict[str, Any]]:
    """Merges and undoings, oldest first; of one person, where a number is given."""
    with context.reading() as connection:
        who = None if number is None else known_person(connection, number).person_id
        found = merges.all_merges(connection) if who is None else merges.merges_of(connection, who)
        return [_present(connection, merge) for merge in found]


def _present(connection: Connection, merge: Merge) -> dict[str, Any]:
    kept, merged = (people.person(connection, p) for p in (merge.person_id, merge.merged_id))
    return {
        "merge_id": str(merge.merge_id),
        "on": merge.happened_on.isoformat(),
        "undoes": str(merge.undoes) if merge.undoes else None,
        "reason": merge.reason,
        "kept_psn_no": kept.psn_no,
        "kept_name": kept.name,
        "merged_psn_no": merged.psn_no,
        "merged_name": merged.name,
        "by_year": {
            str(year): yuan_text(fen) for year, fen in merges.money_moved(connection, merge)
        },
        "debt": yuan_text(merges.debt_moved(connection, merge)),
        "years": [
            {"year": move.year, "benefit": move.benefit, "settlements": move.amounts[-1]}
            for move in merges.years_moved(connection, merge)
        ],
    }


def statement_of_merged(context: Context, merge_id: int) -> dict[str, Any]:
    """Every movement of the account of the merged number; the last one is 合并转出.

    Raises:
        Unknown: `merge/unknown`.
    """
    with context.reading() as connection:
        merge = merges.find_merge(connection, merge_id)
        if merge is None:
            raise Unknown("merge/unknown", f"没有编号为 {merge_id} 的人员合并")
        who = people.person(connection, merge.merged_id)
        movements = accounts.lines(connection, merge.merged_id, date(1900, 1, 1), FAR)
    running, lines = 0, []
    for line in movements:
        running += line.amount_fen
        lines.append(
            {
                "happened_on": line.happened_on.isoformat(),
                "entry_id": str(line.entry_id),
                "kind": line.kind,
                "name": kind_name(line.kind),
                "fixmedins_name": line.provider_name,
                "amount": yuan_text(line.amount_fen),
                "balance": yuan_text(running),
            }
        )
    return {"psn_no": who.psn_no, "psn_name": who.name, "lines": lines}
