"""Verbs of the books: init, credit, pay, fund, balance, statement, verify, close."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.ahead import AheadOption, refuse_far_ahead
from api.cli.common import (
    ActorOption,
    DayOption,
    DbOption,
    DryRunOption,
    JsonOption,
    KnownAtOption,
    MemoOption,
    OnOption,
    PackOption,
    PersonArgument,
    RequestOption,
    a_day,
    a_known_instant,
    answering,
    day_or_today,
    examples,
    opened,
    parsed,
    print_json,
    table,
    tell,
)

MonthArgument = Annotated[str, typer.Argument(help="月份 2023-01。 Month.")]


def init(
    pool: Annotated[
        str, typer.Option("--pool", help="统筹区代码或政策包文件夹。 Area code or pack folder.")
    ] = "420300",
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """建库：表结构、会计科目和统筹区设置；重复运行不改变任何内容。 Make the database."""
    from pathlib import Path

    folder = str(Path(pool).resolve()) if Path(pool).is_dir() else None
    with answering(as_json), opened(db, pool, create=True) as context:
        from ledger.services.initialise import initialise

        answer = initialise(context, folder)
        if as_json:
            print_json(answer)
        else:
            done = "已建立" if answer["changed"] else "已存在，未作改动"
            typer.echo(f"✓ {answer['name']}（{answer['pool']}）{done}")


def credit(
    month: MonthArgument,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    ahead: AheadOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """个人账户划账：把截至该月的应划补足到应有金额。 Credit every month up to MONTH."""
    from ledger.core.months import Month

    wanted = parsed(Month.parse, month)
    with answering(as_json), opened(db, pack, quiet=as_json, actor=actor) as context:
        from ledger.core.money import yuan_text
        from ledger.services.crediting.credit_month import credit_month

        refuse_far_ahead(month, wanted.last_day, ahead or dry_run)
        answer = credit_month(context, wanted, dry_run)
        if as_json:
            print_json(answer)
            return
        rows = [
            ["划入 credited", yuan_text(answer["credited_fen"])],
            ["退回 clawed back", yuan_text(answer["clawed_back_fen"])],
            ["待追回 owed", yuan_text(answer["owed_fen"])],
            ["抵扣 recovered", yuan_text(answer["recovered_fen"])],
            ["暂不划 withheld", yuan_text(answer["withheld_fen"])],
            ["人数 people", str(answer["people"])],
            ["差额 differences", str(answer["differences"])],
        ]
        table(f"{answer['month']} 划账{'（试算）' if dry_run else ''}", ["项目", "金额/人数"], rows)
        if answer["assumed"]:
            typer.echo("注：退休人员定额为假定值（【假定】crediting.retiree_flat）")


def pay(
    month: MonthArgument,
    provider: Annotated[
        str | None, typer.Argument(help="定点机构编号；不填须加 --all。 Provider code.")
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="拨付该月全部未拨机构。 Every unpaid provider.")
    ] = False,
    on: DayOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """拨付定点机构一个月的结算款，只付一次。 Pay a provider's month, once."""
    from ledger.core.months import Month

    wanted = parsed(Month.parse, month)
    paid_on = day_or_today(on)
    if (provider is None) != everybody:
        raise typer.BadParameter("请给出机构编号，或加 --all。 Give a provider, or --all.")
    if everybody and request_id:
        raise typer.BadParameter("--all 本身只付未拨的，不用请求号。 --all takes no request id.")
    with answering(as_json), opened(db, quiet=as_json, actor=actor) as context:
        from ledger.services.books.pay_provider import pay_all, pay_provider

        if provider is None:
            paid = pay_all(context, wanted, paid_on, dry_run)
        else:
            paid = [pay_provider(context, provider, wanted, paid_on, request_id, dry_run)]
        if as_json:
            print_json({"month": str(wanted), "paid": paid, "dry_run": dry_run})
            return
        keys = ["fixmedins_code", "fixmedins_name", "hifp_pay", "acct_pay", "paid", "carried"]
        names = ["机构编号", "机构名称", "统筹基金", "个人账户", "拨付", "结转"]
        table(
            f"{wanted} 拨付{'（试算）' if dry_run else ''}",
            names,
            [[item[key] for key in keys] for item in paid],
        )


def fund(
    to: Annotated[
        str, typer.Argument(help="fiscal（国库→财政专户）或 disbursement（财政专户→支出户）。")
    ],
    amount: Annotated[str, typer.Argument(help="金额（元）。 Yuan.")],
    on: DayOption = None,
    memo: MemoOption = "",
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """资金调拨：国库 → 财政专户 → 支出户。 Move money one step along."""
    from ledger.core.money import fen_from_yuan

    fen = parsed(fen_from_yuan, amount)
    day = day_or_today(on)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.books.move_funds import move_funds

        answer = move_funds(context, to, fen, day, request_id, memo, dry_run)
        tell(answer, f"{answer['from']} → {answer['to']} {answer['amount']} 元", dry_run, as_json)


def balance(
    person: PersonArgument,
    on: OnOption = None,
    known_at: KnownAtOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """查个人账户余额和本年起付线、限额：现在、截至某日、按某时刻所知。 Balance, deductible, cap."""
    from api.wiring import local_now

    of_day = parsed(a_day, on) if on else None
    instant = parsed(a_known_instant, known_at) if known_at else None
    with answering(as_json), opened(db) as context:
        from ledger.services.books.read import balance as read_balance

        day = of_day or local_now().date()
        answer = read_balance(context, person, day, of_day, instant)
        if as_json:
            print_json(answer)
            return
        names = {
            "psn_name": "姓名",
            "balc": "余额",
            "this_year": "其中本年",
            "carried": "其中历年",
            "available": "可用",
            "owed": "待追回",
            "deductible_used": "已计起付",
            "deductible_left": "起付差额",
            "pool_paid": "统筹已付",
            "cap_left": "限额剩余",
        }
        rows = [[name, str(answer[key])] for key, name in names.items()]
        table(
            f"{answer['psn_no'] or answer['certno']}（{answer['year']} 年）", ["项目", "值"], rows
        )
        if answer["late_bookings"]:
            typer.echo("注：按业务发生日计算；以下各笔补记时用的是该日以后到账的资金：")
        for line in answer["late_bookings"]:
            words = f"{line['happened_on']} {line['name']} {line['amount']}"
            typer.echo(f"    {words}（{line['booked_on']} 补记）")


def balances(
    on: OnOption = None,
    known_at: KnownAtOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """全部个人账户的户数和余额合计：现在、截至某日、按某时刻所知。 All accounts' balance."""
    from ledger.core.money import yuan_text

    day = parsed(a_day, on) if on else None
    instant = parsed(a_known_instant, known_at) if known_at else None
    with answering(as_json), opened(db, quiet=as_json) as context:
        from ledger.services.books.read import balance_of_everybody

        accounts, fen = balance_of_everybody(context, day, instant)
        if as_json:
            answer = {"on": on, "known_at": known_at, "accounts": accounts, "balc": yuan_text(fen)}
            print_json(answer)
        else:
            typer.echo(f"{accounts} 户，余额合计 {yuan_text(fen)} 元")


def statement(
    person: PersonArgument,
    start: Annotated[str | None, typer.Option("--from", help="起始日。 First day.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="终止日（含）。 Last day.")] = None,
    on: OnOption = None,
    known_at: KnownAtOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """个人账户对账单：分本年、历年，可截至某日、按某时刻所知。 Statement of an account."""
    from ledger.core.months import day_after

    first = parsed(a_day, start) if start else None
    ends = [parsed(a_day, day) for day in (last, on) if day]
    until = day_after(min(ends)) if ends else None
    if first and until and first >= until:
        raise typer.BadParameter("起始日晚于终止日。 The first day is after the last.")
    instant = parsed(a_known_instant, known_at) if known_at else None
    with answering(as_json), opened(db) as context:
        from ledger.services.books.read import statement as read_statement

        answer = read_statement(context, person, first, until, instant)
        if as_json:
            print_json(answer)
            return
        keys = ["happened_on", "national", "name", "benefit_month", "fixmedins_name", "amount"]
        keys += ["balance", "this_year", "carried", "booked_on"]
        rows = [[str(line[key] or "") for key in keys] for line in answer["lines"]]
        title = f"{answer['psn_name']}：期初 {answer['opening']}，期末 {answer['closing']}"
        headings = [
            "日期",
            "类型",
            "业务",
            "所属月",
            "机构",
            "金额",
            "余额",
            "本年",
            "历年",
            "补记",
        ]
        table(title, headings, rows)


def verify(db: DbOption = None, as_json: JsonOption = False) -> None:
    """从明细重新证明账簿的全部不变式。 Re-prove every invariant."""
    with answering(as_json), opened(db, quiet=as_json) as context:
        from ledger.services.books.verify import verify as prove

        answer = prove(context)
        if as_json:
            print_json(answer)
        else:
            print_proof(answer)
        if not answer["ok"]:
            raise typer.Exit(1)


def print_proof(answer: dict[str, Any]) -> None:
    """What `verify` found, for people."""
    if answer["ok"]:
        typer.secho(f"✓ {answer['checks']} 项核对全部相符", fg="green")
    for breach in answer["breaches"]:
        title = f"✗ [{breach['code']}] {breach['title']}：{breach['times']} 处不符"
        typer.secho(title, fg="red")
        for place in breach["where"]:
            typer.echo(f"    {place}")


def close(
    month: MonthArgument,
    actor: ActorOption = None,
    db: DbOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """结账：先列出未完事项，没有才锁定该月。 Lock a month, or list what is open."""
    from ledger.core.months import Month

    wanted = parsed(Month.parse, month)
    with answering(as_json), opened(db, quiet=as_json, actor=actor) as context:
        from ledger.services.books.close_month import close_month

        answer = close_month(context, wanted, dry_run)
        if as_json:
            print_json(answer)
        else:
            typer.secho(f"✓ {wanted} {'可以结账' if dry_run else '已结账'}", fg="green")


COMMANDS = (
    ("init", init, examples("gongji init", "gongji init --pool 420300 --db sqlite:///shiyan.db")),
    ("credit", credit, examples("gongji credit 2023-01", "gongji credit 2023-02 --dry-run --json")),
    (
        "pay",
        pay,
        examples(
            "gongji pay 2023-01 H42030200001 --on 2023-02-10",
            "gongji pay 2023-01 --all --on 2023-02-10 --dry-run",
        ),
    ),
    (
        "fund",
        fund,
        examples(
            "gongji fund fiscal 50000.00 --on 2023-01-25",
            "gongji fund disbursement 30000.00 --on 2023-01-26 --request-id 20230126-1",
        ),
    ),
    (
        "balance",
        balance,
        examples(
            "gongji balance 4203000000000001",
            "gongji balance 420302198409034374 --json",
            "gongji balance 4203000000000001 --on 2023-06-30",
            "gongji balance 4203000000000001 --on 2023-06-30 --known-at 2023-07-03T17:00",
        ),
    ),
    (
        "balances",
        balances,
        examples(
            "gongji balances",
            "gongji balances --on 2023-06-30 --json",
        ),
    ),
    (
        "statement",
        statement,
        examples(
            "gongji statement 4203000000000001",
            "gongji statement 4203000000000001 --known-at 2023-07-03T17:00",
            "gongji statement 4203000000000001 --from 2023-01-01 --to 2023-03-31 --json",
        ),
    ),
    ("verify", verify, examples("gongji verify", "gongji verify --db sqlite:///shiyan.db --json")),
    ("close", close, examples("gongji close 2023-01 --dry-run", "gongji close 2023-01")),
)
