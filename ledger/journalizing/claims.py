"""A claim by papers becomes an entry: the person paid the bill, so the fund and the account pay
the person."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.benefits.settlement import Settlement
from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import EntryId, PersonId
from ledger.core.months import Month


def claim_entry(
    settlement: Settlement, own_parts: Sequence[tuple[int, int]], county: str | None, memo: str
) -> Entry:
    """Args:
    own_parts: (year of the money, fen) of what the person's own account pays.
    """
    moves = [("pool_pay_person", settlement.year, settlement.pool_fen)]
    moves += [("account_pay_person", year, fen) for year, fen in own_parts]
    patient = PersonId(settlement.person_id)
    legs = tuple(
        Transfer(patient, leg, kind, year, fen, settlement.provider_id, county)
        for leg, (kind, year, fen) in enumerate((m for m in moves if m[2]), start=1)
    )
    return Entry(
        patient,
        EntryId(settlement.settlement_id),
        EntryKind.MANUAL_CLAIM,
        settlement.happened_on,
        Month.from_number(settlement.fiscal_month),
        legs,
        policy_version=settlement.policy_version,
        memo=memo,
    )
