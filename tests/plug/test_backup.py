"""`gongji backup` and `gongji restore`: what is restored is what was there, proved; what does not
fit is refused and changes nothing."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from api.cli.main import app
from ledger.core.errors import Refused
from ledger.services.backups.backup import backup
from ledger.services.backups.backup_file import manifest_of
from ledger.services.backups.restore import CHECKING, COUNTING, FILLING, restore
from ledger.storage.backups import backup_postgres
from ledger.storage.database.embedded_postgres import (
    ADMIN,
    APPLICATION,
    OWNER,
    EmbeddedPostgres,
)
from ledger.storage.database.engine import open_engine
from tests.databases import scratch_folders
from tests.plug.city import DAY, PEOPLE, Books, run
from tests.plug.disks import filled_up, small_disk, write_protected
from tests.plug.processes import Command
from tests.plug.servers import a_server

pytestmark = pytest.mark.xdist_group("backup")


class Place:
    """A database with books and others to restore into."""

    def __init__(self, books: Books, folder: Path, server: EmbeddedPostgres | None = None) -> None:
        self.books, self.folder, self._server = books, folder, server
        self._count = 0

    def other(self) -> tuple[str, str]:
        """Addresses of one more database, empty: the owner's and the application's."""
        self._count += 1
        if self._server is None:
            address = f"sqlite:///{self.folder}/other{self._count}.db"
            return address, address
        name = f"other{self._count}"
        self._server.psql("postgres", f"CREATE DATABASE {name} OWNER {OWNER}")
        return self._of(OWNER, name), self._of(APPLICATION, name)

    def _of(self, role: str, name: str) -> str:
        assert self._server is not None
        return self._server.url(role, name)

    def restoring(self, address: str) -> bool:
        """Is a restore into this database under way."""
        if self._server is None:
            return Path(address.removeprefix("sqlite:///") + ".restoring").exists()
        with psycopg.connect(self._server.url(ADMIN)) as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = 'gongji restore'"
            ).fetchone()
        return found is not None

    def settle(self, name: str, count: int = 1) -> None:
        for number in range(count):
            visit = self.books.visit(f"{name}{number}", str(PEOPLE[number].psn_no), DAY, 900, use=1)
            self.books.settle(visit, visit.visit_id)

    def backup(self, name: str) -> Path:
        path = self.folder / f"{name}.gongji"
        backup(self.books.context, path)
        return path


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("sqlite")
    books = Books(f"sqlite:///{folder}/books.db")
    books.settle_in()
    yield Place(books, folder)
    books.close()


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with a_server() as server:
        books = Books(server.url(APPLICATION), server.url(OWNER))
        books.settle_in()
        yield Place(books, tmp_path_factory.mktemp("postgres"), server)
        books.close()


@pytest.fixture(params=["on_sqlite", "on_postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


def put_back(address: str, path: Path, overwrite: bool = False) -> dict[str, Any]:
    engine = open_engine(address)
    try:
        return restore(engine, path, overwrite)
    finally:
        engine.dispose()


@contextmanager
def looked_at(address: str) -> Iterator[Books]:
    """The restored books, with the same people in them."""
    books = Books.__new__(Books)
    books.context = books.open(address)
    yield books
    books.close()


def visits_in(books: Books) -> set[str]:
    return {visit for (visit,) in books.rows("SELECT visit_id FROM settlement")}


def everything_in(books: Books) -> dict[str, list[Any]]:
    tables = ("entry", "transfer", "settlement", "request", "personal_account", "person_span")
    return {table: sorted(books.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}


@contextmanager
def desks_at_work(place: Place, name: str) -> Iterator[list[str]]:
    """Somebody settles all the while; the list grows with every answer."""
    answered: list[str] = []
    stop = Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            place.settle(f"{name}-{number}-")
            answered.append(f"{name}-{number}-0")
            number += 1

    desk = Thread(target=work)
    desk.start()
    try:
        yield answered
    finally:
        stop.set()
        desk.join()


def test_books_restored_elsewhere_are_the_same_books_and_go_on(place: Place) -> None:
    place.settle("same", 3)
    path = place.backup("same")
    before = everything_in(place.books)
    owner, application = place.other()
    answer = put_back(owner, path)
    assert answer["counts"]["settlement"] == place.books.count("settlement")
    with looked_at(application) as restored:
        assert everything_in(restored) == before
        restored.prove()
        restored.settle(restored.visit("goes-on", str(PEOPLE[0].psn_no), DAY, 900, use=1))
        restored.prove()


def test_a_backup_taken_while_desks_write_is_whole(place: Place) -> None:
    with desks_at_work(place, "busy") as answered:
        while len(answered) < 5:
            Event().wait(0.01)
        before = set(answered)
        path = place.backup("busy")
        while len(answered) < len(before) + 3:
            Event().wait(0.01)
    owner, application = place.other()
    put_back(owner, path)
    with looked_at(application) as restored:
        assert before <= visits_in(restored) < visits_in(place.books)
        restored.prove()


def test_books_are_overwritten_only_when_told(place: Place) -> None:
    path = place.backup("told")
    there = place.books.count("settlement")
    owner, application = place.other()
    put_back(owner, path)
    with looked_at(application) as restored:
        restored.settle(restored.visit("later", str(PEOPLE[1].psn_no), DAY, 900, use=1))
        with pytest.raises(Refused) as refused:
            put_back(owner, path)
        assert refused.value.code == "restore/has-books"
        assert restored.count("settlement") == there + 1
        restored.close()
        put_back(owner, path, overwrite=True)
        assert restored.count("settlement") == there
        restored.prove()


def test_desks_that_were_at_work_go_on_with_the_restored_books(on_postgres: Place) -> None:
    """Their connections know the tables that were there before."""
    path = on_postgres.backup("under-desks")
    owner, application = on_postgres.other()
    put_back(owner, path)
    with looked_at(application) as desk:
        desk.settle(desk.visit("before-it", str(PEOPLE[1].psn_no), DAY, 900, use=1))
        put_back(owner, path, overwrite=True)
        desk.settle(desk.visit("after-it", str(PEOPLE[1].psn_no), DAY, 900, use=1))
        assert visits_in(desk) == visits_in(on_postgres.books) | {"after-it"}
        desk.prove()


def test_the_application_has_its_rights_as_soon_as_the_books_are_there(
    on_postgres: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = on_postgres.backup("rights")
    owner, application = on_postgres.other()

    def upgrade(_engine: Engine) -> bool:
        with looked_at(application) as desk:
            desk.settle(desk.visit("at-once", str(PEOPLE[1].psn_no), DAY, 900, use=1))
        return False

    monkeypatch.setattr("ledger.services.backups.restore.upgrade", upgrade)
    put_back(owner, path)
    with looked_at(application) as restored:
        assert "at-once" in visits_in(restored)


@contextmanager
def changed(path: Path, **said: Any) -> Iterator[Path]:
    """The same backup with other words in its manifest."""
    other = path.with_suffix(".changed")
    with zipfile.ZipFile(path) as read, zipfile.ZipFile(other, "w") as out:
        out.writestr("books", read.read("books"))
        out.writestr("manifest.json", json.dumps(json.loads(read.read("manifest.json")) | said))
    yield other
    other.unlink()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"sha256": "0" * 64}, "restore/damaged"),
        ({"revision": "ffffffffffff"}, "restore/newer-program"),
        ({"format": 2}, "restore/newer-program"),
        ({"database": "another"}, "restore/other-database"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused_and_changes_nothing(
    place: Place, said: dict[str, Any], code: str
) -> None:
    before = everything_in(place.books)
    path = place.folder / "fitting.gongji"
    if not path.exists():
        place.backup("fitting")
    owner, _ = place.other()
    with changed(path, **said) as other, pytest.raises(Refused) as refused:
        put_back(owner, other)
    assert refused.value.code == code
    assert everything_in(place.books) == before


def test_rows_that_are_missing_undo_the_whole_restore(place: Place) -> None:
    path = place.backup("missing")
    owner, application = place.other()
    put_back(owner, path)
    with zipfile.ZipFile(path) as archive:
        counts = json.loads(archive.read("manifest.json"))["counts"]
    more = counts | {"transfer": counts["transfer"] + 1}
    with changed(path, counts=more) as other, pytest.raises(Refused, match="行数") as refused:
        put_back(owner, other, overwrite=True)
    assert refused.value.code == "restore/damaged"
    with looked_at(application) as still:
        assert everything_in(still) == everything_in(place.books)
        still.prove()


def test_a_file_that_is_no_backup_or_was_cut_off_is_refused(on_sqlite: Place) -> None:
    path = on_sqlite.backup("cut")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    for file in (path, on_sqlite.folder / "nowhere"):
        with pytest.raises(Refused) as refused:
            put_back(on_sqlite.other()[0], file)
        assert refused.value.code == "restore/not-a-backup"


def test_a_byte_that_changed_on_the_disk_is_noticed(on_sqlite: Place) -> None:
    path = on_sqlite.backup("byte")
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)
    address, _ = on_sqlite.other()
    with pytest.raises(Refused) as refused:
        put_back(address, path)
    assert refused.value.code == "restore/damaged"
    assert not Path(address.removeprefix("sqlite:///")).exists()


def test_a_database_that_somebody_uses_is_not_replaced(on_sqlite: Place) -> None:
    path = on_sqlite.backup("used")
    address, _ = on_sqlite.other()
    put_back(address, path)
    with looked_at(address) as desk:
        desk.count("entry")
        with sqlite3.connect(address.removeprefix("sqlite:///")) as other:
            other.execute("SELECT count(*) FROM entry")
            with pytest.raises(Refused) as refused:
                put_back(address, path, overwrite=True)
        other.close()
    assert refused.value.code == "restore/in-use"


def test_tables_that_somebody_holds_are_not_waited_for_endlessly(on_postgres: Place) -> None:
    path = on_postgres.backup("held")
    owner, application = on_postgres.other()
    put_back(owner, path)
    with psycopg.connect(application) as holder:
        holder.execute("SELECT count(*) FROM entry")
        with pytest.raises(Refused) as refused:
            put_back(owner, path, overwrite=True)
    assert refused.value.code == "restore/in-use"
    with looked_at(application) as books:
        books.prove()


@pytest.mark.parametrize("there", [False, True])
def test_a_role_that_owns_nothing_restores_nothing(on_postgres: Place, there: bool) -> None:
    path = on_postgres.backup(f"not-the-owners-{there}")
    owner, application = on_postgres.other()
    if there:
        put_back(owner, path)
    with pytest.raises(Refused) as refused:
        put_back(application, path, overwrite=True)
    assert refused.value.code == "database/not-allowed"


def test_a_restore_that_finds_no_room_is_told(on_postgres: Place) -> None:
    path = on_postgres.backup("no-room")
    with (
        scratch_folders() as (beside, _),
        small_disk(beside.with_name("disk"), 260) as disk,
        a_server(disk) as server,
    ):
        with filled_up(disk, 1 << 20), pytest.raises(Refused) as refused:
            put_back(server.url(OWNER), path)
        assert refused.value.code == "database/disk-full"


def test_a_backup_never_overwrites_a_file_and_is_its_owners_alone(on_sqlite: Place) -> None:
    path = on_sqlite.backup("once")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused) as refused:
        backup(on_sqlite.books.context, path)
    assert refused.value.code == "backup/file-exists"


def test_a_backup_that_finds_no_room_leaves_nothing_behind(place: Place, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk, filled_up(disk, 8_192):
        with pytest.raises(Refused) as refused:
            backup(place.books.context, disk / "books.gongji")
        assert refused.value.code in ("backup/unwritable", "backup/failed")
        assert [file.name for file in disk.iterdir()] == ["balloon"]


def test_a_disk_for_reading_only_is_told(place: Place, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk, write_protected(disk):
        with pytest.raises(Refused, match="只读") as refused:
            backup(place.books.context, disk / "books.gongji")
        assert refused.value.code == "backup/unwritable"


def test_a_restore_onto_a_disk_for_reading_only_is_told(on_sqlite: Place, tmp_path: Path) -> None:
    path = on_sqlite.backup("protected")
    with small_disk(tmp_path / "disk", 8) as disk, write_protected(disk):
        with pytest.raises(Refused, match="只读") as refused:
            put_back(f"sqlite:///{disk}/other.db", path)
        assert refused.value.code == "restore/failed"


def test_missing_programs_are_named(
    on_postgres: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(backup_postgres, "shipped_programs", lambda: tmp_path)
    with pytest.raises(Refused, match="pg_dump") as refused:
        backup(on_postgres.books.context, tmp_path / "books.gongji")
    assert refused.value.code == "backup/programs-missing"


def test_a_restore_that_is_killed_leaves_the_books_that_were_there(place: Place) -> None:
    path = place.backup("before-the-kill")
    owner, application = place.other()
    put_back(owner, path)
    with looked_at(application) as books:
        books.settle(books.visit("since-then", str(PEOPLE[2].psn_no), DAY, 900, use=1))
        there = everything_in(books)
        books.close()
        errors = place.folder / "errors.txt"
        command = Command(owner, "restore", str(path), "--overwrite", errors=errors)
        while not place.restoring(owner) and command.alive:
            Event().wait(0.001)
        command.kill()
        assert command.end()[0] == -9
        assert everything_in(books) == there
        books.prove()
        books.close()
        put_back(owner, path, overwrite=True)
        assert "since-then" not in visits_in(books)
        books.prove()


def test_a_restore_says_how_far_it_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int]] = []

    @contextmanager
    def terminal(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
        assert not quiet
        yield lambda what, done, whole: told.append((what, done, whole))

    monkeypatch.setattr("api.cli.backup.progress_shown", terminal)
    path = place.backup("how-far")
    owner, _ = place.other()
    done = CliRunner().invoke(app, ["restore", str(path), "--db", owner])
    assert done.exit_code == 0, done.output
    stages = list(dict.fromkeys(what for what, _done, _whole in told))
    filled = [] if owner.startswith("sqlite") else [FILLING]
    assert stages == [CHECKING, *filled, COUNTING]
    whole = manifest_of(path).bytes
    for stage in (CHECKING, *filled):
        at = [done for what, done, _whole in told if what == stage]
        assert at == sorted(set(at))
        assert (stage, whole, whole) in told


def test_the_commands_say_what_they_did_and_what_they_proved(place: Place) -> None:
    path = place.folder / "commands.gongji"
    done = run("backup", str(path), "--json", "--db", place.books.address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["counts"]["entry"] == place.books.count("entry")
    owner, _ = place.other()
    done = run("restore", str(path), "--json", "--db", owner)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["verify"]["ok"] is True
    done = run("restore", str(path), "--db", owner)
    assert done.returncode == 1
    assert "restore/has-books" in done.stderr
