"""Bearer tokens of the API: made, listed, revoked, and asked who stands behind one.

A token is shown once, when it is made; the database keeps its SHA-256. The token is 256 random
bits, so a plain hash is enough (nothing could be tried out), and looking a hash up compares
nothing that a caller could measure.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.core.errors import NotAllowed, Refused, Unknown
from ledger.services.books.read import known_person
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.report_queries.report_queries_person import employer_named
from ledger.storage.roster.registry import providers
from ledger.storage.tokens import (
    TokenRow,
    insert_token,
    revoke_token,
    token_by_hash,
    tokens_beginning,
)

PREFIX = "gongji_"
"""Every token begins so, that one left in a file or a chat can be found."""
ID_LENGTH = 12
SHORTEST_ID = 8
MOST_DAYS = 3660


class Role(StrEnum):
    """In whose name a token speaks (角色)."""

    PERSON = "person"
    EMPLOYER = "employer"
    AGENCY = "agency"
    FINANCE = "finance"
    PROVIDER = "provider"


class Caller(NamedTuple):
    """Whom a token speaks for. `subject` is a psn_no (or the identity number of somebody who has
    none), an employer number or a provider's code; agency and finance have none."""

    role: Role
    subject: str
    label: str = ""

    @property
    def actor(self) -> str:
        """The name in the books and in the keys of requests. It outlives a token that is renewed,
        so that a request sent again under the new one still gets its first answer."""
        names = (self.role.value, self.subject, self.label)
        return "token:" + ":".join(name for name in names if name)


def create_token(
    context: Context, role: str, subject: str, label: str, days: int, today: date
) -> dict[str, Any]:
    """Make a token that works on `days` days, `today` included.

    Returns:
        The token, in clear for this one time, and what `list_tokens` shows of it.

    Raises:
        Refused: `token/unknown-role`, `token/no-subject`, `token/subject-not-used`,
            `token/bad-days`.
        Unknown: `person/unknown`, `employer/unknown`, `provider/unknown`.
    """
    if role not in set(Role):
        raise Refused("token/unknown-role", f"没有“{role}”这个角色；可选 {'、'.join(Role)}")
    if not 1 <= days <= MOST_DAYS:
        raise Refused("token/bad-days", f"有效天数应在 1 至 {MOST_DAYS} 之间，现为 {days}")
    token = PREFIX + secrets.token_urlsafe(32)

    def act(work: UnitOfWork) -> TokenRow:
        row = TokenRow(
            _hash(token),
            role,
            _subject(work.connection, Role(role), subject),
            label.strip(),
            work.recorded_at,
            today + timedelta(days=days),
        )
        insert_token(work.connection, row)
        return row

    return {"token": token, **_shown(carry_out(context, act), today)}


def _subject(connection: Connection, role: Role, subject: str) -> str:
    """Whom the token is for, by the number that the books use."""
    subject = subject.strip()
    if role in (Role.AGENCY, Role.FINANCE):
        if subject:
            raise Refused(
                "token/subject-not-used", f"角色 {role} 不限定对象；要写明是谁，请用 --label"
            )
        return ""
    if not subject:
        raise Refused(
            "token/no-subject",
            f"角色 {role} 的令牌要写明给谁（--subject）：人员编号、单位编号或定点机构编号",
        )
    if role is Role.PERSON:
        who = known_person(connection, subject)
        return who.psn_no or who.certno
    if role is Role.EMPLOYER and employer_named(connection, subject) is None:
        raise Unknown("employer/unknown", f"没有编号为“{subject}”的单位")
    if role is Role.PROVIDER and subject not in providers(connection):
        raise Unknown("provider/unknown", f"没有编号为“{subject}”的定点医药机构")
    return subject


def caller_of(context: Context, token: str, today: date) -> Caller:
    """Who stands behind a token.

    Raises:
        NotAllowed: `access/unknown-token`, `access/token-revoked`, `access/token-expired`.
    """
    with context.reading() as connection:
        row = token_by_hash(connection, _hash(token))
    if row is None:
        raise NotAllowed("access/unknown-token", "令牌无效；请向经办机构重新申请")
    if row.revoked_at is not None:
        raise NotAllowed("access/token-revoked", "令牌已撤销；请向经办机构重新申请")
    if today >= row.expires_on:
        raise NotAllowed("access/token-expired", "令牌已过期；请向经办机构重新申请")
    return Caller(Role(row.role), row.subject, row.label)


def list_tokens(context: Context, today: date) -> list[dict[str, Any]]:
    """Every token ever made, oldest first; what opens a door is not among it."""
    with context.reading() as connection:
        return [_shown(row, today) for row in tokens_beginning(connection, "")]


def revoke(context: Context, token_id: str, today: date) -> dict[str, Any]:
    """End a token for good, by its id or by the beginning of it; again changes nothing.

    Raises:
        Unknown: `token/unknown`. Refused: `token/id-too-short`, `token/ambiguous`.
    """
    if len(token_id) < SHORTEST_ID:
        raise Refused("token/id-too-short", f"请至少写出令牌编号的前 {SHORTEST_ID} 位")

    def act(work: UnitOfWork) -> TokenRow:
        rows = tokens_beginning(work.connection, token_id.lower())
        if not rows:
            raise Unknown("token/unknown", f"没有编号为“{token_id}”的令牌")
        if len(rows) > 1:
            raise Refused("token/ambiguous", f"有 {len(rows)} 个令牌的编号以“{token_id}”开头")
        revoke_token(work.connection, rows[0].token_hash, work.recorded_at)
        return rows[0]._replace(revoked_at=rows[0].revoked_at or work.recorded_at)

    return _shown(carry_out(context, act), today)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _shown(row: TokenRow, today: date) -> dict[str, Any]:
    if row.revoked_at is not None:
        status = "revoked"
    else:
        status = "active" if today < row.expires_on else "expired"
    return {
        "id": row.token_hash[:ID_LENGTH],
        "role": row.role,
        "subject": row.subject,
        "label": row.label,
        "last_day": (row.expires_on - timedelta(days=1)).isoformat(),
        "status": status,
    }
