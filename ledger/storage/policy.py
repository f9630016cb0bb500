"""The pool and the versions of packs that decided something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.books.chart import Account
from ledger.storage.database.unit_of_work import UnitOfWork


class PoolRow(NamedTuple):
    code: str
    name: str
    pack: str


def remember_version(work: UnitOfWork, version: str, pack: str, content: str) -> None:
    known = work.connection.exec_driver_sql(
        "SELECT 1 FROM policy_version WHERE version = ?", (version,)
    ).first()
    if known is None:
        work.connection.exec_driver_sql(
            "INSERT INTO policy_version (version, pack, content, first_used_at) "
            "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (version, pack, content, work.recorded_at),
        )


def version_content(connection: Connection, version: str) -> str | None:
    """The pack as it was when it decided: JSON text."""
    content = connection.exec_driver_sql(
        "SELECT content FROM policy_version WHERE version = ?", (version,)
    ).scalar()
    return None if content is None else str(content)


def versions(connection: Connection) -> Iterator[tuple[str, str]]:
    """Every pack that decided something: its version and its content as JSON text."""
    rows = connection.exec_driver_sql("SELECT version, content FROM policy_version")
    return ((str(version), str(content)) for version, content in rows)


def pool(connection: Connection) -> PoolRow | None:
    """The pool this database keeps; None before `init`."""
    row = connection.exec_driver_sql("SELECT code, name, pack FROM pool").first()
    return None if row is None else PoolRow(*row)


def set_pool(work: UnitOfWork, row: PoolRow) -> None:
    work.connection.exec_driver_sql("INSERT INTO pool (code, name, pack) VALUES (?, ?, ?)", row)


def set_pack(work: UnitOfWork, pack: str) -> None:
    """By which pack (code or folder) the pool is settled from now on."""
    work.connection.exec_driver_sql("UPDATE pool SET pack = ?", (pack,))


def set_chart(work: UnitOfWork, chart: Iterable[Account]) -> None:
    """Write accounts that are missing; `official_code` stays what the agency made it. Of a whole
    chart nothing is written, so that no right to is asked for."""
    there = set(work.connection.exec_driver_sql("SELECT code FROM account").scalars())
    missing = [tuple(account) for account in chart if account.code not in there]
    if not missing:
        return
    work.connection.exec_driver_sql(
        "INSERT INTO account (code, name, english, type, normal_side, fund) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        missing,
    )
