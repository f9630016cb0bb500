"""What goes before an account is emptied for good, and the closing after it: quotas across
pools return, links of mutual aid end, interest is posted, the balance is zero, the account is
closed. For death, emigration, and whoever else empties an account."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection

from ledger.benefits.account_states import Event, Happened, Movement
from ledger.core.errors import Refused
from ledger.core.money import yuan_text
from ledger.services.account_gate import admit
from ledger.services.account_states import change_in
from ledger.services.context import Context
from ledger.services.interest import settle_interest
from ledger.services.pool_quotas import release_holds, release_holds_for
from ledger.storage import accounts, family
from ledger.storage.people import person, uncredited
from ledger.storage.unit_of_work import UnitOfWork


def refuse_uncredited(connection: Connection, person_id: int) -> None:
    """Raises: Refused `account/credit-first` while contributions wait to be credited, or months
    that were credited must be looked at again: what is divided then would be too little, or too
    much. Asked before the event that empties the account, which itself asks for a look."""
    if uncredited(connection, person_id):
        raise Refused(
            "account/credit-first",
            "此人还有未划入的缴费或须重新核对的月份；请先划账（gongji credit）",
        )


def make_ready(context: Context, work: UnitOfWork, person_id: int, on: date, reason: str) -> int:
    """Make an account ready to be emptied; returns what is left in it, interest included, fen.

    Raises:
        Refused: `account/not-leaving` and the like; `account/owes` while the person owes the
        fund something.
    """
    connection = work.connection
    admit(connection, person_id, Movement.CLEAR)
    owed = accounts.owed(connection, person_id)
    if owed > 0:
        raise Refused(
            "account/owes", f"此人尚有待追回款 {yuan_text(owed)} 元，须先追回、抵扣或核销"
        )
    release_holds(work, person_id, on, reason)
    settle_interest(work, context.pack, person_id, on)
    return accounts.totals(connection, person_id).balance_fen


def close_empty(
    context: Context,
    work: UnitOfWork,
    person_id: int,
    on: date,
    reason: str,
    request_id: str | None,
    entry_id: int | None,
) -> None:
    """Close an account that has just been emptied by `entry_id` (None: there was nothing)."""
    change_in(context, work, person_id, Happened(Event.CLOSE, on), reason, request_id, entry_id)


def end_aid(work: UnitOfWork, person_id: int, last_day: date, reason: str) -> int:
    """End every link of mutual aid of a person after `last_day`, and return what quotas across
    pools hold, given or used by the person; how many links."""
    connection = work.connection
    release_holds(work, person_id, last_day, reason)
    release_holds_for(work, person(connection, person_id).certno, last_day, reason)
    until = last_day + timedelta(days=1)
    return len(family.end_links_with(connection, person_id, until, last_day))
