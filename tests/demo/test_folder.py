"""The demo replaces what it made, and never touches what it did not make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.demo.folder import MANIFEST, DemoFolder
from ledger.core.errors import Refused

PLANNED = ("people.xlsx",)


def run(root: Path) -> DemoFolder:
    """A run that writes one file of each kind."""
    folder = DemoFolder(root, PLANNED)
    folder.database.write_text("a database")
    (folder.inputs / "people.xlsx").write_text("people")
    folder.output("month.xlsx").write_text("a workbook")
    return folder


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "gongji.db-wal").write_text("what a broken-off run left")
    folder = DemoFolder(tmp_path, PLANNED)
    assert not folder.database.exists()
    assert not (tmp_path / "gongji.db-wal").exists()
    assert not (tmp_path / "out" / "month.xlsx").exists()
    run(tmp_path)
    assert (tmp_path / "out" / "month.xlsx").exists()


def test_a_run_leaves_the_readers_own_files_alone(tmp_path: Path) -> None:
    run(tmp_path)
    notes = tmp_path / "out" / "my notes.txt"
    notes.write_text("mine")
    run(tmp_path)
    assert notes.read_text() == "mine"


def test_a_database_that_no_demo_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gongji.db").write_text("somebody's books")
    with pytest.raises(Refused) as refusal:
        DemoFolder(tmp_path, PLANNED)
    assert refusal.value.code == "demo/foreign-files"
    assert (tmp_path / "gongji.db").read_text() == "somebody's books"
    assert not (tmp_path / MANIFEST).exists()


def test_an_input_or_a_workbook_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "people.xlsx").write_text("real people")
    with pytest.raises(Refused):
        DemoFolder(tmp_path, PLANNED)
    (tmp_path / "in" / "people.xlsx").unlink()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "month.xlsx").write_text("somebody's month")
    with pytest.raises(Refused):
        run(tmp_path)
    assert (tmp_path / "out" / "month.xlsx").read_text() == "somebody's month"


def test_a_manifest_that_names_files_elsewhere_removes_none_of_them(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("not the demo's")
    root = tmp_path / "demo"
    root.mkdir()
    content = {"made_by": "gongji demo", "files": ["../outside.txt"]}
    (root / MANIFEST).write_text(json.dumps(content))
    DemoFolder(root, PLANNED)
    assert outside.exists()
