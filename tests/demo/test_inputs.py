"""The synthetic city is what the issue asks for, and its files hold what the truth says."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random

import openpyxl
import pytest
from stdnum.cn import ric

from api.demo.generate import INPUT_NAMES, Truth
from api.demo.numbers import COUNTIES, IdentityNumbers, check_digit
from api.demo.sheets import Formula, Line, Sheet, write_csv, write_xlsx
from api.demo.world import MONTHS, PEOPLE
from ledger.core.people import Plan, Status

Inputs = tuple[Path, Truth]

ENCODINGS = {
    "providers.csv": "gb18030",
    "contributions-2023-03.csv": "gb18030",
    "contributions-late-2023-03.csv": "utf-8",
    "visits-2023-01.csv": "utf-8-sig",
    "visits-2023-02.csv": "gb18030",
    "visits-2023-03.csv": "utf-8",
}


def rows_of(path: Path) -> list[list[object]]:
    """Every row of a file, so that rows[0] is the row that Excel calls 1."""
    if path.suffix == ".xlsx":
        # From memory: openpyxl would keep the file open.
        content = io.BytesIO(path.read_bytes())
        sheet = openpyxl.load_workbook(content, read_only=True, data_only=True).worksheets[0]
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    text = path.read_bytes().decode(ENCODINGS[path.name])
    delimiter = "\t" if "\t" in text.splitlines()[0] else ","
    return [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)]


def test_every_identity_number_is_well_formed_and_used_once(inputs: Inputs) -> None:
    world = inputs[1].world
    numbers = [who.certno for who in (*world.people, *world.children)]
    assert len(set(numbers)) == len(numbers)
    for number in numbers[::7]:
        # Not the birthplace: python-stdnum refuses a county in years before it was founded.
        assert ric.calc_check_digit(number) == number[17]
        assert 1936 <= ric.get_birth_date(number).year <= 2021


def test_check_digit_of_the_two_synthetic_numbers_of_the_conventions_page() -> None:
    assert check_digit("42030219900101001") == "5"
    assert check_digit("42030319900307002") == "6"


def test_a_number_has_an_odd_order_for_men_and_an_even_one_for_women() -> None:
    numbers = IdentityNumbers(Random(1))
    for female in (True, False):
        number = numbers.new(date(1990, 2, 3), female)
        assert (int(number[16]) % 2 == 0) is female


def test_the_city_has_the_size_that_the_issue_names(inputs: Inputs) -> None:
    world = inputs[1].world
    first = [person for person in world.people if person.joined == MONTHS[0]]
    assert len(first) == PEOPLE == 5000
    assert sum(person.status is Status.RETIRED for person in first) == 1250
    flexible = Counter(person.plan for person in first if person.employed and person.unit is None)
    assert flexible[Plan.COMBINED] > 200
    assert flexible[Plan.POOL_ONLY] > 200
    assert len(world.units) == len({person.unit.number for person in first if person.unit}) == 60
    assert len(world.providers) == 40
    assert {provider.tier for provider in world.providers} == {0, 1, 2, 3, None}
    assert {person.county for person in first} == set(COUNTIES)
    assert {provider.county for provider in world.providers} == set(COUNTIES)


def test_twenty_five_thousand_visits_stand_beside_stays_and_refunds(inputs: Inputs) -> None:
    visits = [visit for month in MONTHS for visit in inputs[1].visits[month]]
    kinds = Counter("refund" if visit.is_refund else visit.med_type for visit in visits)
    assert kinds["11"] + kinds["13"] + kinds["41"] == 25_000
    assert kinds["21"] == 25
    assert kinds["refund"] == 70
    assert len({visit.visit_id for visit in visits}) == len(visits)


def test_some_refunds_come_in_a_later_month(inputs: Inputs) -> None:
    visits = [visit for month in MONTHS for visit in inputs[1].visits[month]]
    by_id = {visit.visit_id: visit for visit in visits}
    later = 0
    for visit in visits:
        if visit.is_refund:
            original = by_id[str(visit.original)]
            assert visit.parts == original.parts.negative()
            assert visit.at > original.at
            later += visit.at.month > original.at.month
    assert later >= 15


def test_pharmacies_sell_with_and_without_an_outside_prescription(inputs: Inputs) -> None:
    bought = [v for month in MONTHS for v in inputs[1].visits[month] if v.med_type == "41"]
    with_prescription = sum(visit.prescriber is not None for visit in bought)
    assert 1000 < with_prescription < len(bought) - 1000


def test_children_without_insurance_visit_on_their_relatives_accounts(inputs: Inputs) -> None:
    truth = inputs[1]
    children = {child.certno for child in truth.world.children}
    visits = [v for month in MONTHS for v in truth.visits[month] if v.certno in children]
    assert len(visits) > 200
    assert {visit.use for visit in visits} == {2}
    holders = Counter(link.user.certno for link in truth.world.links)
    assert sum(count > 1 for count in holders.values()) > 20


def test_each_file_holds_as_many_data_rows_as_the_truth_says(inputs: Inputs) -> None:
    folder, truth = inputs
    for file in truth.files:
        rows = rows_of(folder / file.name)
        heading = next(i for i, row in enumerate(rows) if sum(map(bool, row)) > 6)
        data = [
            row
            for row in rows[heading + 1 :]
            if any(cell not in (None, "") for cell in row) and row[0] not in ("合计", "小计")
        ]
        assert (file.name, len(data)) == (file.name, file.rows)


def test_the_files_carry_every_habit_of_the_samples(inputs: Inputs) -> None:
    folder, truth = inputs
    assert (folder / "visits-2023-01.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    people = rows_of(folder / "people.xlsx")
    assert [cell for cell in people[0] if cell] == ["十堰市职工基本医疗保险参保人员名册"]
    assert people[-1][0] == "合计"
    assert sum(all(cell is None for cell in row) for row in people) == 1
    damaged = [
        row for row, fault in _faults(truth, "people.xlsx") if fault == "identity-is-a-number"
    ]
    assert damaged
    for row in damaged:
        # A number that once was an identity number: openpyxl and calamine give an int or a float.
        assert not isinstance(people[row - 1][3], str)
    contributions = rows_of(folder / "contributions-2023-01.xlsx")
    months = {str(row[5]) for row in contributions[3:]}
    assert {"2023-01", "202301", "2023年1月", "2023/01"} <= months
    texts = "".join(str(row[7]) for row in contributions if isinstance(row[7], str))
    assert "¥" in texts
    assert "元" in texts
    assert "," in texts


def _faults(truth: Truth, name: str) -> list[tuple[int, str]]:
    return next(sorted(file.faults.items()) for file in truth.files if file.name == name)


@pytest.mark.parametrize(
    "fault",
    [
        "wrong-check-digit", "identity-is-a-number", "impossible-birthday", "duplicate-identity",
        "unknown-person-type", "account-part-wrong", "no-such-month", "negative-base",
        "unknown-person", "relation-not-allowed", "holder-is-user", "parts-do-not-add-up",
        "unknown-provider", "maternity", "same-id-other-content", "not-an-amount", "no-such-day",
        "refund-of-unknown", "bad-provider-code", "provider-expired", "partial-refund",
    ],
)  # fmt: skip
def test_each_fault_of_the_samples_occurs(inputs: Inputs, fault: str) -> None:
    assert any(fault in file.faults.values() for file in inputs[1].files)


def test_faults_are_few(inputs: Inputs) -> None:
    files = inputs[1].files
    assert 50 < sum(len(file.faults) for file in files) < 100
    assert sum(file.repeats for file in files) >= 4


def test_a_writer_tells_the_row_on_which_a_fault_landed(tmp_path: Path) -> None:
    lines = [
        Line(["a", Formula("=1+1", 2)]),
        Line([None, None], is_data=False),
        Line(["b", 3], fault="spoilt"),
    ]
    sheet = Sheet(("名称", "数"), lines, title="表", notes=("注",))
    for write, path in ((write_xlsx, tmp_path / "a.xlsx"), (_gb, tmp_path / "a.csv")):
        written = write(path, sheet)
        assert (written.rows, written.faults) == (2, {6: "spoilt"})
    assert rows_of(tmp_path / "a.xlsx")[5] == ["b", 3]
    assert (tmp_path / "a.csv").read_bytes().decode("gb18030").splitlines()[3] == "a,2"


def _gb(path: Path, sheet: Sheet) -> object:
    return write_csv(path, sheet, "gb18030")


def test_the_names_of_the_files_are_known_before_they_are_written(inputs: Inputs) -> None:
    assert tuple(file.name for file in inputs[1].files) == INPUT_NAMES
