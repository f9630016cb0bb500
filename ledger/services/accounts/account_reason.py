"""Why accounts paid nothing, or less, of a visit: the state of the patient's account, or of a
relative's, on the day of the visit and as it was known when the visit was settled.

The visit is settled all the same, with account part 0 and the rest in cash: at the window there
is a sick person, and the fund's part is due whatever became of the card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from ledger.benefits.account_states import (
    Happened,
    Movement,
    refusal_text,
    standing,
)
from ledger.benefits.settlement import Settlement
from ledger.core.visits import AccountUse
from ledger.storage.accounts.account_events import happened_to
from ledger.storage.roster.family import Link, links_of
from ledger.storage.visits.settlements import account_use_of

NOTHING_TO_SAY = {"acct_reason": "", "acct_reason_text": ""}


def account_reason(
    connection: Connection, settlement: Settlement, use: int | None = None
) -> dict[str, str]:
    """`acct_reason`: the state that forbade (lost, frozen, …), the patient's own before a
    relative's; empty when nothing did, and for refunds.

    Args:
        use: which accounts the visit wants to use; None: as the visit in the books says.
    """
    if settlement.reverses_settlement_id is not None:
        return NOTHING_TO_SAY
    if use is None:
        use = account_use_of(connection, settlement.person_id, settlement.visit_id)
    if use == AccountUse.NONE:
        return NOTHING_TO_SAY
    patient = settlement.person_id
    links: Sequence[Link] = ()
    if use == AccountUse.OWN_THEN_RELATIVES:
        links = links_of(connection, [patient]).get(patient, [])
    people = [patient, *(link.holder_id for link in links)]
    happened = happened_to(connection, people, settlement.settlement_id)
    return reason_among(settlement, use, links, happened)


def reason_among(
    settlement: Settlement,
    use: int,
    links: Sequence[Link],
    happened: Mapping[int, Sequence[Happened]],
) -> dict[str, str]:
    """The same, where it is known already what happened to the accounts."""
    if use == AccountUse.NONE or not happened:
        return NOTHING_TO_SAY
    wanted = [(settlement.person_id, Movement.USE, "")]
    if use == AccountUse.OWN_THEN_RELATIVES:
        wanted += [
            (link.holder_id, Movement.AID, "授权人")
            for link in links
            if link.covers(settlement.happened_on)
        ]
    for person, movement, whose in wanted:
        held = standing(happened.get(person, []), settlement.happened_on)
        state = held.refusing(movement)
        if state is not None:
            return {
                "acct_reason": str(state),
                "acct_reason_text": whose + refusal_text(held, state, movement),
            }
    return NOTHING_TO_SAY
