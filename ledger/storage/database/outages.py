"""When the machine fails and not the command: a full disk, a disk that takes no writes, a server
that went away. Told by the database's own codes; its texts differ from release to release.

Nothing of the transaction stays in any of these cases. After `database/unreachable` it is not
known whether the last one was committed: the same request id asks again and finds out.
"""

from __future__ import annotations

import os
import re
import shutil

from sqlalchemy.exc import DBAPIError, OperationalError

from ledger.core.errors import Refused

FULL, READ_ONLY = "database/disk-full", "database/read-only"
UNWRITABLE, UNREACHABLE = "database/unwritable", "database/unreachable"
UNUSABLE, NO_ENTRY = "database/unusable", "database/no-entry"
NOT_ALLOWED = "database/not-allowed"

MESSAGES = {
    FULL: "磁盘已满，数据库写不进去；本次操作没有入账，请腾出空间后用同一请求号重试",
    READ_ONLY: "数据库只能读不能写（只读磁盘、只读文件或只读服务器）；本次操作没有入账",
    UNWRITABLE: "数据库写不进磁盘（超出配额、没有权限或磁盘有故障）；本次操作没有入账",
    UNUSABLE: "数据库文件打不开（没有这个文件夹、没有权限或磁盘已满）",
    NO_ENTRY: "数据库服务器拒绝登录（用户名、密码、数据库名不对或不许连接）；本次操作没有入账",
    NOT_ALLOWED: "登录数据库的角色没有这个权限（建立、升级和恢复要用表的所有者）；本次操作没有入账",
    UNREACHABLE: "与数据库的连接中断，不知是否已入账；请稍后用同一请求号重试，不会重复入账",
}

# What SQLite calls its errors, or how the name begins: SQLITE_IOERR_WRITE, say.
_SQLITE = {
    "SQLITE_FULL": FULL,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_CANTOPEN": UNUSABLE,
    "SQLITE_IOERR": UNWRITABLE,
}
# SQLSTATE of PostgreSQL, or how it begins.
_POSTGRES = {
    "53100": FULL,
    "25006": READ_ONLY,
    "58030": UNWRITABLE,
    "57P": UNREACHABLE,  # Stopped by its operator, crashed, or not yet up again.
    "08": UNREACHABLE,
    "28": NO_ENTRY,
    "3D000": NO_ENTRY,
    "42501": NOT_ALLOWED,
}
_NOT_LET_IN = (
    "authentication failed", "pg_hba.conf", "does not exist", "no password",
    "not permitted to log in", "permission denied", "not currently accepting connections",
)  # fmt: skip
"""While connecting, the driver gives no code."""
_NOT_SECURED = re.compile(r"server does not support SSL|SSL error|certificate|sslmode")
_ON_ITS_WAY = re.compile(r"starting up|shutting down|in recovery mode|not yet accepting")
_NO_DATABASE = re.compile(r'database "([^"]+)" does not exist')
_NEVER_CONNECTED = ("connection failed", "failed to resolve", "connection timeout", "is bad")
_SAID = re.compile(r"failed: [^\s:]+: {2}(.+)")
"""What a server answers whoever may not come in: how bad it is, two blanks, and why, in the
server's language."""


def outage(error: DBAPIError) -> Refused | None:
    """The failure of the machine behind an error; None where it is another kind of error."""
    code = _code(error)
    return None if code is None else Refused(code, _words(code, str(error.orig)))


def outage_of(state: str) -> Refused | None:
    """The same by PostgreSQL's own code, where another program was told it."""
    code = _named(_POSTGRES, state)
    return None if code is None else Refused(code, MESSAGES[code])


def _words(code: str, text: str) -> str:
    """What to say of it; of a server that nobody reached, more than that a connection broke."""
    missing = _NO_DATABASE.search(text)
    if code == NO_ENTRY and missing:
        return f"数据库服务器上没有数据库 {missing[1]}；请先建立这个数据库，再运行 gongji init"
    if code == UNREACHABLE and any(words in text for words in _NEVER_CONNECTED):
        return f"连不上数据库服务器（{_reason(text)}）；请稍后用同一请求号重试，不会重复入账"
    return MESSAGES[code]


def _reason(text: str) -> str:
    """Why nobody was reached; of a server that answered, what it said."""
    if _NOT_SECURED.search(text):
        return "加密连接没有建立，请核对 sslmode、证书和服务器的 SSL 设置"
    if _ON_ITS_WAY.search(text):
        return "服务器正在启动或停止"
    said = _SAID.search(text)
    return said[1].strip() if said else "没有启动，或主机、端口不对"


ROOM_BESIDE = 65_536
"""Bytes that SQLite needs beside a file in WAL mode before it reads the first row: an index of
32 KiB, and what a disk rounds it up to."""


def unopened(file: str | None) -> Refused | None:
    """The refusal of a file that this user or this disk may not write, or beside which there is
    no room; None where neither is the reason."""
    if not file or not os.path.exists(file):
        return None
    folder = os.path.dirname(file) or "."
    if not (os.access(file, os.W_OK) and os.access(folder, os.W_OK)):
        return Refused(READ_ONLY, MESSAGES[READ_ONLY])
    if shutil.disk_usage(folder).free < ROOM_BESIDE:
        return Refused(FULL, MESSAGES[FULL])
    return None


def _code(error: DBAPIError) -> str | None:
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return _named(_SQLITE, name)
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _named(_POSTGRES, state)
    # A connection that breaks or was never made has no code, in psycopg.
    broken = error.connection_invalidated or isinstance(error, OperationalError)
    text = str(error.orig)
    if broken and any(words in text for words in _NOT_LET_IN) and not _NOT_SECURED.search(text):
        return NO_ENTRY
    return UNREACHABLE if broken and type(error.orig).__module__.startswith("psycopg") else None


def _named(codes: dict[str, str], name: str) -> str | None:
    return next((code for start, code in codes.items() if name.startswith(start)), None)
