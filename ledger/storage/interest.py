"""Interest, said to the database: the movements of some people, and a run for everybody at once.

`stage_year` works out in one pass over the transfers what each account lacks of a year's
interest; `post_stage` turns it into transfers and totals. The rule itself is
`benefits.interest`; a property test holds both equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection

from ledger.benefits.account_use import Purse
from ledger.benefits.interest import Movement
from ledger.books.chart import ACCOUNT_INTEREST, PERSONAL_ACCOUNT_FUND
from ledger.storage.bulk import keys

_SIGNED = (
    f"CASE WHEN t.credit_account = '{PERSONAL_ACCOUNT_FUND}' "
    "THEN t.amount_fen ELSE -t.amount_fen END"
)
_OF_ACCOUNT = (
    f"(t.credit_account = '{PERSONAL_ACCOUNT_FUND}' OR t.debit_account = '{PERSONAL_ACCOUNT_FUND}')"
)
_INTEREST = f"(t.debit_account = '{ACCOUNT_INTEREST}' OR t.credit_account = '{ACCOUNT_INTEREST}')"


def movements_of(connection: Connection, people: Iterable[int]) -> dict[int, list[Movement]]:
    """Person -> every movement of the account, as the rule looks at it."""
    rows = connection.exec_driver_sql(
        f"SELECT t.person_id, t.happened_on, t.fund_year, {_SIGNED}, {_INTEREST}, "
        f"t.benefit_month IS NOT NULL FROM json_each(:keys) AS w "
        f"CROSS JOIN transfer AS t ON t.person_id = w.value WHERE {_OF_ACCOUNT}",
        {"keys": keys(people)},
    )
    found: dict[int, list[Movement]] = defaultdict(list)
    for person_id, day, fund_year, fen, interest, run in rows:
        movement = Movement(
            date.fromisoformat(day), fund_year, fen, bool(interest), bool(interest and run)
        )
        found[person_id].append(movement)
    return found


def purses(connection: Connection, people: Iterable[int]) -> dict[int, Purse]:
    """What is in each account and not held, whatever its state: a correction asks for no leave."""
    rows = connection.exec_driver_sql(
        "SELECT p.person_id, p.credited_fen - p.debited_fen - p.held_fen, y.year, "
        "y.credited_fen - y.debited_fen FROM json_each(:keys) AS w "
        "CROSS JOIN personal_account AS p ON p.person_id = w.value "
        "CROSS JOIN account_year AS y ON y.person_id = p.person_id",
        {"keys": keys(people)},
    )
    found: dict[int, Purse] = {}
    for person_id, available, year, left in rows:
        found.setdefault(person_id, Purse(available, {})).years[year] = left
    return found


def is_closed(connection: Connection, person_id: int) -> bool:
    """A closed account's interest has stopped."""
    status = connection.exec_driver_sql(
        "SELECT status FROM personal_account WHERE person_id = ?", (person_id,)
    ).scalar()
    return status == "closed"
