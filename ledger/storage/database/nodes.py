"""Ids that no two writers ever make alike: on PostgreSQL each connection has a node of its own.

No unique key holds entry ids apart, since such a key would cross people. An id carries its
millisecond, its node and a counter; two writers by the same node would sooner or later meet in a
millisecond. So a connection holds its node by an advisory lock for as long as it is open. On
SQLite one writes at a time, and the node is the process's.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection

from ledger.core.errors import Refused
from ledger.core.ids import NODES, EntryIds
from ledger.storage.database.years import open_year

CLAIM = "SELECT pg_try_advisory_lock(?, ?)"
NODE_LOCKS = 0x6E6F6465
"""The class of these locks ("node"), apart from any others."""


def ids_on(connection: Connection, ids: EntryIds) -> EntryIds:
    """The ids that this connection hands out: by the clock of `ids`, whose year is there.

    Raises:
        Refused: `database/busy` where every node is taken.
    """
    if connection.dialect.name != "postgresql":
        return ids
    known = connection.info.get("ids")
    if known is None:
        known = connection.info["ids"] = ids.at(_claim(connection))
    mine: EntryIds = known
    open_year(connection, mine.year())
    return mine


def _claim(connection: Connection) -> int:
    first = secrets.randbelow(NODES)
    for number in range(NODES):
        node = (first + number) % NODES
        if connection.exec_driver_sql(CLAIM, (NODE_LOCKS, node)).scalar():
            return node
    raise Refused("database/busy", f"数据库正忙：同时写账的连接已达 {NODES} 个")
