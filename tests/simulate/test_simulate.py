"""`gongji simulate` through its front door: a file in, a file or faults out."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from api.cli.simulate import simulate
from ledger.benefits.kernel import NEW_YEAR, add_to_year, settle_amounts
from ledger.benefits.kernel_rules import kernel_parameters
from ledger.core.money import fen_from_yuan, yuan_text
from ledger.policy.loader import load_pack

HEADING = ("psn_no", "psn_type", "setl_time", "med_type", "tier", "inscp_scp_amt")
RESULTS = ("act_pay_dedc", "hifp_pay", "psn_part_amt")

app = typer.Typer()
app.command()(simulate)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def write_csv(
    path: Path, rows: Sequence[Sequence[str]], heading: Sequence[str] = HEADING, **how: Any
) -> Path:
    with path.open("w", encoding=how.pop("encoding", "utf-8"), newline="") as file:
        csv.writer(file, **how).writerows([heading, *rows])
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def settled(path: Path, out: Path, *more: object) -> list[dict[str, str]]:
    """The rows of the result, as text."""
    result = run(path, "--pack", "420300", "--out", out, *more)
    assert result.exit_code == 0, result.output
    if out.suffix == ".csv":
        return read_csv(out)
    return [
        {name: str(cell) for name, cell in row.items()} for row in pq.read_table(out).to_pylist()
    ]


def results(rows: Sequence[dict[str, str]]) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in RESULTS) for row in rows]


def faults(path: Path, out: Path) -> list[tuple[int, str, str]]:
    """What is wrong with a file; nothing may have been written."""
    result = run(path, "--pack", "420300", "--out", out, "--json")
    assert result.exit_code == 1, result.output
    assert not out.exists()
    assert not list(out.parent.glob(f".{out.name}*"))
    errors = json.loads(result.stdout)["errors"]
    return [(error["row"], error["column"], error["code"]) for error in errors]


CHEN = ("4203001", "11", "2023-01-06 09:00:00", "11", "3", "400.00")


def test_visits_are_settled_in_order_of_time_and_written_in_order_of_the_file(
    tmp_path: Path,
) -> None:
    rows = [
        ("4203001", "11", "2023-03-01 08:00:00", "11", "2", "1000.01"),
        ("4203002", "12", "2023-01-01 00:00:00", "13", "1", "600.00"),
        CHEN,
    ]
    path = write_csv(tmp_path / "visits.csv", rows)
    given = settled(path, tmp_path / "out.csv")
    assert [tuple(row[name] for name in HEADING) for row in given] == rows
    assert results(given) == [
        ("100.00", "585.01", "415.00"),
        ("500.00", "90.00", "510.00"),
        ("400.00", "0.00", "400.00"),
    ]


def test_ties_are_settled_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [(*CHEN[:4], tier, "500.00") for tier in ("1", "3", "1")]
    given = settled(write_csv(tmp_path / "v.csv", rows), tmp_path / "o.csv")
    assert [row["hifp_pay"] for row in given] == ["0.00", "250.00", "400.00"]


def test_every_year_begins_with_nothing_used(tmp_path: Path) -> None:
    rows = [
        (*CHEN[:2], time, "11", "1", "600.00")
        for time in ("2023-12-31 23:59:59", "2024-01-01 00:00:00")
    ]
    given = settled(write_csv(tmp_path / "v.csv", rows), tmp_path / "o.csv")
    assert results(given) == [("500.00", "80.00", "520.00")] * 2


def test_types_that_the_pack_does_not_pool_pay_nothing_and_use_no_deductible(
    tmp_path: Path,
) -> None:
    rows = [(*CHEN[:3], med_type, "1", "600.00") for med_type in ("41", "51", "14", "2101", "11")]
    path, out = write_csv(tmp_path / "v.csv", rows), tmp_path / "o.csv"
    answer = json.loads(run(path, "--pack", "420300", "--out", out, "--json").stdout)
    assert answer["not_pooled"] == {"14": 1, "2101": 1, "41": 1, "51": 1}
    assert results(read_csv(out)) == [
        *[("0.00", "0.00", "600.00")] * 4,
        ("500.00", "80.00", "520.00"),
    ]


def test_json_says_the_totals(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "v.csv", [CHEN, CHEN, ("4203002", *CHEN[1:])])
    out = tmp_path / "o.csv"
    answer = json.loads(run(path, "--pack", "420300", "--out", out, "--json").stdout)
    pack = load_pack("420300")
    assert answer == {
        "rows": 3,
        "persons": 2,
        "out": str(out),
        "inscp_scp_amt": "1200.00",
        "act_pay_dedc": "900.00",
        "hifp_pay": "150.00",
        "psn_part_amt": "1050.00",
        "not_pooled": {},
        "pack": pack.code,
        "version": pack.version,
        "set": {},
    }


def test_set_tries_another_value_of_the_pack(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "v.csv", [CHEN])
    out = tmp_path / "o.csv"
    given = settled(path, out, "--set", "deductible=100", "--set", "ratio.employed.3=0.70")
    assert results(given) == [("100.00", "210.00", "190.00")]
    answer = json.loads(
        run(path, "--pack", "420300", "--out", out, "--json", "--set", "deductible=100").stdout
    )
    assert answer["set"] == {"outpatient.deductible": "100"}
    assert answer["version"] != load_pack("420300").version


def test_a_pack_may_be_a_folder(tmp_path: Path) -> None:
    packs = Path(__file__).parents[1] / "data" / "packs"
    rows = [(*CHEN[:4], "2", "1000.00")]
    out = tmp_path / "o.csv"
    result = run(write_csv(tmp_path / "v.csv", rows), "--pack", packs / "changsha", "--out", out)
    assert result.exit_code == 0, result.output
    assert results(read_csv(out)) == [("200.00", "480.00", "520.00")]


SPELLINGS = (
    "2023-01-06 09:00:00",
    "20230106090000",
    "2023/01/06 9:00",
    "2023-1-6T09:00:00",
    "2023年1月6日 9:00",
    "2023-01-06 09:00:00.000",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_times_are_read_in_the_spellings_of_files(tmp_path: Path, spelling: str) -> None:
    rows = [(*CHEN[:2], time, "11", "1", "500.00") for time in ("2023-01-06 09:00:01", spelling)]
    given = settled(write_csv(tmp_path / "v.csv", rows), tmp_path / "o.csv")
    assert [row["hifp_pay"] for row in given] == ["400.00", "0.00"]


@pytest.mark.parametrize("amount", ["400", "400.0", "400.00", "400.000", " 400.00 ", "￥400.00"])
def test_amounts_are_read_in_the_spellings_of_files(tmp_path: Path, amount: str) -> None:
    given = settled(write_csv(tmp_path / "v.csv", [(*CHEN[:5], amount)]), tmp_path / "o.csv")
    assert results(given) == [("400.00", "0.00", "400.00")]


def test_other_columns_commas_and_quotes_are_kept(tmp_path: Path) -> None:
    heading = ("note", *HEADING, "序号")
    rows = [('他说"好"，a,b', *CHEN, "001"), ("一行\n两行", *CHEN, ""), ("", *CHEN, "3")]
    path = write_csv(tmp_path / "v.csv", rows, heading)
    given = settled(path, tmp_path / "o.csv")
    assert [tuple(row[name] for name in heading) for row in given] == rows
    assert list(given[0]) == [*heading, *RESULTS]


def test_a_file_in_gb18030_with_tabs_is_read(tmp_path: Path) -> None:
    heading = (*HEADING, "备注")
    path = write_csv(
        tmp_path / "v.csv", [(*CHEN, "门诊")], heading, encoding="gb18030", delimiter="\t"
    )
    assert settled(path, tmp_path / "o.csv")[0]["备注"] == "门诊"


def test_a_byte_order_mark_is_no_part_of_a_heading(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "v.csv", [CHEN], encoding="utf-8-sig")
    assert list(settled(path, tmp_path / "o.csv")[0]) == [*HEADING, *RESULTS]


def test_persons_are_told_apart_by_their_text_without_the_spaces_around_it(
    tmp_path: Path,
) -> None:
    long = "4203" * 12
    people = ("007", "7", " 007", f"{long}1", f"{long}2", f"{long}1 ")
    rows = [(person, *CHEN[1:4], "1", "500.00") for person in people]
    path, out = write_csv(tmp_path / "v.csv", rows), tmp_path / "o.csv"
    answer = json.loads(run(path, "--pack", "420300", "--out", out, "--json").stdout)
    assert answer["persons"] == 4
    paid = ["0.00", "0.00", "400.00", "0.00", "0.00", "400.00"]
    assert [row["hifp_pay"] for row in read_csv(out)] == paid


def test_every_fault_is_listed_with_row_column_and_code_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    rows = [
        CHEN,
        ("", *CHEN[1:]),
        ("4203001", "21", "2023-02-30", "", "4", "12.345"),
        (*CHEN[:5], "-1.00"),
        (*CHEN[:5], "99999999999"),
        (*CHEN[:2], "2022-12-30 10:00:00", *CHEN[3:]),
        (*CHEN[:5], ""),
    ]
    path = write_csv(tmp_path / "v.csv", rows)
    assert faults(path, tmp_path / "o.csv") == [
        (3, "psn_no", "import/missing-value"),
        (4, "psn_type", "import/unknown-person-type"),
        (4, "setl_time", "value/not-a-day"),
        (4, "med_type", "import/missing-value"),
        (4, "tier", "import/unknown-tier"),
        (4, "inscp_scp_amt", "value/not-an-amount"),
        (5, "inscp_scp_amt", "simulate/negative-amount"),
        (6, "inscp_scp_amt", "simulate/amount-too-large"),
        (7, "setl_time", "policy/not-in-force"),
        (8, "inscp_scp_amt", "import/missing-value"),
    ]
    result = run(path, "--pack", "420300", "--out", tmp_path / "o.csv")
    assert "第 4 行 tier：医院级别“4”不是 1、2 或 3（import/unknown-tier）" in result.stderr


def test_rows_are_numbered_as_an_editor_numbers_lines(tmp_path: Path) -> None:
    good, bad = ",".join(CHEN), ",".join((*CHEN[:5], "x"))
    lines = [",".join(HEADING), good, "", f"{good},too many", bad, "", bad]
    path = tmp_path / "v.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert faults(path, tmp_path / "o.csv") == [
        (4, "", "import/wrong-number-of-cells"),
        (5, "inscp_scp_amt", "value/not-an-amount"),
        (7, "inscp_scp_amt", "value/not-an-amount"),
    ]


def test_missing_repeated_and_result_columns_are_named(tmp_path: Path) -> None:
    heading = ("psn_no", "psn_type", "med_type", "med_type", "hifp_pay", "inscp_scp_amt")
    path = write_csv(tmp_path / "v.csv", [CHEN], heading)
    assert faults(path, tmp_path / "o.csv") == [
        (1, "setl_time", "import/missing-column"),
        (1, "tier", "import/missing-column"),
        (1, "med_type", "import/repeated-column"),
        (1, "hifp_pay", "simulate/column-exists"),
    ]


def test_what_was_there_stays_when_a_file_has_faults(tmp_path: Path) -> None:
    out = tmp_path / "o.csv"
    out.write_text("before", encoding="utf-8")
    path = write_csv(tmp_path / "v.csv", [(*CHEN[:5], "x")])
    assert run(path, "--pack", "420300", "--out", out).exit_code == 1
    assert out.read_text(encoding="utf-8") == "before"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_without_rows_gives_a_result_without_rows(tmp_path: Path, ending: str) -> None:
    path = write_csv(tmp_path / "v.csv", [])
    out = tmp_path / f"o.{ending}"
    assert settled(path, out) == []
    names = pq.read_schema(out).names if ending == "parquet" else out.read_text().strip().split(",")
    assert names == [*HEADING, *RESULTS]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("v.csv", "--pack", "420300", "--out", "o.xlsx"), "o.xlsx"),
        (("v.csv", "--pack", "420300", "--out", "nowhere/o.csv"), "nowhere"),
        (("v.csv", "--pack", "420300", "--out", "o.csv", "--set", "deductible"), "KEY=VALUE"),
        (("none.csv", "--pack", "420300", "--out", "o.csv"), "none.csv"),
        (("v.csv", "--out", "o.csv"), "--pack"),
    ],
)
def test_wrong_usage_is_said_and_ends_with_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "v.csv", [CHEN])
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in "".join(result.stderr.split("│"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--pack", "999999"), "policy/unknown-pack"),
        (("--pack", "420300", "--set", "deductable=1"), "policy/bad-override"),
    ],
)
def test_a_pack_that_does_not_answer_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    path = write_csv(tmp_path / "v.csv", [CHEN])
    result = run(path, *arguments, "--out", tmp_path / "o.csv", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == code


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("v.parquet", b"psn_no,psn_type\n"),
        ("v.parquet", b""),
        ("v.csv", b"PK\x03\x04\xff\xff\xff"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    result = run(path, "--pack", "420300", "--out", tmp_path / "o.csv", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "import/unreadable"


def test_a_quotation_mark_that_is_never_closed_swallows_no_rows(tmp_path: Path) -> None:
    line = ",".join(CHEN)
    path = tmp_path / "v.csv"
    path.write_text(f'{",".join(HEADING)},note\n{line},a\n{line},"b\n{line},c\n')
    result = run(path, "--pack", "420300", "--out", tmp_path / "o.csv", "--json")
    assert json.loads(result.stdout)["error"]["code"] == "import/open-quote"
    assert "第 3 行" in result.stdout


# Parquet: the same answers for every type that a column may have.

ROWS = 3_000


def many() -> dict[str, list[Any]]:
    """Visits of a hundred people and one who comes every day, over the turn of a year."""
    random = Random(420300)
    start = datetime(2023, 10, 1)
    people = [random.choice([0, random.randrange(1, 100)]) for _ in range(ROWS)]
    return {
        "psn_no": [420300000000 + who for who in people],
        "psn_type": [12 if who % 4 == 0 else 11 for who in people],
        "setl_time": [
            start + timedelta(seconds=random.randrange(180) * 86_400 // 2) for _ in people
        ],
        "med_type": [random.choice([11, 11, 11, 13, 41]) for _ in people],
        "tier": [random.randrange(1, 4) for _ in people],
        "inscp_scp_amt": [Decimal(random.randrange(60_000)) / 100 for _ in people],
    }


def as_table(columns: dict[str, list[Any]]) -> pa.Table:
    amounts = pa.array(columns["inscp_scp_amt"], pa.decimal128(16, 2))
    whole = {name: pa.array(cells) for name, cells in columns.items() if name != "inscp_scp_amt"}
    return pa.table({**whole, "inscp_scp_amt": amounts})


def expected(columns: dict[str, list[Any]]) -> list[tuple[str, ...]]:
    """By the plain kernel, visit by visit, sorted by person and time with ties as they came."""
    pack = load_pack("420300")
    answers: dict[int, tuple[str, ...]] = {}
    years: dict[tuple[int, int], Any] = {}
    for i in sorted(range(ROWS), key=lambda i: columns["setl_time"][i]):
        person, kind, time, med_type, tier, yuan = (columns[name][i] for name in HEADING)
        in_scope = fen_from_yuan(f"{yuan:.2f}")
        year = years.get((person, time.year), NEW_YEAR)
        rules = kernel_parameters(pack.outpatient(time.date()))
        paid_for = in_scope if med_type in (11, 13) else 0
        amounts = settle_amounts(rules, year, kind - 11, tier, paid_for)
        years[person, time.year] = add_to_year(year, amounts)
        parts = (amounts[0], amounts[-1], in_scope - amounts[-1])
        answers[i] = tuple(yuan_text(part) for part in parts)
    return [answers[i] for i in range(ROWS)]


def text(table: pa.Table, name: str, kind: Any = None) -> pa.Table:
    return with_type(table, name, kind or pa.string())


def with_type(table: pa.Table, name: str, kind: Any) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, name, table[name].cast(kind))


def in_utc(table: pa.Table) -> pa.Table:
    """The same instants with a zone: 08:00 in Shanghai is midnight UTC."""
    times = [
        time.replace(tzinfo=UTC) - timedelta(hours=8) for time in table["setl_time"].to_pylist()
    ]
    place = table.column_names.index("setl_time")
    return table.set_column(place, "setl_time", pa.array(times, pa.timestamp("us", "UTC")))


VARIANTS = {
    "as it is": lambda table: table,
    "all text": lambda table: table.cast(pa.schema([(name, pa.string()) for name in HEADING])),
    "large text": lambda table: text(table, "psn_no", pa.large_string()),
    "text amounts": lambda table: text(table, "inscp_scp_amt"),
    "double amounts": lambda table: with_type(table, "inscp_scp_amt", pa.float64()),
    "finer decimals": lambda table: with_type(table, "inscp_scp_amt", pa.decimal128(30, 6)),
    "wide decimals": lambda table: with_type(table, "inscp_scp_amt", pa.decimal256(40, 2)),
    "times in nanoseconds": lambda table: with_type(table, "setl_time", pa.timestamp("ns")),
    "times in milliseconds": lambda table: with_type(table, "setl_time", pa.timestamp("ms")),
    "times with a zone": in_utc,
    "short whole numbers": lambda table: with_type(table, "tier", pa.int8()),
    "doubles for codes": lambda table: with_type(table, "psn_type", pa.float64()),
    "dictionaries": lambda table: with_type(
        text(table, "med_type"), "med_type", pa.dictionary(pa.int8(), pa.string())
    ),
    "sorted": lambda table: table.sort_by([("psn_no", "ascending"), ("setl_time", "ascending")]),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_parquet_columns_of_any_fitting_type_give_the_same_answers(
    tmp_path: Path, variant: str
) -> None:
    columns = many()
    numbered = as_table(columns).append_column("row", pa.array(range(ROWS)))
    table = VARIANTS[variant](numbered.drop_columns("row") if variant == "all text" else numbered)
    path, out = tmp_path / "v.parquet", tmp_path / "o.parquet"
    pq.write_table(table, path, row_group_size=700)
    result = run(path, "--pack", "420300", "--out", out)
    assert result.exit_code == 0, result.output
    given = pq.read_table(out)
    assert given.select(table.column_names).equals(table)
    assert given.schema.field("hifp_pay").type == pa.decimal128(16, 2)
    answers = results([{k: str(v) for k, v in row.items()} for row in given.to_pylist()])
    order = given["row"].to_pylist() if "row" in given.column_names else range(ROWS)
    whole = expected(columns)
    assert answers == [whole[i] for i in order]


def test_whole_yuan_are_amounts_too(tmp_path: Path) -> None:
    table = as_table({name: cells[:3] for name, cells in many().items()})
    table = table.set_column(5, "inscp_scp_amt", pa.array([600, 0, 1], pa.int32()))
    path, out = tmp_path / "v.parquet", tmp_path / "o.csv"
    pq.write_table(table, path)
    assert [row["inscp_scp_amt"] for row in settled(path, out)] == ["600", "0", "1"]


def test_parquet_to_csv_writes_times_and_amounts_as_people_do(tmp_path: Path) -> None:
    path, out = tmp_path / "v.parquet", tmp_path / "o.csv"
    table = as_table({name: cells[:1] for name, cells in many().items()})
    pq.write_table(table.append_column("day", pa.array([date(2023, 5, 1)])), path)
    (row,) = settled(path, out)
    assert row["setl_time"] == f"{many()['setl_time'][0]:%Y-%m-%d %H:%M:%S}"
    assert row["day"] == "2023-05-01"
    assert row["inscp_scp_amt"] == f"{many()['inscp_scp_amt'][0]:.2f}"


@pytest.mark.parametrize("cells", [[["a", "b"]], [{"a": 1}], [b"\xff\xfe"]])
def test_a_column_that_no_csv_can_hold_is_named(tmp_path: Path, cells: list[Any]) -> None:
    path, out = tmp_path / "v.parquet", tmp_path / "o.csv"
    table = as_table({name: cells[:1] for name, cells in many().items()})
    pq.write_table(table.append_column("notes", pa.array(cells)), path)
    result = run(path, "--pack", "420300", "--out", out, "--json")
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error["code"] == "export/not-for-csv"
    assert error["message"].startswith("notes 列")
    assert list(tmp_path.iterdir()) == [path]
    out = tmp_path / "o.parquet"
    assert run(path, "--pack", "420300", "--out", out).exit_code == 0
    assert pq.read_table(out)["notes"].to_pylist() == cells


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_result_that_cannot_be_written_is_refused(tmp_path: Path, ending: str) -> None:
    path = write_csv(tmp_path / "v.csv", [CHEN])
    out = tmp_path / f"{'o' * (254 - len(ending))}.{ending}"
    result = run(path, "--pack", "420300", "--out", out, "--json")
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error["code"] == "export/unwritable"
    assert error["message"].startswith(f"无法写入 {tmp_path}")
    assert list(tmp_path.iterdir()) == [path]


OTHER_TYPES = {
    "bytes": pa.array([b"a", None, b"c"]),
    "days": pa.array([date(2023, 5, 1), None, date(1901, 1, 1)]),
    "durations": pa.array([timedelta(1), None, timedelta(-1)]),
    "small whole numbers": pa.array([-1, None, 1], pa.int8()),
    "large whole numbers": pa.array([0, None, (1 << 64) - 1], pa.uint64()),
    "doubles": pa.array([0.1, None, -1e300]),
    "truths": pa.array([True, None, False]),
    "decimals": pa.array([Decimal("-0.5"), None, Decimal("9.5")], pa.decimal128(18, 1)),
    "long decimals": pa.array([Decimal(-1), None, Decimal(10**30)], pa.decimal128(38, 0)),
    "nothing": pa.nulls(3),
}


def test_columns_of_any_type_stay_as_they_are_in_parquet(tmp_path: Path) -> None:
    table = as_table({name: cells[:3] for name, cells in many().items()})
    for name, cells in OTHER_TYPES.items():
        table = table.append_column(name, cells)
    path, out = tmp_path / "v.parquet", tmp_path / "o.parquet"
    pq.write_table(table, path)
    assert run(path, "--pack", "420300", "--out", out).exit_code == 0
    given = pq.read_table(out).select(table.column_names)
    assert given.schema.equals(pq.read_schema(path))
    assert given.equals(pq.read_table(path))


def test_csv_to_parquet_keeps_the_input_as_text(tmp_path: Path) -> None:
    path, out = write_csv(tmp_path / "v.csv", [CHEN]), tmp_path / "o.parquet"
    (row,) = settled(path, out)
    assert tuple(row[name] for name in HEADING) == CHEN
    assert pq.read_schema(out).field("tier").type == pa.string()


def test_empty_and_inexact_cells_of_parquet_are_faults(tmp_path: Path) -> None:
    columns = {name: cells[:5] for name, cells in many().items()}
    table = as_table({name: [None, *cells[1:]] for name, cells in columns.items()})
    amounts = pa.array([None, 1.0, 0.125, 1e300, float("nan")])
    path = tmp_path / "v.parquet"
    pq.write_table(table.set_column(5, "inscp_scp_amt", amounts), path)
    assert faults(path, tmp_path / "o.parquet") == [
        *((1, name, "import/missing-value") for name in HEADING),
        (3, "inscp_scp_amt", "value/not-an-amount"),
        (4, "inscp_scp_amt", "value/not-an-amount"),
        (5, "inscp_scp_amt", "import/missing-value"),
    ]


def test_a_column_of_another_kind_is_a_fault_in_every_row(tmp_path: Path) -> None:
    table = as_table({name: cells[:2] for name, cells in many().items()})
    path = tmp_path / "v.parquet"
    pq.write_table(table.set_column(2, "setl_time", pa.array([True, False])), path)
    assert [fault[0] for fault in faults(path, tmp_path / "o.parquet")] == [1, 2]
