"""`quota`: what a holder sets aside for a relative in another pool (跨统筹区共济).

The quota is held: covered by the balance, and the holder cannot spend it meanwhile. The other
pool reports what was used; what is unused returns when the quota ends.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.account_states import Movement
from ledger.benefits.account_use import Purse
from ledger.benefits.family import refuse_across, refuse_no_days
from ledger.core.errors import Conflict, Refused, Unknown
from ledger.core.money import Fen, yuan_text
from ledger.core.months import FAR
from ledger.core.people import Relation
from ledger.journalizing.pools import aid_draw_entry, aid_return_entry
from ledger.services.accounts.account_gate import admit, occasion, purse_of
from ledger.services.books.read import known_person
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.services.once import once
from ledger.services.pools.pool_clearing import other_pool
from ledger.services.pools.pool_quota_list import present
from ledger.storage.accounts import accounts
from ledger.storage.books.journal import append
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.pools import pool_quotas as store
from ledger.storage.pools.pool_quotas import Quota, QuotaEvent


def give(
    context: Context,
    number: str,
    user: tuple[str, str],
    pool: str,
    relation: Relation,
    amount_fen: Fen,
    on: date,
    valid_until: date = FAR,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Give a relative in another pool a quota.

    Args:
        user: identity number and name of the relative.
        valid_until: half open; the quota ends by itself only when `expire` runs.

    Raises:
        Unknown: `person/unknown`. Refused: `pools/…`, `family/ends-before-start`,
        `family/same-person`, `family/relation-not-allowed`, `quota/across-not-allowed`,
        `quota/not-above-zero`, `quota/open-already`, `quota/not-covered`, or a state of the
        account.
    """
    other_pool(context, pool)
    refuse_no_days(on, valid_until)
    certno, name = user
    content = {
        "verb": "quota", "holder": number, "user": certno, "pool": pool, "fen": amount_fen,
        "relation": relation, "on": on, "until": valid_until,
    }  # fmt: skip
    with context.reading() as connection:
        holder = known_person(connection, number)

    def act(work: UnitOfWork) -> dict[str, Any]:
        connection = work.connection
        if certno == holder.certno:
            raise Refused("family/same-person", "授权人和使用人不能是同一个人")
        refuse_across(relation, context.pack.family(on), context.pack.pool, pool, on)
        admit(connection, holder.person_id, Movement.AID)
        _refuse_second(connection, holder.person_id, certno, pool)
        _refuse_uncovered(purse_of(connection, holder.person_id), amount_fen)
        quota = Quota(
            holder.person_id, work.ids.next(), certno, name, pool, str(relation), on, valid_until,
            amount_fen, 0, amount_fen, None,
        )  # fmt: skip
        store.place(work, quota)
        return present(connection, quota)

    return once(context, holder.person_id, request_id, content, act, dry_run)


def _refuse_second(connection: Connection, person_id: int, certno: str, pool: str) -> None:
    for quota in store.quotas_of(connection, person_id):
        if (quota.user_certno, quota.pool) == (certno, pool) and quota.ended_on is None:
            raise Refused(
                "quota/open-already",
                f"已有未结束的额度（编号 {quota.hold_id}，尚余 {yuan_text(quota.held_fen)} 元）；"
                "请先解除",
            )


def _refuse_uncovered(purse: Purse, amount_fen: int) -> None:
    if amount_fen <= 0:
        raise Refused("quota/not-above-zero", "共济额度必须大于零")
    if purse.available < amount_fen:
        raise Refused(
            "quota/not-covered",
            f"个人账户可用余额 {yuan_text(max(purse.available, 0))} 元，"
            f"不足以冻结 {yuan_text(amount_fen)} 元额度",
        )


def use(
    context: Context,
    quota_id: int,
    amount_fen: Fen,
    on: date,
    reference: str,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """The other pool reports a use. The same reference again gives the first answer.

    Raises:
        Unknown: `quota/unknown`. Conflict: `quota/reference-used`.
        Refused: `quota/no-reference`, `quota/not-above-zero`, `quota/ended`, `quota/not-valid`,
        `quota/exceeded`, or a state of the account.
    """
    quota = _known(context, quota_id)
    content = {"verb": "quota-use", "quota": quota_id, "fen": amount_fen, "ref": reference}

    def act(work: UnitOfWork) -> dict[str, Any]:
        book_use(context, work, quota_id, amount_fen, on, reference, request_id)
        return _present_again(work.connection, quota_id)

    return once(context, quota.person_id, request_id, content, act, dry_run)


def book_use(
    context: Context,
    work: UnitOfWork,
    quota_id: int,
    amount_fen: int,
    on: date,
    reference: str,
    request_id: str | None = None,
) -> bool:
    """One use, within a transaction; False when it was here already. Raises what `use` does."""
    quota = _found(work.connection, quota_id)
    if not reference:
        raise Refused("quota/no-reference", "请填写对方统筹区的业务号")
    before = _use_of(work.connection, quota, reference)
    if before is not None:
        if (before.amount_fen, before.happened_on) != (amount_fen, on):
            raise Conflict("quota/reference-used", f"业务号“{reference}”已用于另一笔使用")
        return False
    late = quota.ended_on is not None and context.pack.family(on).late_use_from_balance
    _refuse_use(quota, amount_fen, on, late)
    admit(work.connection, quota.person_id, Movement.AID)
    if late:
        _refuse_uncovered_use(purse_of(work.connection, quota.person_id), amount_fen)
    years = dict(accounts.by_year(work.connection, quota.person_id))
    oldest_first = context.pack.account_use(on).use_order == "oldest_first"
    parts = Purse(amount_fen, years).take(amount_fen, oldest_first)
    head = occasion(work, quota.person_id, on, f"统筹区 {quota.pool} 业务 {reference}")
    store.draw(work, quota, on, amount_fen, head.entry_id, reference)
    entry = aid_draw_entry(head, parts, quota.pool, context.stamp_policy(work))
    append(work, [entry], request_id)
    return True


def _refuse_use(quota: Quota, amount_fen: int, on: date, late: bool) -> None:
    """Args:
    late: a use of a day before the quota's end may come after it; what was unused then limits it.
    """
    if amount_fen <= 0:
        raise Refused("quota/not-above-zero", "使用金额必须大于零")
    if quota.ended_on is not None and not (late and on < quota.ended_on):
        raise Refused("quota/ended", f"额度 {quota.hold_id} 已于 {quota.ended_on} 结束")
    if not quota.valid_from <= on < quota.valid_until:
        raise Refused("quota/not-valid", f"{on} 不在额度 {quota.hold_id} 的有效期内")
    left = quota.given_fen - quota.used_fen
    if amount_fen > left:
        raise Refused(
            "quota/exceeded",
            f"额度 {quota.hold_id} 尚余 {yuan_text(left)} 元，不足 {yuan_text(amount_fen)} 元",
        )


def _refuse_uncovered_use(purse: Purse, amount_fen: int) -> None:
    if purse.available < amount_fen:
        raise Refused(
            "quota/not-covered",
            f"额度已结束、未用部分已返还，账户可用余额 {yuan_text(max(purse.available, 0))} 元，"
            f"不足支付 {yuan_text(amount_fen)} 元",
        )


def take_back(
    context: Context,
    quota_id: int,
    reference: str,
    on: date,
    request_id: str | None = None,
    dry_run: bool = False,
    amount_fen: Fen | None = None,
) -> dict[str, Any]:
    """The other pool takes a use back, or a part of it: the money returns with its years, held
    again while the quota runs.

    Args:
        amount_fen: None: all that was not taken back before.

    Raises:
        Unknown: `quota/unknown`, `quota/unknown-use`. Conflict: `quota/reversed-before`.
        Refused: `quota/earlier-than-use`, `quota/not-above-zero`, `quota/more-than-used`.
    """
    quota = _known(context, quota_id)
    content: dict[str, Any] = {
        "verb": "quota-back", "quota": quota_id, "ref": reference, "on": on
    }  # fmt: skip
    if amount_fen is not None:
        content["fen"] = amount_fen

    def act(work: UnitOfWork) -> dict[str, Any]:
        if not book_return(context, work, quota_id, reference, on, request_id, amount_fen):
            raise Conflict("quota/reversed-before", f"业务号“{reference}”的使用已经退回")
        return _present_again(work.connection, quota_id)

    return once(context, quota.person_id, request_id, content, act, dry_run)


def book_return(
    context: Context,
    work: UnitOfWork,
    quota_id: int,
    reference: str,
    on: date,
    request_id: str | None = None,
    amount_fen: int | None = None,
) -> bool:
    """A use taken back, or a part of it, within a transaction; False when it was here already:
    the same part on the same day, or nothing is left of the use.

    Args:
        amount_fen: what the other pool says; None: all that is left.

    Raises what `take_back` does.
    """
    connection, quota = work.connection, _found(work.connection, quota_id)
    used = _use_of(connection, quota, reference)
    if used is None or used.entry_id is None:
        raise Unknown("quota/unknown-use", f"额度 {quota_id} 没有业务号为“{reference}”的使用")
    before = [
        event
        for event in store.events_of(connection, [quota])
        if event.kind == store.REVERSED and event.reference == reference
    ]
    left = used.amount_fen - sum(event.amount_fen for event in before)
    if (on, amount_fen) in [(event.happened_on, event.amount_fen) for event in before] or not left:
        return False
    fen = left if amount_fen is None else amount_fen
    _refuse_return(used, fen, left, on)
    entries = [event.entry_id for event in before if event.entry_id is not None]
    parts = _last_years(store.years_of_use(connection, used, entries), fen)
    head = occasion(work, quota.person_id, on, f"统筹区 {quota.pool} 业务 {reference} 退回")
    entry = aid_return_entry(head, parts, quota.pool, context.stamp_policy(work))
    append(work, [entry], request_id)
    store.give_back(work, quota, on, fen, head.entry_id, reference)
    return True


def _refuse_return(used: QuotaEvent, amount_fen: int, left_fen: int, on: date) -> None:
    if amount_fen <= 0:
        raise Refused("quota/not-above-zero", "退回金额必须大于零")
    if amount_fen > left_fen:
        raise Refused(
            "quota/more-than-used",
            f"业务号“{used.reference}”使用 {yuan_text(used.amount_fen)} 元，尚未退回 "
            f"{yuan_text(left_fen)} 元，不能退回 {yuan_text(amount_fen)} 元",
        )
    if on < used.happened_on:
        raise Refused("quota/earlier-than-use", f"退回不能早于使用之日 {used.happened_on}")


def _last_years(parts: list[tuple[int, int]], amount_fen: int) -> list[tuple[int, int]]:
    """What returns of a use, by year of the money: what was taken last comes back first, as if
    so much less had been used."""
    back, left = [], amount_fen
    for year, fen in reversed(parts):
        part = min(fen, left)
        if part:
            back.append((year, part))
        left -= part
    return back[::-1]


def revoke(
    context: Context,
    quota_id: int,
    on: date,
    reason: str = "解除",
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """End a quota: what is unused returns to the holder.

    Raises:
        Unknown: `quota/unknown`. Refused: `quota/ended`.
    """
    quota = _known(context, quota_id)
    content = {"verb": "quota-revoke", "quota": quota_id, "on": on, "reason": reason}

    def act(work: UnitOfWork) -> dict[str, Any]:
        found = _found(work.connection, quota_id)
        if found.ended_on is not None:
            raise Refused("quota/ended", f"额度 {quota_id} 已于 {found.ended_on} 结束")
        store.release(work, found, on, reason)
        return _present_again(work.connection, quota_id) | {"returned": yuan_text(found.held_fen)}

    return once(context, quota.person_id, request_id, content, act, dry_run)


def expire(context: Context, as_of: date, dry_run: bool = False) -> dict[str, Any]:
    """End every quota whose last day has passed; safe to run again."""

    def act(work: UnitOfWork) -> list[Quota]:
        expired = store.expired(work.connection, as_of)
        for quota in expired:
            store.release(work, quota, as_of, "到期")
        return expired

    ended = carry_out(context, act, dry_run, Turn.STANDSTILL)
    returned = sum(quota.held_fen for quota in ended)
    return {
        "as_of": as_of.isoformat(),
        "ended": len(ended),
        "returned": yuan_text(returned),
        "quotas": [str(quota.hold_id) for quota in ended],
    }


def release_holds(work: UnitOfWork, person_id: int, day: date, reason: str) -> int:
    """End every open quota of a holder (death, change of pool, closing); returns the fen that
    are free again. For whoever empties an account, before it is emptied."""
    running = [q for q in store.quotas_of(work.connection, person_id) if q.ended_on is None]
    for quota in running:
        store.release(work, quota, day, reason)
    return sum(quota.held_fen for quota in running)


def release_holds_for(work: UnitOfWork, user_certno: str, day: date, reason: str) -> int:
    """End every open quota given to a user, by whomever (the user's death or change of pool)."""
    running = [q for q in store.quotas_for(work.connection, user_certno) if q.ended_on is None]
    for quota in running:
        store.release(work, quota, day, reason)
    return sum(quota.held_fen for quota in running)


def _known(context: Context, quota_id: int) -> Quota:
    with context.reading() as connection:
        return _found(connection, quota_id)


def _found(connection: Connection, quota_id: int) -> Quota:
    quota = store.find_quota(connection, quota_id)
    if quota is None:
        raise Unknown("quota/unknown", f"没有编号为 {quota_id} 的跨统筹区共济额度")
    return quota


def _use_of(connection: Connection, quota: Quota, reference: str) -> QuotaEvent | None:
    events = store.events_of(connection, [quota])
    return next((e for e in events if e.kind == store.USED and e.reference == reference), None)


def _present_again(connection: Connection, quota_id: int) -> dict[str, Any]:
    return present(connection, _found(connection, quota_id))
