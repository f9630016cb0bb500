"""An id names one visit, whoever settles it on PostgreSQL: no key of a person's table sees whether
somebody else's visit has it already.

A visit at a window locks its id, and whoever comes with the same id waits. A file has more ids than
a server has locks. It looks once more before it commits: for those who have locked an id of its own
meanwhile, then for those who have committed one. Whoever comes during that look waits for its end.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from ledger.storage.database.bulk import keys, texts
from ledger.storage.database.busy import LostRace

_ENDING = "202301, 0"
"""The lock of a file that is about to commit. A desk passes it and holds nothing of it: a desk
that stands still stops no file, and a file no desk, but for that one look."""

LOCK_VISITS = f"""
    WITH locked AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(hashtextextended(v.visit_id, 0))
        FROM (SELECT unnest(?::text[]) AS visit_id ORDER BY 1) AS v)
    SELECT count(*), pg_advisory_lock_shared({_ENDING}), pg_advisory_unlock_shared({_ENDING})
    FROM locked
"""

LOOK = f"SELECT pg_advisory_xact_lock({_ENDING})"
"""The statement with which a file's last look begins."""

_LOCKED_BY_OTHERS = """
    SELECT (l.classid::bigint << 32) | l.objid::bigint FROM pg_locks AS l
    WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
"""
_LOCKED = """
    SELECT 1 FROM json_each(:texts) AS w
    WHERE hashtextextended(w.value, 0) = ANY(CAST(translate(:keys, '[]', '{}') AS bigint[]))
    LIMIT 1
"""
_OURS = "xmin = pg_current_xact_id()::xid"
# First whose the rows are: there are hardly any of others, and none is grouped or sorted.
_COMMITTED = f"""
    WITH named AS MATERIALIZED (SELECT w.value FROM json_each(:texts) AS w),
    others AS MATERIALIZED (
        SELECT v.visit_id FROM named AS n JOIN visit AS v ON v.visit_id = n.value
        WHERE NOT v.{_OURS} UNION ALL
        SELECT s.visit_id FROM named AS n JOIN inpatient_stay AS s ON s.visit_id = n.value
        WHERE NOT s.{_OURS})
    SELECT 1 FROM others AS o
    WHERE EXISTS (SELECT 1 FROM visit AS v WHERE v.visit_id = o.visit_id AND v.{_OURS})
       OR EXISTS (SELECT 1 FROM inpatient_stay AS s WHERE s.visit_id = o.visit_id AND s.{_OURS})
    LIMIT 1
"""


def lock_visits(connection: Connection, visit_ids: Iterable[str]) -> None:
    """Let nobody else give these ids to a visit of somebody else. After the people."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(LOCK_VISITS, (list(visit_ids),))


class IdsOfFile:
    """The ids of a file of visits, from before it reads which of them are known."""

    def __init__(self, connection: Connection, visit_ids: Iterable[str]) -> None:
        self._connection, self._ids = connection, list(visit_ids)
        self._seen = self._commits()

    def prove(self) -> None:
        """The file's visits are written: nobody else may have used an id of them meanwhile. From
        here to the commit visits at windows wait.

        Raises:
            LostRace: somebody has, or is about to.
        """
        if self._connection.dialect.name != "postgresql":
            return
        self._connection.exec_driver_sql(LOOK)
        locked = [key for (key,) in self._connection.exec_driver_sql(_LOCKED_BY_OTHERS)]
        if locked and self._found(_LOCKED, keys=keys(locked)):
            raise _lost()
        if self._commits() != self._seen and self._found(_COMMITTED):
            raise _lost()

    def _commits(self) -> str:
        """Which transactions had ended; the same text again: none has since."""
        if self._connection.dialect.name != "postgresql":
            return ""
        return str(self._connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar())

    def _found(self, statement: str, **marks: str) -> bool:
        marks["texts"] = texts(self._connection, self._ids)
        return self._connection.exec_driver_sql(statement, marks).first() is not None


def _lost() -> LostRace:
    return LostRace(
        "database/busy", "数据库正忙：文件中的就诊ID同时被别处使用。本次没有入账，请稍后重新导入"
    )
