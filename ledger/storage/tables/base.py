"""What every table is made of: naming of keys, clustering, columns of money and keys.

Money is whole fen, months are whole numbers (202301), days are dates, `recorded_at` is UTC.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, MetaData, Table, Text
from sqlmodel import Field, SQLModel

from ledger.storage.database.append_only import BY_YEAR

SQLModel.metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)
metadata = SQLModel.metadata
CLUSTERED = {"sqlite_with_rowid": False}


def by_year(table: str) -> dict[str, Any]:
    """As above, and on PostgreSQL in parts, see `storage/database/years.py`."""
    return CLUSTERED | {"postgresql_partition_by": f"RANGE ({BY_YEAR[table]})"}


def key() -> Any:
    """A whole number of the primary key, given by us."""
    return Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})


def text_key() -> Any:
    return Field(primary_key=True, sa_type=Text)


def fen(default: int | None = None) -> Any:
    return Field(sa_type=BigInteger) if default is None else Field(default, sa_type=BigInteger)


def number(index: bool = False) -> Any:
    """A whole number that may be missing."""
    return Field(default=None, sa_type=BigInteger, index=index)


def only_on(dialect: str, index: Index) -> Index:
    """An index that one kind of database has and the other has not."""
    index.info["only_on"] = dialect
    return index.ddl_if(dialect=dialect)


def indexes_of(table: Table, dialect: str) -> list[Index]:
    """Those that a database of this kind has."""
    return [index for index in table.indexes if index.info.get("only_on", dialect) == dialect]
