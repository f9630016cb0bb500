"""Who pays a bill that is settled anew.

Who pays the difference is a setting of the pack (`resettle_difference`). By default the provider
has done with the patient what was right when it settled: it keeps what it billed, and the
difference is between the fund and the person. What accounts paid stays, unless the new own
share is smaller: what is beyond it goes back to the accounts, the last payer's first.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Payers(NamedTuple):
    """Who pays a bill. `to_provider_fen` is the pooled fund's part that the provider gets,
    `to_person_fen` what the fund pays the person (negative: the person owes it). Fen.

    pool = to_provider + to_person; account = own + family + aid.
    """

    to_provider_fen: int
    to_person_fen: int
    own_fen: int
    family_fen: int
    aid_fen: int

    @property
    def pool_fen(self) -> int:
        return self.to_provider_fen + self.to_person_fen

    @property
    def account_fen(self) -> int:
        return self.own_fen + self.family_fen + self.aid_fen


class Difference(StrEnum):
    """With whom the fund settles what comes out otherwise (`resettle_difference`)."""

    PERSON = "person"
    PROVIDER = "provider"


def payers_after(
    before: Payers, pool_fen: int, payable_fen: int, difference: Difference, by_papers: bool
) -> Payers:
    """Who pays once the fund's share is `pool_fen`.

    Args:
        payable_fen: what accounts may pay of the bill beside the new share.
        by_papers: the person paid the bill in full and the fund pays the person (article 21).

    What came from other pools' accounts stays: it was cleared between the pools.
    """
    excess = max(before.account_fen - payable_fen, 0)
    family = max(before.family_fen - excess, 0)
    excess -= before.family_fen - family
    own = max(before.own_fen - excess, 0)
    accounts = own + family + before.aid_fen
    if by_papers:
        to_provider = 0
    elif difference is Difference.PROVIDER:
        to_provider = pool_fen
    else:
        to_provider = before.to_provider_fen + before.account_fen - accounts
    return Payers(to_provider, pool_fen - to_provider, own, family, before.aid_fen)
