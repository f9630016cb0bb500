"""`gongji simulate`: settle a file of visits under any pack, without a database (试算)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from api.cli.common import JsonOption, answering, examples, print_json
from api.cli.progress import ProgressBar

if TYPE_CHECKING:
    from importers.visit_arrays import Kept, VisitArrays
    from importers.visit_files import VisitFile
    from ledger.benefits.compiled import Settled
    from ledger.benefits.simulation import Periods
    from ledger.core.errors import RowError
    from ledger.policy.pack import Pack
    from ledger.policy.values import OutpatientRules

RESULTS = ("act_pay_dedc", "hifp_pay", "psn_part_amt")
ENDINGS = (".csv", ".parquet")
_SHOWN_FAULTS = 20

EPILOG = examples(
    "gongji simulate visits.parquet --pack 420300 --out result.parquet",
    "gongji simulate visits.csv --pack 420300 --set deductible=300.00 --out result.csv",
    "gongji simulate visits.csv --pack my-packs/420500-yichang "
    "--set ratio.employed.3=0.55 --set annual_cap.retired=4000 --out result.parquet --json",
)

Advance = Callable[[int], object]
Stage = Callable[[str, "int | None"], Advance]
"""Begins a stage of the work of so many rows, if known; gives what to call after each part."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What `--json` prints. Money is text of yuan."""

    rows: int
    persons: int
    out: str
    inscp_scp_amt: str
    act_pay_dedc: str
    hifp_pay: str
    psn_part_amt: str
    not_pooled: dict[str, int]
    """Rows of each type of visit for which the pack does not let the fund pay."""
    pack: str
    version: str
    set: dict[str, str] = field(default_factory=dict)


class _Faults(Exception):
    """The file has faults; nothing was written."""

    def __init__(self, errors: list[RowError]) -> None:
        super().__init__()
        self.errors = errors


def simulate(
    visits: Annotated[
        Path,
        typer.Argument(
            metavar="VISITS",
            exists=True,
            dir_okay=False,
            help="就诊文件，.csv 或 .parquet，列 psn_no、psn_type（11 在职、12 退休）、setl_time、"
            "med_type、tier（1、2、3）、inscp_scp_amt（元）。 Visits to settle.",
        ),
    ],
    pack: Annotated[
        str, typer.Option("--pack", help="政策包：区划代码、名称或文件夹。 Area code or folder.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="RESULT",
            dir_okay=False,
            help="结果文件，.csv 或 .parquet：原样各行，加 act_pay_dedc、hifp_pay、psn_part_amt。",
        ),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="试改政策包的一个数值，可多次。"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """按任意政策包试算一个就诊文件，不用数据库。 Settle a file of visits under any pack.

    每个人按结算时间先后（同一时刻按文件中的先后）结算，每年 1 月 1 日重新累计。个人负担按
    政策范围内金额减统筹支付计。有错误的格子全部列出，此时不写结果文件。
    """
    from ledger.policy.loader import load_pack

    _check_endings(visits, out)
    overrides = _overrides(settings or [])
    with answering(as_json):
        loaded = load_pack(pack, overrides)
        try:
            with _stages() as stage:
                summary = run(visits, loaded, out, stage)
        except _Faults as found:
            _list_faults(found.errors, as_json)
    if as_json:
        print_json(asdict(summary))
    else:
        _print_summary(summary, loaded)


def run(visits: Path, pack: Pack, out: Path, stage: Stage) -> Summary:
    """Read, settle, write; raises `_Faults` before anything is written."""
    from exports.parquet_columns import footer_to_extend, write_more_columns
    from exports.visit_arrays import check_columns, write_visit_arrays
    from importers.visit_arrays import check_rest, rows_again
    from importers.visit_files import check_unchanged, file_state, open_visit_file

    state = file_state(visits)
    file = open_visit_file(visits)
    check_columns(out, file.schema)
    both_parquet = _is_parquet(visits) and _is_parquet(out)
    footer = footer_to_extend(visits) if both_parquet else None
    kept: Kept | None = [] if footer is None else None
    arrays, periods = _read(file, pack, stage("读取", file.rows), kept)
    settled, not_pooled = _settle(arrays, periods)
    person_part = arrays.in_scope - settled.pay
    computed = dict(zip(RESULTS, (settled.deductible, settled.pay, person_part), strict=True))
    check_unchanged(visits, state)
    advance = stage("写出", arrays.rows)
    if footer is None:
        write_visit_arrays(out, file.schema, rows_again(file, kept or []), computed, advance)
    else:
        check_rest(file)
        write_more_columns(out, visits, footer, computed, os.cpu_count() or 1, advance)
    return _summary(arrays, settled, not_pooled, pack, out)


def _read(
    file: VisitFile, pack: Pack, advance: Advance, kept: Kept | None
) -> tuple[VisitArrays, Periods]:
    """The visits and the rules of their days, or every fault of the file at once."""
    from importers.visit_arrays import Faults, heading_faults, read_visit_arrays
    from ledger.benefits.simulation import (
        periods_of,
        refuse_not_simulated,
        refuse_other_benefits,
    )

    if wrong := heading_faults(file, RESULTS):
        raise _Faults(wrong)
    faults = Faults()
    arrays = read_visit_arrays(file, faults, advance, kept)

    def rules_on(day: date) -> OutpatientRules:
        rules, *others = pack.benefits(day).values()
        refuse_not_simulated(rules, pack.account_use(day))
        for other in others:
            refuse_other_benefits(arrays.med_types, other.pooled_med_types)
        return rules

    periods = periods_of(arrays.days(), rules_on)
    faults.add_days("policy/not-in-force", arrays.day, periods.not_in_force)
    if errors := faults.in_order(file):
        raise _Faults(errors)
    return arrays, periods


def _settle(arrays: VisitArrays, periods: Periods) -> tuple[Settled, dict[str, int]]:
    """What the fund pays, and how many rows of which type it does not pay for."""
    from ledger.benefits.compiled import VisitColumns, pooled_amounts, settle_columns
    from ledger.benefits.compiled_shapes import settle_shaped_columns
    from ledger.benefits.kernel_rules import is_shaped

    pooled, rows = pooled_amounts(
        arrays.day, arrays.med_type, arrays.med_types, arrays.in_scope, periods
    )
    visits = VisitColumns(arrays.person, arrays.day, arrays.status, arrays.tier, pooled)
    threads = os.cpu_count() or 1
    if any(map(is_shaped, periods.rules)):
        settled = settle_shaped_columns(visits, arrays.time, periods, threads)
    else:
        settled = settle_columns(visits, arrays.time, arrays.per_day, periods, threads)
    counted = zip(arrays.med_types, rows, strict=True)
    return settled, {code: count for code, count in sorted(counted) if count}


def _summary(
    arrays: VisitArrays, settled: Settled, not_pooled: dict[str, int], pack: Pack, out: Path
) -> Summary:
    from ledger.core.money import yuan_text

    in_scope, pay = int(arrays.in_scope.sum()), int(settled.pay.sum())
    return Summary(
        rows=arrays.rows,
        persons=arrays.people,
        out=str(out),
        inscp_scp_amt=yuan_text(in_scope),
        act_pay_dedc=yuan_text(int(settled.deductible.sum())),
        hifp_pay=yuan_text(pay),
        psn_part_amt=yuan_text(in_scope - pay),
        not_pooled=not_pooled,
        pack=pack.code,
        version=pack.version,
        set=pack.overrides,
    )


def _check_endings(visits: Path, out: Path) -> None:
    for path, name in ((visits, "VISITS"), (out, "--out")):
        if path.suffix.lower() not in ENDINGS:
            raise typer.BadParameter(
                f"“{path.name}”应以 .csv 或 .parquet 结尾；Excel 文件请另存为 CSV", param_hint=name
            )
    if not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"没有文件夹 {out.parent}", param_hint="--out")


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _overrides(settings: list[str]) -> dict[str, str]:
    pairs = [setting.partition("=") for setting in settings]
    for key, equals, _ in pairs:
        if not (key.strip() and equals):
            raise typer.BadParameter(
                f"“{key}{equals}”应写作 KEY=VALUE，例如 deductible=300.00", param_hint="--set"
            )
    return {key.strip(): value.strip() for key, _, value in pairs}


@contextmanager
def _stages() -> Iterator[Stage]:
    """A bar per stage for whoever looks at a terminal."""
    if not sys.stderr.isatty():
        yield lambda name, rows: lambda done: None
        return
    with ProgressBar() as bar:

        def stage(name: str, rows: int | None) -> Advance:
            so_far = 0

            def advance(done: int) -> None:
                nonlocal so_far
                so_far += done
                bar.tell(name, so_far, rows or 0)

            return advance

        yield stage


def _list_faults(errors: list[RowError], as_json: bool) -> NoReturn:
    if as_json:
        rows = len({error.row for error in errors})
        print_json({"rejected": rows, "errors": [error._asdict() for error in errors]})
    else:
        typer.echo(f"文件有 {len(errors)} 处错误，没有写结果：", err=True)
        for error in errors[:_SHOWN_FAULTS]:
            where = f"第 {error.row} 行 {error.column}".rstrip()
            typer.echo(f"  {where}：{error.message}（{error.code}）", err=True)
        if len(errors) > _SHOWN_FAULTS:
            typer.echo(f"  其余 {len(errors) - _SHOWN_FAULTS} 处请用 --json 查看", err=True)
    raise typer.Exit(1)


def _print_summary(summary: Summary, pack: Pack) -> None:
    lines = [
        f"政策包 {pack.code} {pack.name} · 版本 {summary.version}",
        *(f"  试改 {key}={value}" for key, value in summary.set.items()),
        f"就诊 {summary.rows:,} 次，{summary.persons:,} 人",
        f"政策范围内 {summary.inscp_scp_amt} 元，其中起付线 {summary.act_pay_dedc} 元",
        f"统筹支付 {summary.hifp_pay} 元，个人负担 {summary.psn_part_amt} 元",
    ]
    if summary.not_pooled:
        types = "、".join(f"{code}（{rows:,} 行）" for code, rows in summary.not_pooled.items())
        lines.append(f"不属于门诊统筹、统筹不支付的医疗类别：{types}")
    typer.echo("\n".join([*lines, f"结果 {summary.out}"]))
