"""Every table, with its keys and checks. The person leads every key of a table that grows.

The append-only triggers stand in `storage/database/triggers.py`. `WITHOUT ROWID` makes SQLite keep
a person's rows together in key order, as a clustered table would.
"""

from ledger.storage.tables import (
    accounts,
    books,
    claims,
    crediting,
    debts,
    moves,
    people,
    proposals,
    providers,
    reference,
    resettlements,
    visits,
    windows,
)
from ledger.storage.tables.base import metadata

__all__ = [
    "accounts",
    "books",
    "claims",
    "crediting",
    "debts",
    "metadata",
    "moves",
    "people",
    "proposals",
    "providers",
    "reference",
    "resettlements",
    "visits",
    "windows",
]
