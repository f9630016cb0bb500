"""A database that cannot be worked with is told in one sentence with a code, never as a traceback,
and never worked with: whatever its kind, its revision, and whoever logs in."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from api.cli.main import app
from ledger.storage import migrate, revisions
from ledger.storage.database import postgres
from ledger.storage.database.engine import translate
from ledger.storage.database.postgres import as_of_sqlalchemy
from tests import databases


def gongji(*words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--json"])


def refused(*words: str) -> str:
    """The code of a refusal that is one line of JSON and exit code 1."""
    result = gongji(*words)
    assert result.exit_code == 1, result.output
    error = json.loads(result.output)["error"]
    assert "\n" not in error["message"]
    return str(error["code"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "another.db"


def standing_at(path: Path, revision: str) -> Engine:
    """A database of that path with the schema of a revision; one that nobody knows yet, too."""
    engine = databases.open_test_engine(path, owner=True)
    migrate.upgrade(engine, revision if revisions.knows(revision) else "head")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (revision,))
    return engine


@databases.no_database
def test_revisions_read_as_text_are_those_of_alembic() -> None:
    assert revisions.newest() == migrate.head()


READING = (("balance", "1"), ("verify",), ("settle", "--visit", "V", "--provider", "H42030200001",
           "--person", "1", "--total", "1.00", "--time", "2023-01-05T09:00"))  # fmt: skip


@pytest.mark.parametrize("words", READING, ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("revision", "code"),
    [("c41b7e90d2f6", "database/older-schema"), ("0123456789ab", "database/newer-program")],
)
def test_tables_of_another_program_are_not_worked_with(
    path: Path, words: tuple[str, ...], revision: str, code: str
) -> None:
    standing_at(path, revision).dispose()
    assert refused(*words, "--db", databases.address(path)) == code


def test_a_newer_programs_database_is_not_taken_for_an_old_one_by_init(path: Path) -> None:
    engine = standing_at(path, "0123456789ab")
    engine.dispose()
    address = engine.url.render_as_string(hide_password=False)
    assert refused("init", "--db", address) == "database/newer-program"


def test_an_older_database_is_backed_up_brought_up_and_worked_with(path: Path) -> None:
    engine = standing_at(path, "c41b7e90d2f6")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO pool (code, name, pack) VALUES ('420300', '十堰', '420300')"
        )
    engine.dispose()
    kept = path.with_suffix(".gongji")
    owner = engine.url.render_as_string(hide_password=False)
    backed_up = gongji("backup", str(kept), "--db", owner)
    assert backed_up.exit_code == 0, backed_up.output
    assert gongji("init", "--db", owner).exit_code == 0
    assert gongji("verify", "--db", databases.address(path)).exit_code == 0


def test_a_database_without_a_schema_says_what_to_do(path: Path) -> None:
    databases.open_test_engine(path).dispose()
    assert refused("balance", "1", "--db", databases.address(path)) == "database/not-initialised"


@pytest.mark.skipif(not databases.POSTGRES, reason="SQLite has no roles")
def test_a_role_that_may_not_is_told_so(path: Path) -> None:
    databases.open_test_engine(path).dispose()
    assert refused("init", "--db", databases.address(path)) == "database/not-allowed"


@pytest.mark.skipif(not databases.POSTGRES, reason="a server is asked")
def test_a_database_that_is_not_there_is_named(path: Path) -> None:
    address = databases.address(path).rpartition("/")[0] + "/no_such_one"
    result = gongji("verify", "--db", address)
    error = json.loads(result.output)["error"]
    assert error["code"] == "database/no-entry"
    assert "no_such_one" in error["message"]


@databases.no_database
@pytest.mark.parametrize("place", ["127.0.0.1:1", "no-such-host.invalid:5432"])
def test_a_server_that_nobody_reaches_is_no_broken_connection(place: str) -> None:
    result = gongji("verify", "--db", f"postgresql://somebody:word@{place}/gongji")
    error = json.loads(result.output)["error"]
    assert error["code"] == "database/unreachable"
    assert error["message"].startswith("连不上数据库服务器")


@databases.no_database
@pytest.mark.parametrize(
    "address",
    [
        "postgresql://a:b@h:port/g",
        "postgresql://a:b@h:99999/g",
        "postgresql://a:b@h/g?no_such_option=1",
        "postgresql://a:b@h/g?connect_timeout=soon",
        "postgresql//a",
        "gongji.db",
    ],
)
def test_an_address_that_is_none_is_wrong_usage(address: str) -> None:
    result = gongji("verify", "--db", address)
    assert result.exit_code == 2
    assert json.loads(result.output)["error"]["code"] == "usage/bad-value"


_FAILED = 'connection failed: connection to server at "10.1.2.3", port 5432 failed: '


@databases.no_database
@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ('FATAL:  role "x" is not permitted to log in', "database/no-entry", "拒绝登录"),
        ('FATAL:  permission denied for database "g"', "database/no-entry", "拒绝登录"),
        ('FATAL:  database "g" is not currently accepting connections', "database/no-entry", ""),
        ("FATAL:  no pg_hba.conf entry for …, SSL encryption", "database/no-entry", "拒绝登录"),
        ('FATAL:  too many connections for role "x"', "database/busy", "已用完"),
        ("FATAL:  the database system is starting up", "database/unreachable", "正在启动"),
        ("server does not support SSL, but SSL was required", "database/unreachable", "sslmode"),
        ('root certificate file "x" does not exist', "database/unreachable", "证书"),
        ('致命错误:  用户 "x" Password 认证失败', "database/unreachable", '用户 "x" Password 认证'),
        ("Connection refused", "database/unreachable", "没有启动，或主机、端口不对"),
    ],
)
def test_what_a_server_says_at_the_door_is_told(text: str, code: str, words: str) -> None:
    refused = translate(as_of_sqlalchemy("", psycopg.OperationalError(_FAILED + text)))
    assert refused.code == code
    assert words in refused.message


@databases.no_database
def test_a_machine_that_gives_no_answer_is_not_waited_for_endlessly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres, "CONNECT_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        result = gongji("verify", "--db", f"postgresql://somebody:word@{place}/gongji")
    assert json.loads(result.output)["error"]["code"] == "database/unreachable"
