"""What goes before an account is emptied for good, and the closing after it: quotas across
pools return, links of mutual aid end, interest is posted, the balance is zero, the account is
closed. For death, emigration, and whoever else empties an account."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection

from ledger.benefits.account_states import Event, Happened, Movement
from ledger.core.errors import Refused
from ledger.core.money import yuan_text
from ledger.core.months import Month
from ledger.core.people import Plan, Status
from ledger.services.accounts.account_gate import admit
from ledger.services.accounts.account_states import change_in
from ledger.services.accounts.interest import settle_interest
from ledger.services.context import Context
from ledger.services.pools.pool_quotas import release_holds, release_holds_for
from ledger.storage.accounts import accounts, interest
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster import family
from ledger.storage.roster.benefit_spans import spans_of
from ledger.storage.roster.people import credited_through, person, uncredited


def refuse_uncredited(connection: Connection, person_id: int, on: date) -> None:
    """Raises: Refused `account/credit-first` while contributions or a retiree's months up to `on`
    wait to be credited, or months that were credited must be looked at again: what is divided
    then would be too little, or too much. Asked before the event that empties the account, which
    itself asks for a look."""
    waiting = [uncredited(connection, person_id), _retiree_waits(connection, person_id, on)]
    through = max((month for month in waiting if month is not None), default=None)
    if through is not None:
        raise Refused(
            "account/credit-first",
            f"此人截至 {through} 还有未划入的缴费、定额或须重新核对的月份；"
            f"请先划账（gongji credit {through}）",
        )


def _retiree_waits(connection: Connection, person_id: int, on: date) -> Month | None:
    """The last month of benefits as a retiree with an account, up to the day, that no crediting
    run has covered; nobody is credited before the first run."""
    covered = credited_through(connection)
    ends = [
        Month.of(min(span.valid_until - timedelta(days=1), on))
        for span in spans_of(connection, [person_id])[person_id]
        if span.status == Status.RETIRED and span.plan == Plan.COMBINED and span.valid_from <= on
    ]
    return max((end for end in ends if covered and end > covered), default=None)


def make_ready(
    context: Context,
    work: UnitOfWork,
    person_id: int,
    on: date,
    reason: str,
    movement: Movement = Movement.CLEAR,
) -> int:
    """Make an account ready to be emptied; returns what is left in it, interest included, fen.

    Args:
        movement: `CLEAR` on death and emigration, `LEAVE` for another cause.

    Raises:
        Refused: `account/not-leaving` and the like; `account/interest-posted-later` where interest
        is in it for days on which it shall be closed; `account/owes` while the person owes the
        fund something.
    """
    connection = work.connection
    admit(connection, person_id, movement)
    posted = interest.posted_through(connection, person_id)
    if posted is not None and posted > on:
        raise Refused(
            "account/interest-posted-later",
            f"账户已结息至 {posted}，不能以 {on} 注销；"
            f"注销后停止计息，请以 {posted} 或以后的日期办理",
        )
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
