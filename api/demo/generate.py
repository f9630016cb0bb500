"""All input files into one folder, and the truth about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from api.demo import contribution_files, family_files, roster_files, visit_files
from api.demo.cast import Cast, choose_cast
from api.demo.numbers import IdentityNumbers
from api.demo.sheets import Sheet, Written, write_csv, write_xlsx
from api.demo.visits import Visit, make_visits
from api.demo.world import FEBRUARY, JANUARY, MARCH, MONTHS, World, make_world
from ledger.core.months import Month

SEED = 420300

INPUT_NAMES = (
    "providers.csv",
    "people.xlsx",
    "contributions-2023-01.xlsx",
    "families.xlsx",
    "visits-2023-01.csv",
    "people-changes-2023-02.xlsx",
    "contributions-2023-02.xlsx",
    "visits-2023-02.csv",
    "people-changes-2023-03.xlsx",
    "contributions-2023-03.csv",
    "contributions-late-2023-03.csv",
    "visits-2023-03.csv",
    "visits-2023-03-pharmacies.xlsx",
)
"""Every input file, in the order in which they arrive and are imported."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file: what kind it is, in which month it arrives, and what is truly in it."""

    name: str
    kind: str
    arrives: Month
    rows: int
    faults: dict[int, str]
    """Row as Excel numbers it -> what is wrong there."""
    repeats: int

    @property
    def accepted(self) -> int:
        return self.rows - len(self.faults)


@dataclass(frozen=True, slots=True)
class Truth:
    """What the generator knows about its files; the demo is checked against it."""

    seed: int
    files: tuple[InputFile, ...]
    cast: Cast
    world: World
    visits: dict[Month, list[Visit]]

    def arriving(self, month: Month) -> tuple[InputFile, ...]:
        """The files of one month, in the order in which they are to be imported."""
        return tuple(file for file in self.files if file.arrives == month)


_Writer = Callable[[Path, Sheet], Written]

_GB18030: _Writer = partial(write_csv, encoding="gb18030")
_WITH_BOM: _Writer = partial(write_csv, encoding="utf-8-sig")
_TABS: _Writer = partial(write_csv, encoding="utf-8", delimiter="\t")


class _Folder:
    """Writes one file after another and keeps what was written."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.files: list[InputFile] = []

    def add(self, name: str, kind: str, arrives: Month, sheet: Sheet, write: _Writer) -> None:
        written = write(self._directory / name, sheet)
        self.files.append(
            InputFile(name, kind, arrives, written.rows, written.faults, written.repeats)
        )


def write_inputs(directory: Path, seed: int = SEED) -> Truth:
    """Write every input file into `directory` (made if missing), replacing files of the same
    name. The same seed gives the same bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    rng = Random(seed)
    world = make_world(rng)
    cast = choose_cast(rng, world)
    visits = make_visits(rng, world, cast)
    folder = _Folder(directory)
    _roster(folder, rng, world, cast)
    _months(folder, rng, world, cast)
    _visits(folder, rng, world, visits)
    order = {name: i for i, name in enumerate(IMPORT_ORDER)}
    files = sorted(folder.files, key=lambda file: (file.arrives, order[file.kind]))
    return Truth(seed, tuple(files), cast, world, visits)


IMPORT_ORDER = ("providers", "people", "contributions", "families", "visits")
"""Within a month: who must be known before whom."""


def _roster(folder: _Folder, rng: Random, world: World, cast: Cast) -> None:
    numbers = IdentityNumbers(rng)
    providers = roster_files.providers_sheet(world.providers)
    folder.add("providers.csv", "providers", JANUARY, providers, _GB18030)
    people = roster_files.people_sheet(rng, numbers, world, cast)
    folder.add("people.xlsx", "people", JANUARY, people, write_xlsx)
    families = family_files.families_sheet(rng, numbers, world)
    folder.add("families.xlsx", "families", JANUARY, families, write_xlsx)
    for month, sheet in (
        (FEBRUARY, roster_files.february_changes(rng, world, cast)),
        (MARCH, roster_files.march_changes(rng, world, cast)),
    ):
        folder.add(f"people-changes-{month}.xlsx", "people", month, sheet, write_xlsx)


def _months(folder: _Folder, rng: Random, world: World, cast: Cast) -> None:
    for month in MONTHS:
        sheet = contribution_files.month_sheet(rng, world, cast, month)
        ending, write = ("csv", _GB18030) if month == MARCH else ("xlsx", write_xlsx)
        folder.add(f"contributions-{month}.{ending}", "contributions", month, sheet, write)
    late = contribution_files.late_sheet(rng, world, cast)
    folder.add(f"contributions-late-{MARCH}.csv", "contributions", MARCH, late, _TABS)


def _visits(folder: _Folder, rng: Random, world: World, visits: dict[Month, list[Visit]]) -> None:
    writers = {JANUARY: _WITH_BOM, FEBRUARY: _GB18030, MARCH: _TABS}
    by_hand = [visit for visit in visits[MARCH] if visit.provider.is_pharmacy]
    for month in MONTHS:
        by_program = [v for v in visits[month] if month != MARCH or not v.provider.is_pharmacy]
        sheet = visit_files.month_sheet(rng, world, by_program, month)
        folder.add(f"visits-{month}.csv", "visits", month, sheet, writers[month])
    pharmacies = visit_files.pharmacy_sheet(rng, by_hand)
    folder.add(f"visits-{MARCH}-pharmacies.xlsx", "visits", MARCH, pharmacies, write_xlsx)
