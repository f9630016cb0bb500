"""A server that goes away under a line is told as such, wherever it is noticed: nobody hears of an
internal error, and no place of the engine's is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from ledger.core.errors import Refused
from ledger.storage.database.embedded_postgres import OWNER, EmbeddedPostgres
from ledger.storage.database.engine import open_engine, writing
from ledger.storage.database.line import Line
from ledger.storage.database.lines import MOST, line_of
from ledger.storage.database.outages import UNREACHABLE
from ledger.storage.database.postgres_copy import copy_encoded
from tests.plug.servers import a_server_with_a_table, kill_everything, stop_immediately

pytestmark = pytest.mark.xdist_group("dead-lines")


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with a_server_with_a_table() as made:
        yield made


@pytest.fixture
def engine(server: EmbeddedPostgres) -> Iterator[Engine]:
    server.open()
    engine = open_engine(server.url(OWNER))
    yield engine
    engine.dispose()


class Unrelated(Exception):
    """What the caller raised while the server went away."""


def _fail(_line: Line) -> None:
    raise Unrelated


NOTICED: dict[str, Callable[[Line], object]] = {
    "reading": lambda line: line.exec_driver_sql("SELECT x FROM kept").first(),
    "sending": lambda line: line.keep("INSERT INTO kept VALUES ($1)", (1,)),
    "adding rows": lambda line: line.append_rows("kept", ("x",), [(1,)]),
    "rolling back": _fail,
}
"""The step that comes first after the server went away; then follows the commit."""


@pytest.mark.parametrize("pull", [stop_immediately, kill_everything])
@pytest.mark.parametrize("noticed", NOTICED)
def test_a_dead_server_is_unreachable(
    server: EmbeddedPostgres,
    engine: Engine,
    pull: Callable[[EmbeddedPostgres], None],
    noticed: str,
) -> None:
    def work() -> None:
        with line_of(engine) as line:
            line.say("BEGIN")
            line.exec_driver_sql("SELECT x FROM kept").first()
            pull(server)
            NOTICED[noticed](line)
            line.commit()

    if noticed == "rolling back":
        with pytest.raises(Unrelated):
            work()
    else:
        assert refusal(work) == UNREACHABLE
    assert refusal(lambda: seven(engine)) == UNREACHABLE, "of a line that is made anew"
    server.open()
    assert [seven(engine) for _ in range(MOST + 1)] == [7] * (MOST + 1), "each gives its place back"


def test_a_file_that_is_being_copied_hears_of_it(server: EmbeddedPostgres, engine: Engine) -> None:
    def work() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("SELECT 1")
            stop_immediately(server)
            copy_encoded(connection, "kept", ("x",), EMPTY_FILE)

    assert refusal(work) == UNREACHABLE


EMPTY_FILE = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xff"


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.code


def seven(engine: Engine) -> object:
    with line_of(engine) as line:
        return line.exec_driver_sql("SELECT 7").scalar()
