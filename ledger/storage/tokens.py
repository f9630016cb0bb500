"""Bearer tokens: the hash is the key, and the token itself is nowhere."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.storage.database.bulk import insert_rows

_COLUMNS = "token_hash role subject label created_at expires_on revoked_at"


class TokenRow(NamedTuple):
    """A row of `api_token`. `expires_on` is the first day on which it no longer opens anything."""

    token_hash: str
    role: str
    subject: str
    label: str
    created_at: datetime
    expires_on: date
    revoked_at: datetime | None = None


def insert_token(connection: Connection, token: TokenRow) -> None:
    insert_rows(connection, "api_token", _COLUMNS, [token])


def token_by_hash(connection: Connection, token_hash: str) -> TokenRow | None:
    row = connection.exec_driver_sql(
        f"SELECT {', '.join(_COLUMNS.split())} FROM api_token WHERE token_hash = ?", (token_hash,)
    ).one_or_none()
    return None if row is None else _token(tuple(row))


def tokens_beginning(connection: Connection, beginning: str) -> list[TokenRow]:
    """Tokens whose hash begins so, in order of their making; all of them for ""."""
    rows = connection.exec_driver_sql(
        f"SELECT {', '.join(_COLUMNS.split())} FROM api_token "
        "WHERE substr(token_hash, 1, ?) = ? ORDER BY created_at, token_hash",
        (len(beginning), beginning),
    )
    return [_token(tuple(row)) for row in rows]


def revoke_token(connection: Connection, token_hash: str, at: datetime) -> None:
    """End a token at an instant (UTC); one that has ended keeps its first end."""
    connection.exec_driver_sql(
        "UPDATE api_token SET revoked_at = ? WHERE token_hash = ? AND revoked_at IS NULL",
        (at, token_hash),
    )


def _token(row: tuple[str, ...]) -> TokenRow:
    token_hash, role, subject, label, created_at, expires_on, revoked_at = row
    return TokenRow(
        token_hash,
        role,
        subject,
        label,
        datetime.fromisoformat(created_at),
        date.fromisoformat(expires_on),
        None if revoked_at is None else datetime.fromisoformat(revoked_at),
    )
