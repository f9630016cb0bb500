"""Whole numbers added up within 64 bits, as SQLite adds them.

PostgreSQL's `sum` of them has no limit: each group keeps its sum in a piece of memory of its own,
and for millions of groups that was most of the work. `fen_sum` refuses to go beyond 2^63. It lives
no longer than the transaction: one of the schema could be exchanged, and the proof would trust it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import Connection

_MAKE = (
    "CREATE AGGREGATE pg_temp.fen_sum(bigint) "
    "(sfunc = int8pl, stype = bigint, combinefunc = int8pl, parallel = safe)"
)
_SUM = re.compile(r"\bsum\(")


def adding_up(connection: Connection) -> Callable[[str], str]:
    """How statements of this transaction are to be said, on PostgreSQL. Where it may write
    nothing, not even this, they are said as they are."""
    if connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
        return str
    connection.exec_driver_sql(_MAKE)
    return lambda statement: _SUM.sub("pg_temp.fen_sum(", statement)
