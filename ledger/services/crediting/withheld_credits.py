"""Credits that are due while the state of the account forbids them (应划未划：账户状态)."""

from __future__ import annotations

from typing import Any

from ledger.benefits.account_states import STATE_NAMES, State
from ledger.core.money import yuan_text
from ledger.core.months import Month
from ledger.services.context import Context
from ledger.storage.credits import withheld
from ledger.storage.roster.people import person

SOURCES = {"employee": "缴费划账", "retiree": "退休定额"}


def withheld_credits(context: Context) -> list[dict[str, Any]]:
    """What crediting keeps back, by person and month; the next run after the account takes
    credits again posts it."""
    with context.reading() as connection:
        rows = withheld.all_withheld(connection)
        people = {number: person(connection, number) for number in {r.person_id for r in rows}}
    return [
        {
            "psn_no": people[row.person_id].psn_no,
            "psn_name": people[row.person_id].name,
            "month": str(Month.from_number(row.month)),
            "source": row.source,
            "source_name": SOURCES[row.source],
            "amount": yuan_text(row.amount_fen),
            "state": row.state,
            "state_name": STATE_NAMES[State(row.state)],
        }
        for row in rows
    ]
