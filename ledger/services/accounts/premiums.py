"""Premiums paid from an account (article 13(3)): the holder's own large-amount scheme and
long-term care, relatives' resident insurance and the like. They are another fund's income, so
the money leaves by the clearing account, and `premiums_cash.pay_over` moves the cash."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.account_states import Movement
from ledger.benefits.account_use import refuse_category
from ledger.benefits.family import relation_allowed
from ledger.core.errors import Conflict, Refused
from ledger.core.money import Fen, yuan_text
from ledger.core.people import Relation
from ledger.journalizing.accounts import premium_entry
from ledger.policy.pack import Pack
from ledger.services.accounts.account_gate import admit, occasion, take
from ledger.services.books.read import known_person
from ledger.services.context import Context
from ledger.services.once import once
from ledger.storage.accounts import premiums as store
from ledger.storage.accounts.premiums import PremiumRow
from ledger.storage.books.journal import append
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster.family import Link, links_of
from ledger.storage.roster.people import person

OWN, RELATIVE = "本人", "亲属"


def pay_premium(
    context: Context,
    holder: str,
    insured: str,
    premium_kind: str,
    year: int,
    amount_fen: Fen,
    on: date,
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Pay a premium from `holder`'s account for himself or a linked relative.

    Args:
        premium_kind: as the pack names it without the 本人 or 亲属 before it: 长期护理保险.
        year: the year that is insured.

    Raises:
        Unknown: `person/unknown`.
        Refused: `premium/not-allowed` while the pack's switch is off (13(3)),
            `account/forbidden-category` (14), `premium/kind-not-allowed`, `premium/not-linked`,
            `account/insufficient`, `account/lost` and the like.
        Conflict: `premium/paid-before` for the same person, kind and year.
    """
    _refuse_kind(context.pack, premium_kind, own=holder == insured, on=on)
    with context.reading() as connection:
        holder_id = known_person(connection, holder).person_id
        insured_id = known_person(connection, insured).person_id
    content = {
        "verb": "premium", "for": insured_id, "kind": premium_kind, "year": year,
        "fen": amount_fen, "on": on,
    }  # fmt: skip

    def act(work: UnitOfWork) -> dict[str, Any]:
        connection = work.connection
        _refuse_kind(context.pack, premium_kind, own=holder_id == insured_id, on=on)
        link = None
        if holder_id != insured_id:
            link = _link(connection, context.pack, holder_id, insured_id, on)
        _refuse_second(connection, insured_id, premium_kind, year)
        admit(connection, holder_id, Movement.PREMIUM)
        parts = take(connection, context.pack, holder_id, amount_fen, on)
        head = occasion(work, holder_id, on, f"{year} 年{premium_kind}")
        append(work, [premium_entry(head, parts, context.stamp_policy(work))], request_id)
        row = PremiumRow(
            holder_id,
            head.entry_id,
            insured_id,
            premium_kind,
            year,
            amount_fen,
            on,
            None if link is None else link.relation,
        )
        store.insert_premium(connection, row)
        return _present(connection, row)

    return once(context, holder_id, request_id, content, act, dry_run)


def _refuse_kind(pack: Pack, premium_kind: str, own: bool, on: date) -> None:
    rules = pack.account_use(on)
    cited = pack.cite("account_use.premiums_allowed", on).cite.id
    if not rules.premiums_allowed:
        raise Refused(
            "premium/not-allowed", f"政策包未开放用个人账户代缴保费（{cited}）", article=cited
        )
    refuse_category(rules, premium_kind)
    whose = OWN if own else RELATIVE
    if whose + premium_kind not in rules.premium_kinds:
        kinds = [kind.removeprefix(whose) for kind in rules.premium_kinds if kind.startswith(whose)]
        raise Refused(
            "premium/kind-not-allowed",
            f"个人账户不能为{whose}代缴“{premium_kind}”；可为{whose}代缴：{'、'.join(kinds)}",
            article=cited,
        )


def _link(connection: Connection, pack: Pack, holder_id: int, insured_id: int, on: date) -> Link:
    """The link of mutual aid that lets the holder pay for the relative on the day. Its quota is
    a ceiling for care and does not bind premiums."""
    for link in links_of(connection, [insured_id]).get(insured_id, []):
        allowed = relation_allowed(Relation(link.relation), pack.family(on))
        if link.holder_id == holder_id and link.covers(on) and allowed:
            return link
    raise Refused(
        "premium/not-linked",
        f"{on} 没有允许的共济关系；请先建立授权（gongji family add），关系须在政策范围内",
    )


def _refuse_second(connection: Connection, insured_id: int, premium_kind: str, year: int) -> None:
    before = store.paid_for(connection, insured_id, premium_kind, year)
    if before is not None:
        raise Conflict(
            "premium/paid-before", f"{year} 年{premium_kind}已于 {before.paid_on} 由个人账户代缴"
        )


def list_premiums(
    context: Context, start: date, last: date, number: str | None = None
) -> dict[str, Any]:
    """Premiums paid from accounts from `start` to `last`, and what still waits to be paid over.

    Raises:
        Unknown: `person/unknown`.
    """
    with context.reading() as connection:
        who = None if number is None else known_person(connection, number).person_id
        found = store.premiums(connection, start, last + timedelta(days=1), who)
        back = store.given_back(connection, found)
        days = {entry_id: day.isoformat() for entry_id, day in back.items()}
        return {
            "premiums": [
                _present(connection, row) | {"given_back_on": days.get(row.entry_id)}
                for row in found
            ],
            "total": yuan_text(sum(row.amount_fen for row in found if row.entry_id not in back)),
            "waiting": yuan_text(store.waiting_to_be_paid_over(connection)),
        }


def _present(connection: Connection, row: PremiumRow) -> dict[str, Any]:
    holder, insured = person(connection, row.person_id), person(connection, row.insured_id)
    return {
        "entry_id": str(row.entry_id),
        "holder": holder.name,
        "holder_psn_no": holder.psn_no,
        "insured": insured.name,
        "insured_certno": insured.certno,
        "relation": row.relation,
        "kind": row.premium_kind,
        "year": row.year,
        "amount": yuan_text(row.amount_fen),
        "on": row.paid_on.isoformat(),
    }
