"""A settlement becomes an entry: pool part, own account and relatives' accounts against what is
owed to the provider. Cash is on the settlement, not in the fund's books."""

from __future__ import annotations

from ledger.benefits.account_use import AccountShare
from ledger.benefits.settlement import Settlement
from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import EntryId, PersonId
from ledger.core.months import Month
from ledger.journalizing.merging import CARRYING


def settlement_entry(settlement: Settlement, share: AccountShare, county: str | None) -> Entry:
    """The entry of a settled visit; without legs when everything was paid in cash.

    A relative's money passes from the holder through the clearing account, so that each
    transfer stands under the person whose account it moves.
    """
    patient = PersonId(settlement.person_id)
    year = settlement.year
    legs: list[Transfer] = []

    def move(person: PersonId, kind: str, fund_year: int, amount: int) -> None:
        leg = len(legs) + 1
        legs.append(Transfer(person, leg, kind, fund_year, amount, settlement.provider_id, county))

    for kind, money_year, amount in plain_legs(year, settlement.pool_fen, share.own_parts):
        move(patient, kind, money_year, amount)
    for draw in share.draws:
        for money_year, amount in draw.parts:
            move(PersonId(draw.holder_id), "family_draw", money_year, amount)
        move(patient, "family_pay", year, draw.amount_fen)
    for aid in share.pool_draws:
        # At the clearing with other pools the county is the pool that owes us.
        move(patient, "aid_pay", year, aid.amount_fen)
        legs[-1] = legs[-1]._replace(county=aid.pool)
    return Entry(
        patient,
        EntryId(settlement.settlement_id),
        EntryKind.SETTLEMENT,
        settlement.happened_on,
        Month.from_number(settlement.fiscal_month),
        tuple(legs),
        policy_version=settlement.policy_version,
    )


def plain_legs(
    year: int, pool_fen: int, own_parts: list[tuple[int, int]]
) -> list[tuple[str, int, int]]:
    """Kind, year of the money and fen of what moves for the patient alone: the pool's part, then
    the own account's."""
    legs = [("pool_pay", year, pool_fen)] if pool_fen else []
    legs += [("account_pay", money_year, amount) for money_year, amount in own_parts]
    return legs


def refund_entry(refund: Settlement, original: Entry) -> Entry:
    """The exact mirror of the original entry, leg by leg. What an entry of a merged number carried
    to the person it is now stays there: the mirror is carried over anew."""
    return Entry(
        original.person_id,
        EntryId(refund.settlement_id),
        EntryKind.REFUND,
        refund.happened_on,
        Month.from_number(refund.fiscal_month),
        tuple(leg.mirrored() for leg in original.transfers if leg.kind not in CARRYING),
        policy_version=refund.policy_version,
        reverses_entry_id=original.entry_id,
    )
