"""Business with other pools becomes entries: accounts that leave and arrive, relatives' use
across pools, and the money that settles it. At the clearing account the county column holds the
other pool's code, so its balance by pool is what is owed there.
"""

from __future__ import annotations

from ledger.books.entry import Entry, Transfer
from ledger.books.kinds import EntryKind
from ledger.core.ids import PersonId
from ledger.journalizing.accounts import Occasion, YearParts


def transfer_out_entry(on: Occasion, parts: YearParts, pool: str, policy_version: str) -> Entry:
    """账户转出，207: the whole balance goes to the clearing with the pool the person moves to."""
    return _entry(on, EntryKind.TRANSFER_OUT, "transfer_out", parts, pool, policy_version)


def transfer_in_entry(on: Occasion, amount_fen: int, pool: str, policy_version: str) -> Entry:
    """账户转入，107: the money of a person who came has arrived; it is money of this year."""
    parts = [(on.happened_on.year, amount_fen)]
    return _entry(on, EntryKind.TRANSFER_IN, "transfer_in", parts, pool, policy_version)


def aid_draw_entry(on: Occasion, parts: YearParts, pool: str, policy_version: str) -> Entry:
    """跨区共济支出，201: a relative in another pool used the holder's quota."""
    return _entry(on, EntryKind.POOL_AID, "aid_draw", parts, pool, policy_version)


def aid_return_entry(on: Occasion, parts: YearParts, pool: str, policy_version: str) -> Entry:
    """跨区共济退回，109: that use was taken back; the money keeps its years."""
    return _entry(on, EntryKind.POOL_AID, "aid_return", parts, pool, policy_version)


def pool_payment_entry(on: Occasion, kind: str, amount_fen: int, pool: str) -> Entry:
    """Money to another pool (`pools_paid`, from the disbursement account) or from one
    (`pools_received`, into the fiscal account); it stands under person 0."""
    parts = [(on.happened_on.year, amount_fen)]
    return _entry(on, EntryKind.POOL_CLEARING, kind, parts, pool, None)


def _entry(
    on: Occasion,
    entry_kind: EntryKind,
    kind: str,
    parts: YearParts,
    pool: str,
    policy_version: str | None,
) -> Entry:
    person = PersonId(on.person_id)
    legs = tuple(
        Transfer(person, leg, kind, year, fen, county=pool)
        for leg, (year, fen) in enumerate(parts, start=1)
    )
    return Entry(
        person,
        on.entry_id,
        entry_kind,
        on.happened_on,
        on.fiscal_month,
        legs,
        policy_version=policy_version,
        memo=on.memo,
    )
