"""Is the server alive, and does its database stand at the newest schema."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.rest.deps import Here
from api.rest.schemas import Health
from ledger.core.errors import Refused
from ledger.storage.migrate import current

router = APIRouter(tags=["health"])


@router.get("/health", response_model=Health, summary="运行状态 Alive")
def health(server: Here) -> Any:
    """服务在运行，数据库结构与程序一致；不需要令牌。"""
    with server.context.reading() as connection:
        at = current(connection)
    if at != server.schema_head:
        raise Refused("database/not-at-head", f"数据库在 {at}，程序需要 {server.schema_head}")
    pack = server.context.pack
    return {
        "status": "ok",
        "database": "at-head",
        "pool": pack.pool,
        "policy_version": pack.version,
    }
