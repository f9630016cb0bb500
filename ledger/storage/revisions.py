"""At which revision a database stands, and whether this program may work with it.

Every command asks, so the migrations are read as text: loading Alembic would take longer than most
commands do.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect

from ledger.core.errors import Refused

_FOLDER = Path(__file__).parent / "migrations" / "versions"
_NAMED = re.compile(r'^(revision|down_revision) = (?:"(\w+)"|None)$', re.MULTILINE)


@cache
def _earlier() -> dict[str, str]:
    """Revision -> the one before it; "" before the first."""
    found = {}
    for path in _FOLDER.glob("[0-9]*.py"):
        named = dict(_NAMED.findall(path.read_text("utf-8")))
        found[named["revision"]] = named["down_revision"]
    return found


def newest() -> str:
    """The revision that this program works with."""
    (last,) = set(_earlier()) - set(_earlier().values())
    return last


def knows(revision: str) -> bool:
    """Can this program bring a database of that revision up; it cannot one of a newer program."""
    return revision in _earlier()


def refuse_newer(revision: str | None) -> None:
    """Raises: Refused: `database/newer-program`."""
    if revision is not None and not knows(revision):
        raise Refused(
            "database/newer-program",
            f"数据库由更新的程序建立或升级（结构 {revision}）；请改用那个版本的程序",
        )


def refuse_other_revision(connection: Connection, or_older: bool = False) -> None:
    """Nobody works with tables that are not those of this program.

    Args:
        or_older: a backup is made before an upgrade.

    Raises:
        Refused: `database/not-initialised`, `database/older-schema`, `database/newer-program`.
    """
    stands = None
    if inspect(connection).has_table("alembic_version"):
        stands = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if stands is None:
        raise Refused("database/not-initialised", "数据库尚未初始化；请先运行 gongji init")
    refuse_newer(stands)
    if stands != newest() and not or_older:
        raise Refused(
            "database/older-schema",
            "数据库还是较早程序的结构；请先备份，再用所有者的角色运行 gongji init 升级",
        )
