"""`gongji premium`: premiums paid from accounts (个人账户代缴保费)."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.common import (
    ActorOption,
    AmountOrAllOption,
    DbOption,
    DryRunOption,
    JsonOption,
    PackOption,
    ReasonOption,
    RequestOption,
    a_day,
    answering,
    examples,
    opened,
    parsed,
    print_json,
    table,
    tell,
)

YearOption = Annotated[
    int,
    typer.Option("--year", min=1990, max=9998, help="参保年度。 Year that is insured."),
]
app = typer.Typer(
    help="用个人账户代缴保费：缴纳、列出、划出。 Premiums from the account.", no_args_is_help=True
)


@app.command(
    "pay",
    epilog=examples(
        "gongji premium pay 4203000000000001 --for 420324198808255607 --kind 城乡居民医保 "
        "--year 2024 --amount 380.00 --on 2023-10-08",
    ),
)
def pay(
    holder: Annotated[str, typer.Argument(help="账户所有人。 Holder of the account.")],
    kind: Annotated[str, typer.Option("--kind", help="险种，如 长期护理保险。 Which insurance.")],
    year: YearOption,
    amount: Annotated[str, typer.Option("--amount", help="金额（元）。 Yuan.")],
    on: Annotated[str, typer.Option("--on", help="缴费日期。 Day.")],
    insured: Annotated[
        str | None, typer.Option("--for", help="被保险人，默认本人。 Insured; default the holder.")
    ] = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """代缴一人一年的保费（205）。 Pay a premium for the holder or a linked relative."""
    from ledger.core.money import fen_from_yuan

    fen, day = parsed(fen_from_yuan, amount), parsed(a_day, on)
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.accounts.premiums import pay_premium

        answer = pay_premium(
            context, holder, insured or holder, kind, year, fen, day, request_id, dry_run
        )
        words = f"已为{answer['insured']}代缴 {year} 年{kind} {answer['amount']} 元"
        tell(answer, words, dry_run, as_json)


@app.command(
    "list", epilog=examples("gongji premium list --from 2023-10-01 --to 2023-12-31 --json")
)
def list_paid(
    start: Annotated[str, typer.Option("--from", help="起始日。 First day.")],
    last: Annotated[str, typer.Option("--to", help="终止日（含）。 Last day.")],
    person: Annotated[str | None, typer.Option("--person", help="只看此人。 Of a payer.")] = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出代缴的保费和尚未划出的金额。 Premiums paid, and what waits to be paid over."""
    first, until = parsed(a_day, start), parsed(a_day, last)
    if first > until:
        raise typer.BadParameter("起始日晚于终止日。 The first day is after the last.")
    with answering(as_json), opened(db) as context:
        from ledger.services.accounts.premiums import list_premiums

        answer = list_premiums(context, first, until, person)
        if as_json:
            print_json(answer)
            return
        keys = ["on", "holder", "insured", "kind", "year", "amount", "given_back_on"]
        names = ["日期", "账户所有人", "被保险人", "险种", "年度", "金额", "退回"]
        rows = [[str(row[key] or "") for key in keys] for row in answer["premiums"]]
        table(f"代缴 {answer['total']} 元，待划出 {answer['waiting']} 元", names, rows)


@app.command(
    "pay-over",
    epilog=examples(
        "gongji premium pay-over --on 2023-10-31",
        "gongji premium pay-over --on 2023-10-31 --amount 380.00 --request-id po-1",
    ),
)
def pay_over(
    on: Annotated[str, typer.Option("--on", help="划出日期。 Day.")],
    amount: AmountOrAllOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """把代缴的保费从支出户划给相应基金。 Move the cash to the other funds."""
    from ledger.core.money import fen_from_yuan

    day = parsed(a_day, on)
    fen = parsed(fen_from_yuan, amount) if amount else None
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.accounts.premiums_cash import pay_over as move

        answer = move(context, day, fen, request_id, dry_run)
        words = f"已划出 {answer['amount']} 元，待划出 {answer['waiting']} 元"
        tell(answer, words, dry_run, as_json)


@app.command(
    "give-back",
    epilog=examples(
        "gongji premium give-back 420324198808255607 --kind 城乡居民医保 --year 2024 "
        "--on 2023-11-02 --reason 重复参保",
    ),
)
def give_back(
    insured: Annotated[str, typer.Argument(help="被保险人。 Insured.")],
    kind: Annotated[str, typer.Option("--kind", help="险种。 Which insurance.")],
    year: YearOption,
    on: Annotated[str, typer.Option("--on", help="退回日期。 Day.")],
    reason: ReasonOption,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """代缴的保费退回原账户、原年度资金。 Give a premium back to the account that paid it."""
    day = parsed(a_day, on)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.accounts.premiums_back import give_back as take_back

        answer = take_back(context, insured, kind, year, day, reason, request_id, dry_run)
        tell(answer, f"已退回 {year} 年{kind} {answer['amount']} 元", dry_run, as_json)


@app.command(
    "receive-back",
    epilog=examples("gongji premium receive-back --on 2023-11-20 --amount 380.00"),
)
def receive_back(
    on: Annotated[str, typer.Option("--on", help="到账日期。 Day.")],
    amount: AmountOrAllOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """已划出又退回的保费，由其他基金退回支出户。 Cash comes back from the other funds."""
    from ledger.core.money import fen_from_yuan

    day = parsed(a_day, on)
    fen = parsed(fen_from_yuan, amount) if amount else None
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.accounts.premiums_cash import receive_back as receive

        answer = receive(context, day, fen, request_id, dry_run)
        words = f"已收回 {answer['amount']} 元，待划出 {answer['waiting']} 元"
        tell(answer, words, dry_run, as_json)
