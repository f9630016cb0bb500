"""`gongji transfer`: people who move to another pool or come from one (转移接续)."""

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
    RequestOption,
    answering,
    day_or_today,
    examples,
    opened,
    parsed,
    print_json,
    say,
    table,
    tell,
)

app = typer.Typer(
    help="转移接续：转出、转入、登记步骤、列出超期，与其他统筹区清算。 Moving between pools.",
    no_args_is_help=True,
)

PoolOption = Annotated[
    str, typer.Option("--pool", help="对方统筹区代码，6 位。 Code of the other pool.")
]


@app.command(
    "out",
    epilog=examples(
        "gongji transfer out 4203000000000001 --pool 420100 --on 2025-09-24",
        "gongji transfer out 4203000000000001 --pool 420100 --request-id T-1 --json",
    ),
)
def out(
    person: PersonArgument,
    pool: PoolOption,
    on: DayOption = None,
    memo: MemoOption = "",
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """受理转出申请；余额在登记“转出地办结”（moved_out）时划出。 Accept a transfer out."""
    _begin("out", person, pool, on, memo, actor, db, pack, request_id, dry_run, as_json)


@app.command(
    "in",
    epilog=examples(
        "gongji transfer in 4203000000000001 --pool 420100 --on 2025-09-24",
        "gongji transfer in 4203000000000001 --pool 110000 --dry-run --json",
    ),
)
def into(
    person: PersonArgument,
    pool: PoolOption,
    on: DayOption = None,
    memo: MemoOption = "",
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """受理转入申请；余额到账时（received）计入账户。 Accept a transfer in."""
    _begin("in", person, pool, on, memo, actor, db, pack, request_id, dry_run, as_json)


def _begin(
    direction: str,
    person: str,
    pool: str,
    on: str | None,
    memo: str,
    actor: str | None,
    db: str | None,
    pack: str | None,
    request_id: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    from ledger.benefits.pool_transfer import Direction

    day = day_or_today(on)
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.pools.pool_transfers import begin

        answer = begin(context, Direction(direction), person, pool, day, memo, request_id, dry_run)
        if as_json:
            print_json(answer | {"dry_run": dry_run})
        else:
            say(f"已受理，业务号 {answer['case_id']}", dry_run)
            _show_limits(answer)


@app.command(
    "step",
    epilog=examples(
        "gongji transfer step 897483939283046400 moved_out --on 2025-10-10",
        "gongji transfer step 897483939283046400 received --amount 1234.50 --json",
    ),
)
def step(
    case: Annotated[int, typer.Argument(help="业务号。 The case.")],
    name: Annotated[
        str,
        typer.Argument(
            help="moved_out 转出地办结、paid 余额划出、moved_in 转入地办结、"
            "received 余额到账计入、cancelled 终止。 The step."
        ),
    ],
    on: DayOption = None,
    amount: Annotated[
        str | None,
        typer.Option("--amount", help="转入：信息表所列或到账金额（元）。 Yuan."),
    ] = None,
    memo: MemoOption = "",
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """登记一个步骤；涉及资金的同时入账。 Enter a step; book what it moves."""
    from ledger.benefits.pool_transfer import Step
    from ledger.core.money import fen_from_yuan

    steps = [step.value for step in Step if step is not Step.ACCEPTED]
    if name not in steps:
        raise typer.BadParameter(f"没有步骤“{name}”；应为 {'、'.join(steps)} 之一")
    wanted, day = Step(name), day_or_today(on)
    fen = parsed(fen_from_yuan, amount) if amount else None
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.pools.pool_transfers import take_step

        answer = take_step(context, case, wanted, day, fen, memo, request_id, dry_run)
        if as_json:
            print_json(answer | {"dry_run": dry_run})
        else:
            say(f"{answer['psn_name']}：{answer['steps'][-1]['name']}", dry_run)
            _show_limits(answer)


def _show_limits(answer: dict[str, Any]) -> None:
    for limit in answer["limits"]:
        if limit["done_on"] is None:
            unsure = "" if limit["calendar_confirmed"] else "（节假日安排未公布，按双休日推算）"
            typer.echo(f"  {limit['name']}期限 {limit['due']}{unsure}")


@app.command(
    "list",
    epilog=examples(
        "gongji transfer list --late --as-of 2025-10-20",
        "gongji transfer list --person 4203000000000001 --json",
    ),
)
def list_cases(
    late: Annotated[
        bool, typer.Option("--late", help="只列超期未办结的。 Only what is late.")
    ] = False,
    as_of: AsOfOption = None,
    person: Annotated[str | None, typer.Option("--person", help="只看此人。 Of a person.")] = None,
    db: DbOption = None,
    pack: PackOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出转移接续业务及各步期限、超期的工作日数。 Cases, limits, working days late."""
    day = day_or_today(as_of)
    with answering(as_json), opened(db, pack) as context:
        from ledger.services.pools.pool_transfers import listing

        found = listing(context, day, late, person)
        if as_json:
            print_json({"as_of": day.isoformat(), "late_only": late, "cases": found})
            return
        names = ["业务号", "姓名", "往来", "受理", "待办步骤", "期限", "超期工作日"]
        table(f"转移接续（截至 {day}）", names, [row for case in found for row in _rows(case)])
        if not all(case["calendar_confirmed"] for case in found):
            typer.echo("注：带 * 的期限跨入节假日安排尚未公布的年份，按双休日推算")


def _rows(case: dict[str, Any]) -> list[list[str]]:
    """A row for each limit that runs; one for a case in which none does."""
    way = "转出至" if case["direction"] == "out" else "转自"
    head = [case["case_id"], case["psn_name"], f"{way}{case['pool']}", case["accepted_on"]]
    running = [
        [
            *head,
            f"{limit['name']}（{'本地' if limit['by'] == 'ours' else '对方'}）",
            limit["due"] + ("" if limit["calendar_confirmed"] else "*"),
            str(limit["late_working_days"]),
        ]
        for limit in case["limits"]
        if limit["done_on"] is None
    ]
    return running or [[*head, "已办结" if case["done"] else "办理中", "", "0"]]


@app.command(
    "clear",
    epilog=examples(
        "gongji transfer clear",
        "gongji transfer clear --pool 420100 --pay 1234.50 --on 2026-02-10",
        "gongji transfer clear --pool 420100 --receive 88.00 --request-id C-1 --json",
    ),
)
def clear(
    pool: Annotated[str | None, typer.Option("--pool", help="对方统筹区代码。 Other pool.")] = None,
    pay: Annotated[str | None, typer.Option("--pay", help="付出（元）。 Yuan paid.")] = None,
    receive: Annotated[
        str | None, typer.Option("--receive", help="收到（元）。 Yuan received.")
    ] = None,
    on: DayOption = None,
    memo: MemoOption = "",
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """与其他统筹区清算：付款、收款；不带金额则列出应付应收。 Settle with other pools."""
    from ledger.core.money import fen_from_yuan

    if pay and receive:
        raise typer.BadParameter("--pay 与 --receive 只能给一个。 One of the two.")
    if (pay or receive) and pool is None:
        raise typer.BadParameter("请用 --pool 指明对方统筹区。 Name the other pool.")
    day = day_or_today(on)
    fen = parsed(fen_from_yuan, pay or receive or "0")
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.pools.pool_clearing import balances, move_money

        if pool is not None and (pay or receive):
            way = "paid" if pay else "received"
            answer = move_money(context, pool, way, fen, day, memo, request_id, dry_run)
            tell(answer, f"{'付出' if pay else '收到'} {answer['amount']} 元", dry_run, as_json)
            return
        found = balances(context)
        if as_json:
            print_json({"pools": found})
        else:
            rows = [[row["pool"], row["owed"]] for row in found]
            table("跨统筹区清算", ["统筹区", "应付（负为应收）"], rows)
