"""The folders are the architecture: imports go down only, two boxes on a line are strangers.

api                  cli/  rest/  wiring.py              every way in
importers | exports                                      files to values | values to files
---------------------------------------------------------------------------------------
ledger.services                                          verbs; one transaction each
ledger.storage                                           the only SQL
ledger.journalizing | ledger.reports                     decision to entry | entries to report
ledger.books | ledger.benefits                           accounting | statutes
               ledger.policy                             dated values with citations
ledger.core                                              money, months, ids, people, errors
"""

from __future__ import annotations

import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, Import, Module, imports_of, none, plant, read_modules

CORE, POLICY, BENEFITS, BOOKS = "ledger.core", "ledger.policy", "ledger.benefits", "ledger.books"
JOURNALIZING, REPORTS = "ledger.journalizing", "ledger.reports"
STORAGE, SERVICES = "ledger.storage", "ledger.services"

RULES_AND_BOOKS = {CORE, POLICY, BENEFITS, BOOKS}
BELOW_STORAGE = RULES_AND_BOOKS | {JOURNALIZING, REPORTS}

# A box -> the boxes it may import, besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "ledger": set(),  # Python runs it before ledger.core.money: it must load nothing.
    CORE: set(),
    POLICY: {CORE},
    BENEFITS: {CORE, POLICY},
    BOOKS: {CORE},
    JOURNALIZING: RULES_AND_BOOKS,
    REPORTS: RULES_AND_BOOKS,
    STORAGE: BELOW_STORAGE,
    SERVICES: BELOW_STORAGE | {STORAGE},
    "importers": {CORE, POLICY, BENEFITS},
    "exports": {CORE, REPORTS},
    "api": BELOW_STORAGE | {"ledger", STORAGE, SERVICES, "importers", "exports"},
}
PURE = {CORE, POLICY, BENEFITS, BOOKS, JOURNALIZING, REPORTS}

DATABASE = {"sqlite3", "sqlalchemy", "sqlmodel", "alembic", "psycopg"}
WEB = {"fastapi", "starlette", "uvicorn", "httpx", "http", "urllib", "socket", "ssl", "asyncio"}
FILES = {"json", "csv", "tomllib", "pickle", "zipfile", "os", "pathlib", "io", "tempfile", "shutil"}
WORLD = {"time", "logging", "random", "subprocess", "threading", "multiprocessing"}
TERMINAL = {"typer", "rich", "click", "argparse"}

# Outside modules that a box may not import. The pure boxes may import no library at all.
CLOSED: dict[str, set[str]] = {
    **dict.fromkeys(PURE, DATABASE | WEB | FILES | WORLD | TERMINAL),
    STORAGE: WEB | TERMINAL | {"time", "random", "logging"},
    SERVICES: WEB | TERMINAL | {"time", "random", "logging"},
    "importers": DATABASE | WEB | TERMINAL | {"time", "random", "logging"},
    "exports": DATABASE | WEB | TERMINAL | {"time", "random", "logging"},
}

# (module, outside module): why it may. A line that nothing needs any more is a fault too.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("ledger.policy.nodes", "yaml"): "packs are YAML, read as text, with the line of every key",
    ("ledger.policy.*", "pathlib"): "packs are folders, shipped with the code or of a city's own",
    ("ledger.policy.*", "json"): "the canonical text of a pack, whose hash is its version",
    ("ledger.benefits.compiled", "numba"): "the kernel's second speed: same source, compiled",
    ("ledger.benefits.compiled", "numpy"): "arrays of visits, when a whole city is settled",
    ("ledger.benefits.compiled_shapes", "numpy"): "the same, for rules that count in windows",
    ("ledger.benefits.working_days", "chinese_calendar"): "days off and moved weekends, by year",
    ("ledger.storage.database.ports", "socket"): "asks for a free port on loopback",
    ("ledger.storage.database.embedded_postgres", "time"): "waits for a server that recovers",
    ("ledger.services.carry_out", "time"): "pauses before it tries again what lost a race",
    ("ledger.services.carry_out", "random"): "those that lost together do not come back together",
    ("ledger.benefits.visit_order", "numpy"): "the order of those arrays: by person and time",
}

# Not to be loaded by `gongji --help`, which answers within 0.3 s.
HEAVY = ("pandas", "numpy", "numba", "pyarrow", "sqlalchemy", "sqlmodel", "fastapi", "alembic")


def box_of(name: str) -> str:
    """The box a module of ours stands in."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "ledger" else parts[0]


def layer_faults(modules: dict[str, Module]) -> list[str]:
    """Every import of ours that does not go down."""
    faults = []
    for module in modules.values():
        box = box_of(module.name)
        if box not in MAY_IMPORT:
            faults.append(f"{module.name}: {box} is no box of the architecture")
            continue
        for found in imports_of(module, modules):
            target = box_of(found.module)
            if target not in MAY_IMPORT or target == box:
                continue
            if target not in MAY_IMPORT[box]:
                faults.append(f"{module.name}:{found.line} imports {found.module}: not below {box}")
    return faults


def edge_faults(modules: dict[str, Module]) -> list[str]:
    """Ways in that know each other: the command line may start the API, never the reverse."""
    return [
        f"{module.name}:{found.line} imports {found.module}: another way in"
        for module in modules.values()
        for found in imports_of(module, modules)
        if module.name.startswith("api.")
        and found.module.startswith("api.cli")
        and not module.name.startswith("api.cli")
    ]


def outside_faults(modules: dict[str, Module], exceptions: dict[tuple[str, str], str]) -> list[str]:
    """Imports of databases, web, file formats, logs, clocks where none may be."""
    faults, used = [], set()
    for module in modules.values():
        box = box_of(module.name)
        for found in imports_of(module, modules):
            if not _is_closed(box, found):
                continue
            key = _exception_for(module, found, exceptions)
            if key is None:
                faults.append(f"{module.name}:{found.line} imports {found.module}: {box} may not")
            used.add(key)
    unused = [f"exception without need: {key}" for key in exceptions if key not in used]
    return faults + unused


def _is_closed(box: str, found: Import) -> bool:
    top = found.module.split(".")[0]
    if box_of(found.module) in MAY_IMPORT:
        return False
    foreign = box in PURE and top not in sys.stdlib_module_names
    return foreign or top in CLOSED.get(box, set())


def _exception_for(
    module: Module, found: Import, exceptions: dict[tuple[str, str], str]
) -> tuple[str, str] | None:
    top = found.module.split(".")[0]
    for pattern, library in exceptions:
        if fnmatch(module.name, pattern) and library == top:
            return pattern, library
    return None


def circles(modules: dict[str, Module]) -> list[str]:
    """Modules that import each other, however far around; each circle once."""
    graph = {
        name: {found.module for found in imports_of(module, modules)} & modules.keys() - {name}
        for name, module in modules.items()
    }
    found, done = [], set()

    def walk(name: str, path: list[str]) -> None:
        if name in path:
            found.append(" -> ".join([*path[path.index(name) :], name]))
            return
        if name in done:
            return
        for target in sorted(graph[name]):
            walk(target, [*path, name])
        done.add(name)

    for name in sorted(graph):
        walk(name, [])
    return found


def test_imports_go_down_only() -> None:
    none(layer_faults(read_modules()))


def test_the_api_does_not_know_the_command_line() -> None:
    none(edge_faults(read_modules()))


def test_no_two_modules_import_each_other() -> None:
    none(circles(read_modules()))


def test_the_middle_has_no_database_no_web_no_file_no_log_and_no_clock() -> None:
    none(outside_faults(read_modules(), EXCEPTIONS))


@pytest.mark.parametrize(
    ("loaded", "unwanted"),
    [
        ("api.cli.main", HEAVY),
        # The driver of PostgreSQL is for whoever has one.
        (
            "ledger.services.visits.import_visits, ledger.services.visits.settle_visit, "
            "ledger.services.crediting.credit_month, ledger.services.books.read",
            ("psycopg",),
        ),
    ],
)
def test_nothing_heavy_is_loaded_where_it_is_not_needed(
    loaded: str, unwanted: tuple[str, ...]
) -> None:
    code = f"import sys, {loaded}; print(*[m for m in {unwanted!r} if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert answer.stderr == ""
    assert answer.stdout.split() == []


@pytest.mark.parametrize(
    ("path", "source", "words"),
    [
        (
            "ledger/core/money.py",
            "import ledger.services.crediting.credit_month",
            "not below ledger.core",
        ),
        ("ledger/books/entry.py", "from ledger.benefits import kernel", "not below ledger.books"),
        ("ledger/benefits/family.py", "from ..books import entry", "not below ledger.benefits"),
        ("ledger/reports/a.py", "from ledger.journalizing.b import c", "not below ledger.reports"),
        ("importers/people.py", "from ledger.storage import tables", "not below importers"),
        ("importers/people.py", "import exports.workbook", "not below importers"),
        ("exports/a.py", "def f():\n    from ledger.services import read", "not below exports"),
        ("ledger/__init__.py", "from ledger.core import money", "not below ledger"),
        ("ledger/helpers/a.py", "", "no box"),
    ],
)
def test_a_planted_import_upwards_is_found(
    tmp_path: Path, path: str, source: str, words: str
) -> None:
    others = {
        "ledger/core/money.py": "",
        "ledger/benefits/kernel.py": "",
        "ledger/books/entry.py": "",
        "ledger/storage/tables.py": "",
        "ledger/services/crediting/credit_month.py": "",
    }
    faults = layer_faults(read_modules(plant(tmp_path, {**others, path: source})))
    assert len(faults) == 1
    assert words in faults[0]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("ledger/benefits/crediting.py", "import time"),
        ("ledger/benefits/crediting.py", "import numpy as np"),
        ("ledger/core/months.py", "import sqlite3"),
        ("ledger/books/entry.py", "from logging import getLogger"),
        ("ledger/journalizing/a.py", "def f():\n    import json"),
        ("importers/people.py", "import sqlalchemy.orm"),
        ("exports/workbook.py", "from fastapi import Response"),
        ("ledger/services/settle.py", "import time"),
    ],
)
def test_a_planted_library_is_found(tmp_path: Path, path: str, source: str) -> None:
    modules = read_modules(plant(tmp_path, {path: source}))
    assert len(outside_faults(modules, {})) == 1


def test_an_exception_holds_for_its_module_and_is_a_fault_when_not_needed(tmp_path: Path) -> None:
    modules = read_modules(plant(tmp_path, {"ledger/policy/loader.py": "import yaml"}))
    assert outside_faults(modules, {("ledger.policy.loader", "yaml"): "packs are YAML"}) == []
    assert outside_faults(modules, {("ledger.policy.values", "yaml"): "?"}) != []


def test_a_planted_circle_is_found(tmp_path: Path) -> None:
    tree = {
        "ledger/books/a.py": "from ledger.books import b",
        "ledger/books/b.py": "def f():\n    from . import c",
        "ledger/books/c.py": "import ledger.books.a",
    }
    found = circles(read_modules(plant(tmp_path, tree)))
    assert found == ["ledger.books.a -> ledger.books.b -> ledger.books.c -> ledger.books.a"]


def test_a_planted_way_from_the_api_to_the_command_line_is_found(tmp_path: Path) -> None:
    tree = {"api/cli/main.py": "", "api/rest/app.py": "from api.cli import main"}
    assert len(edge_faults(read_modules(plant(tmp_path, tree)))) == 1
