"""A settlement is replaced by another: the exact mirror of the old entry, then the new one.

The new entry begins from the legs of the old: what accounts paid keeps its years of money and
its holders, less what goes back. The pooled fund's part is what the provider gets and what the
person gets or owes.
"""

from __future__ import annotations

from ledger.benefits.payers import Payers
from ledger.benefits.settlement import Settlement
from ledger.books.entry import Entry, Transfer
from ledger.core.ids import EntryId
from ledger.core.months import Month
from ledger.journalizing.settlement import refund_entry

OWN = ("account_pay", "account_pay_person")
DRAW, FAMILY, AID = "family_draw", "family_pay", "aid_pay"
TO_PROVIDER, TO_PERSON, OWED = "pool_pay", "pool_pay_person", "owed_pool"


def payers_of(entry: Entry) -> Payers:
    """Who paid a settled visit, as its entry says."""

    to_provider = to_person = own = family = aid = 0
    for leg in entry.transfers:
        kind, fen = leg.kind, leg.amount_fen
        if kind == TO_PROVIDER:
            to_provider += fen
        elif kind in OWN:
            own += fen
        elif kind == FAMILY:
            family += fen
        elif kind == TO_PERSON:
            to_person += fen
        elif kind == OWED:
            to_person -= fen
        elif kind == AID:
            aid += fen
    return Payers(to_provider, to_person, own, family, aid)


def mirror_entry(mirror: Settlement, original: Entry, memo: str) -> Entry:
    """The old entry taken back leg by leg."""
    return refund_entry(mirror, original)._replace(memo=memo)


def resettled_entry(
    settlement: Settlement, payers: Payers, old: Entry, county: str | None, memo: str
) -> Entry:
    """The entry of the settlement that takes the place of `old`."""
    to_person, owed = max(payers.to_person_fen, 0), max(-payers.to_person_fen, 0)
    year, patient = settlement.year, old.person_id
    pool = [
        Transfer(patient, 0, kind, year, amount)
        for kind, amount in (
            (TO_PROVIDER, payers.to_provider_fen),
            (TO_PERSON, to_person),
            (OWED, owed),
        )
        if amount
    ]
    legs = [*pool, *_account_legs(old, payers)]
    return Entry(
        patient,
        EntryId(settlement.settlement_id),
        old.kind,
        settlement.happened_on,
        Month.from_number(settlement.fiscal_month),
        tuple(
            leg._replace(
                leg=number,
                provider_id=settlement.provider_id,
                county=leg.county if leg.kind == AID else county,
            )
            for number, leg in enumerate(legs, start=1)
        ),
        policy_version=settlement.policy_version,
        memo=memo,
    )


def _account_legs(old: Entry, payers: Payers) -> list[Transfer]:
    """The legs of accounts, less what goes back: of each kind the last leg first."""
    before = payers_of(old)
    back = dict.fromkeys(OWN, 0) | {DRAW: before.family_fen - payers.family_fen}
    back[FAMILY] = back[DRAW]
    for kind in OWN:
        paid = sum(leg.amount_fen for leg in old.transfers if leg.kind == kind)
        back[kind] = min(paid, before.own_fen - payers.own_fen)
    kept: list[Transfer] = []
    for leg in reversed(old.transfers):
        if leg.kind in back or leg.kind == AID:
            less = min(back.get(leg.kind, 0), leg.amount_fen)
            if leg.kind in back:
                back[leg.kind] -= less
            if leg.amount_fen > less:
                kept.append(leg._replace(amount_fen=leg.amount_fen - less))
    return kept[::-1]
