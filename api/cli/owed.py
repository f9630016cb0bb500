"""`gongji owed`: what people owe the fund (待追回) — list, show, book, repay, write off."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.common import (
    ActorOption,
    AsOfOption,
    DayOption,
    DbOption,
    DryRunOption,
    JsonOption,
    MemoOption,
    PackOption,
    PersonArgument,
    ReasonOption,
    RequestOption,
    answering,
    day_or_today,
    examples,
    opened,
    parsed,
    print_json,
    table,
    tell,
)

app = typer.Typer(
    help="待追回：账龄表、登记、缴回、核销。 Money that people owe the fund.", no_args_is_help=True
)


def _cause(text: str) -> Any:
    from ledger.benefits.debts import CAUSE_NAMES

    for cause, name in CAUSE_NAMES.items():
        if text in (cause.value, name):
            return cause
    known = "、".join(f"{cause.value} {name}" for cause, name in CAUSE_NAMES.items())
    raise ValueError(f"没有这种原因；可选 {known}")


@app.command(
    "list",
    epilog=examples(
        "gongji owed list", "gongji owed list --as-of 2023-12-31 --csv", "gongji owed list --json"
    ),
)
def list_owed(
    as_of: AsOfOption = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="输出 CSV。 As CSV.")] = False,
    db: DbOption = None,
    pack: PackOption = None,
    as_json: JsonOption = False,
) -> None:
    """待追回账龄表：逐笔列出尚欠金额。 Open debts by age."""
    day = day_or_today(as_of)
    with answering(as_json), opened(db, pack) as context:
        from ledger.core.money import yuan_text
        from ledger.services.books import reporting

        with reporting.opened(context, "owed", as_of=day) as report:
            rows = [_row(report, debt) for debt in report.debts]
            if as_json:
                print_json(
                    {
                        "as_of": day.isoformat(),
                        "owed": yuan_text(sum(debt.open_fen for debt in report.debts)),
                        "bands": [
                            band._asdict() | {"open": yuan_text(band.open_fen)}
                            for band in report.totals()
                        ],
                        "debts": [dict(zip(FIELDS, row, strict=True)) for row in rows],
                    }
                )
            elif as_csv:
                _write_csv(rows)
            else:
                shown = [list(FIELDS).index(name) for name in SHOWN]
                headings = [FIELDS[name] for name in SHOWN]
                short = [[row[place] for place in shown] for row in rows]
                table(f"待追回账龄表（截至 {day}）", headings, short)
                totals = [
                    [band.name, str(band.people), str(band.debts), yuan_text(band.open_fen)]
                    for band in report.totals()
                ]
                table("账龄汇总", ["账龄", "人数", "笔数", "尚欠"], totals)


FIELDS = {
    "psn_no": "人员编号",
    "name": "姓名",
    "certno": "证件号码",
    "band": "账龄",
    "happened_on": "发生日期",
    "kind": "类别",
    "cause": "原因",
    "benefit_month": "所属期",
    "amount": "待追回",
    "settled": "已追回",
    "open": "尚欠",
}


SHOWN = ("psn_no", "name", "band", "happened_on", "cause", "open")
"""What fits a terminal; files have all of `FIELDS`."""


def _row(report: Any, debt: Any) -> list[str]:
    from ledger.books.kinds import kind_name
    from ledger.core.money import yuan_text
    from ledger.core.months import Month

    month = debt.benefit_month
    return [
        debt.psn_no,
        debt.name,
        debt.certno,
        report.bands[debt.band],
        debt.happened_on.isoformat(),
        kind_name(debt.kind),
        debt.cause,
        "" if month is None else str(Month.from_number(month)),
        yuan_text(debt.amount_fen),
        yuan_text(debt.settled_fen),
        yuan_text(debt.open_fen),
    ]


def _write_csv(rows: list[list[str]]) -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(FIELDS.values())
    writer.writerows(rows)


@app.command("show", epilog=examples("gongji owed show 4203000000000001 --as-of 2023-06-30"))
def show(
    person: PersonArgument,
    as_of: AsOfOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """一个人的待追回款及其追回情况。 One person's debts, and what settled them."""
    day = day_or_today(as_of)
    with answering(as_json), opened(db) as context:
        from ledger.services.debts.owed_list import owed_of

        answer = owed_of(context, person, day)
        if as_json:
            print_json(answer)
            return
        keys = ["happened_on", "name", "cause_name", "benefit_month", "amount", "settled", "open"]
        names = ["发生日期", "类别", "原因", "所属期", "待追回", "已追回", "尚欠"]
        rows = [[str(debt[key] or "") for key in keys] for debt in answer["debts"]]
        table(f"{answer['psn_name']}：截至 {day} 尚欠 {answer['owed']} 元", names, rows)
        keys = ["happened_on", "name", "amount", "memo"]
        rows = [[str(item[key]) for key in keys] for item in answer["settled"]]
        table("追回、缴回与核销", ["日期", "类别", "金额", "摘要"], rows)


@app.command(
    "book",
    epilog=examples(
        "gongji owed book 4203000000000001 --cause after_death --settlement 577000000000000001",
        "gongji owed book 4203000000000001 --cause mistake --pool 120.00 --on 2023-03-01 "
        "--memo 重复录入",
    ),
)
def book(
    person: PersonArgument,
    cause: Annotated[
        str,
        typer.Option(
            "--cause",
            help="after_death 死亡后 | mistake 错付 | twice 重复 | not_insured 不在待遇期 | "
            "fraud 骗取 | resettled 重新结算。 Cause.",
        ),
    ],
    settlement: Annotated[
        int | None, typer.Option("--settlement", help="结算编号。 The settlement.")
    ] = None,
    pool: Annotated[
        str, typer.Option("--pool", help="统筹基金错付金额（元）。 The pool's part.")
    ] = "0",
    account: Annotated[
        str, typer.Option("--account", help="个人账户错付金额（元）。 The account's part.")
    ] = "0",
    on: DayOption = None,
    memo: MemoOption = "",
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """登记待追回：按结算编号，或直接写金额。 Book that a person owes money."""
    from ledger.core.money import fen_from_yuan

    why, day = parsed(_cause, cause), day_or_today(on)
    pool_fen, account_fen = parsed(fen_from_yuan, pool), parsed(fen_from_yuan, account)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.debts.owed import book_debt

        answer = book_debt(
            context, person, why, day, pool_fen, account_fen, settlement, memo, request_id, dry_run
        )
        _tell(answer, as_json, dry_run, "已登记待追回")


@app.command(
    "repay",
    epilog=examples("gongji owed repay 4203000000000001 50.00 --on 2023-05-10 --request-id R-1"),
)
def repay(
    person: PersonArgument,
    amount: Annotated[str, typer.Argument(help="金额（元）。 Yuan.")],
    on: DayOption = None,
    memo: MemoOption = "",
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """本人缴回待追回款，存入支出户。 A person pays back in cash."""
    from ledger.core.money import fen_from_yuan

    fen, day = parsed(fen_from_yuan, amount), day_or_today(on)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.debts.owed import repay as take_back

        answer = take_back(context, person, fen, day, memo, request_id, dry_run)
        _tell(answer, as_json, dry_run, "已缴回")


@app.command(
    "write-off",
    epilog=examples("gongji owed write-off 4203000000000001 12.00 --reason 死亡且无遗产"),
)
def write_off(
    person: PersonArgument,
    amount: Annotated[str, typer.Argument(help="金额（元）。 Yuan.")],
    reason: ReasonOption,
    on: DayOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """提出核销，由另一人批准（gongji proposals approve）。 Propose a write-off."""
    from ledger.core.money import fen_from_yuan, yuan_text

    fen, day = parsed(fen_from_yuan, amount), day_or_today(on)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.debts.owed import propose_write_off

        answer = propose_write_off(context, person, fen, day, reason, request_id, dry_run)
        words = f"已提出核销 {yuan_text(fen)} 元，提案 {answer['proposal_id']}，待另一人批准"
        tell(answer, words, dry_run, as_json)


def _tell(answer: dict[str, Any], as_json: bool, dry_run: bool, done: str) -> None:
    tell(answer, f"{done} {answer['amount']} 元，尚欠 {answer['owed']} 元", dry_run, as_json)
