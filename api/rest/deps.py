"""What every route takes: who asks, and a context that acts in his name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ledger.core.errors import NotAllowed
from ledger.services.context import Context
from ledger.services.tokens import Caller, Role, caller_of
from ledger.services.visits.shared_commit import SharedCommit

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="`gongji token create` 建立的令牌。 A token made by `gongji token create`.",
)

NAMES = {
    Role.PERSON: "参保人",
    Role.EMPLOYER: "单位经办人",
    Role.AGENCY: "医保经办机构",
    Role.FINANCE: "财务部门",
    Role.PROVIDER: "定点医药机构",
}


@dataclass(frozen=True, slots=True)
class Server:
    """What lives as long as the process: database, pack, clock."""

    context: Context
    local_now: Callable[[], datetime]
    """The pool's local time, naive."""
    schema_head: str | None
    """The newest revision in the code."""
    shared: SharedCommit
    """Where all requests settle their visits."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One request: who asks, the context in his name, and the local time."""

    caller: Caller
    context: Context
    now: datetime
    shared: SharedCommit

    @property
    def today(self) -> date:
        return self.now.date()


async def server_of(request: Request) -> Server:
    server: Server = request.app.state.server
    return server


Here = Annotated[Server, Depends(server_of)]


def desk_for(
    server: Here, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Desk:
    """The desk of whoever stands behind the bearer token.

    Raises:
        NotAllowed: `access/no-token`, `access/unknown-token`, `access/token-…`.
    """
    if given is None:
        raise NotAllowed("access/no-token", "请出示令牌：Authorization: Bearer …")
    now = server.local_now()
    caller = caller_of(server.context, given.credentials, now.date())
    return Desk(caller, replace(server.context, actor=caller.actor), now, server.shared)


AnyDesk = Annotated[Desk, Depends(desk_for)]


def only(*roles: Role) -> Any:
    """A dependency that lets these roles in.

    Raises:
        NotAllowed: `access/role`.
    """

    async def desk(desk: AnyDesk) -> Desk:
        refuse_other_roles(desk.caller, roles)
        return desk

    return Depends(desk)


def refuse_other_roles(caller: Caller, roles: tuple[Role, ...]) -> None:
    if caller.role not in roles:
        allowed = "、".join(NAMES[role] for role in roles)
        raise NotAllowed(
            "access/role", f"{NAMES[caller.role]}的令牌不能使用这一功能；可用者：{allowed}"
        )


IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="请求号：同号同内容只生效一次，再次提交得到第一次的回答；同号不同内容为 409。 "
        "One key, one effect.",
    ),
]
