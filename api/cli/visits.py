"""Verbs of a visit: quote, settle, reverse, explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.common import (
    ActorOption,
    DbOption,
    DryRunOption,
    JsonOption,
    PackOption,
    RequestOption,
    a_day,
    an_instant,
    answering,
    as_in_a_file,
    examples,
    opened,
    parsed,
    print_json,
    table,
)

if TYPE_CHECKING:
    from ledger.core.visits import VisitRecord
    from ledger.services.context import Context

VisitId = Annotated[str, typer.Option("--visit", help="就诊ID（mdtrt_id）。 Visit id.")]
Provider = Annotated[str, typer.Option("--provider", help="定点机构编号。 Provider code.")]
Person = Annotated[str, typer.Option("--person", help="人员编号或证件号码。 Person.")]
MedType = Annotated[str, typer.Option("--med-type", help="医疗类别 11/13/41…。 Kind of visit.")]
Time = Annotated[
    str | None, typer.Option("--time", help="结算时间 2023-01-06T09:00。 Settlement time.")
]
Total = Annotated[str, typer.Option("--total", help="医疗费总额（元）。 Total, yuan.")]
SelfPaid = Annotated[str, typer.Option("--self-paid", help="全自费金额。 Fully self-paid.")]
OverLimit = Annotated[str, typer.Option("--over-limit", help="超限价自费。 Over limit.")]
PaidFirst = Annotated[str, typer.Option("--paid-first", help="先行自付。 Paid first.")]
AccountUseOption = Annotated[
    int,
    typer.Option(
        "--account-use", min=0, max=2, help="个账使用标志 0 不用 1 本人 2 本人后共济。 0|1|2."
    ),
]
Prescriber = Annotated[
    str | None, typer.Option("--prescriber", help="外配处方医疗机构编号。 Prescribing hospital.")
]
Category = Annotated[
    str | None, typer.Option("--category", help="费用类别（第十四条禁止的不付）。 Fee category.")
]


Disease = Annotated[
    str | None, typer.Option("--disease", help="病种代码（按病种限额的政策包）。 Disease.")
]
Contracted = Annotated[
    bool | None,
    typer.Option(
        "--contracted/--not-contracted", help="是否签约（选定）机构（政策包有此规定时）。 Chosen."
    ),
]
Born = Annotated[
    str | None, typer.Option("--born", help="出生日期，不填按证件号码。 Day of birth.")
]
Stay = Annotated[
    str | None, typer.Option("--stay", help="住院号：同一次住院的各次结算相同。 Stay number.")
]
StayFrom = Annotated[
    str | None, typer.Option("--stay-from", help="入院日期 2023-01-06。 First day of the stay.")
]
StayTo = Annotated[
    str | None,
    typer.Option("--stay-to", help="出院日期，不填为结算日。 Last day of the stay."),
]
Items = Annotated[
    list[str] | None,
    typer.Option(
        "--item",
        metavar="CODE:YUAN[:CLASS[:COUNT[:LIMIT[:SHARE]]]]",
        help="费用明细，可多次：项目代码:金额:甲|乙|丙:数量:限价:自付比例。 An item of the bill.",
    ),
]


def _asked(
    disease: str | None,
    contracted: bool | None,
    born: str | None,
    stay: str | None,
    stay_from: str | None,
    stay_to: str | None,
    items: list[str] | None,
) -> dict[str, Any]:
    """What only the rules of some pools ask for, as fields of a visit."""
    from importers.fee_items import fee_item

    return {
        "disease_code": disease,
        "contracted": contracted,
        "born_on": parsed(a_day, born) if born else None,
        "stay_id": stay,
        "first_day": parsed(a_day, stay_from) if stay_from else None,
        "last_day": parsed(a_day, stay_to) if stay_to else None,
        "items": tuple(as_in_a_file(fee_item, item) for item in items or ()),
    }


def _record(
    visit: str,
    provider: str,
    person: str,
    med_type: str,
    time: str | None,
    total: str,
    amounts: tuple[str, str, str],
    account_use: int,
    prescriber: str | None,
    category: str | None,
    asked: dict[str, Any],
) -> VisitRecord:
    """What the options say, as a visit; the in-scope amount is what the other parts leave."""
    from api.wiring import local_now
    from importers.labels import med_type as kind_of_visit
    from ledger.core.money import Fen, fen_from_yuan
    from ledger.core.visits import STAY, AccountUse, VisitRecord

    med_type = as_in_a_file(kind_of_visit, med_type)
    whole = parsed(fen_from_yuan, total)
    parts = [parsed(fen_from_yuan, text) for text in amounts]
    in_scope = whole - sum(parts)
    if whole < 0 or in_scope < 0 or min(parts) < 0:
        raise typer.BadParameter("各部分不能为负，合计不能超过总额。 Parts exceed the total.")
    at = parsed(an_instant, time) if time else local_now()
    if not med_type.startswith(STAY):
        asked |= {"first_day": None, "last_day": None}
    elif asked["first_day"] is not None and asked["last_day"] is None:
        asked["last_day"] = at.date()
    return VisitRecord(
        0,
        visit,
        provider,
        person,
        None,
        med_type,
        at,
        whole,
        parts[0],
        parts[1],
        parts[2],
        Fen(in_scope),
        AccountUse(account_use),
        prescriber,
        fee_category=category,
        **asked,
    )


def _of_person(context: Context, record: VisitRecord) -> VisitRecord:
    """`--person` is a person number or an identity number: the record says which. A relative who
    is not on the roster has only the latter."""
    from ledger.services.books.read import known_person

    with context.reading() as connection:
        who = known_person(connection, record.psn_no or "")
    return record._replace(psn_no=who.psn_no, certno=None if who.psn_no else who.certno)


def quote(
    provider: Provider,
    person: Person,
    total: Total,
    visit: VisitId = "QUOTE",
    med_type: MedType = "11",
    time: Time = None,
    self_paid: SelfPaid = "0.00",
    over_limit: OverLimit = "0.00",
    paid_first: PaidFirst = "0.00",
    account_use: AccountUseOption = 2,
    prescriber: Prescriber = None,
    category: Category = None,
    disease: Disease = None,
    contracted: Contracted = None,
    born: Born = None,
    stay: Stay = None,
    stay_from: StayFrom = None,
    stay_to: StayTo = None,
    items: Items = None,
    db: DbOption = None,
    pack: PackOption = None,
    as_json: JsonOption = False,
) -> None:
    """预结算：按现在的累计算给你看，不改变任何内容。 What settling would give now."""
    amounts = (self_paid, over_limit, paid_first)
    asked = _asked(disease, contracted, born, stay, stay_from, stay_to, items)
    record = _record(
        visit, provider, person, med_type, time, total, amounts, account_use, prescriber, category,
        asked,
    )  # fmt: skip
    with answering(as_json), opened(db, pack) as context:
        from ledger.services.visits.settle_visit import quote as quote_visit

        _show(quote_visit(context, _of_person(context, record)), as_json, "预结算")


def settle(
    visit: VisitId,
    provider: Provider,
    person: Person,
    total: Total,
    med_type: MedType = "11",
    time: Time = None,
    self_paid: SelfPaid = "0.00",
    over_limit: OverLimit = "0.00",
    paid_first: PaidFirst = "0.00",
    account_use: AccountUseOption = 2,
    prescriber: Prescriber = None,
    category: Category = None,
    disease: Disease = None,
    contracted: Contracted = None,
    born: Born = None,
    stay: Stay = None,
    stay_from: StayFrom = None,
    stay_to: StayTo = None,
    items: Items = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """结算一次就诊并入账。 Settle one visit and post it."""
    amounts = (self_paid, over_limit, paid_first)
    asked = _asked(disease, contracted, born, stay, stay_from, stay_to, items)
    record = _record(
        visit, provider, person, med_type, time, total, amounts, account_use, prescriber, category,
        asked,
    )  # fmt: skip
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.visits.settle_visit import settle as settle_visit

        answer = settle_visit(context, _of_person(context, record), request_id, dry_run)
        _show(answer, as_json, "结算（试算）" if dry_run else "结算")


def reverse(
    settlement: Annotated[str, typer.Argument(help="结算ID（setl_id）。 Settlement id.")],
    time: Time = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """退费：整笔退回，起付线和限额一并退还。 Give a settled visit back whole."""
    from api.wiring import local_now

    number = parsed(_whole_number, settlement)
    at = parsed(an_instant, time) if time else local_now()
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.visits.settle_visit import reverse as reverse_settlement

        answer = reverse_settlement(context, number, at, request_id, dry_run=dry_run)
        _show(answer, as_json, "退费（试算）" if dry_run else "退费")


def explain(
    settlement: Annotated[str, typer.Argument(help="结算ID（setl_id）。 Settlement id.")],
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """逐条说明一笔结算：规则、条款、前后金额。 Why a settlement is what it is."""
    number = parsed(_whole_number, settlement)
    with answering(as_json), opened(db) as context:
        from ledger.services.visits.settle_visit import explain_settlement

        _show(explain_settlement(context, number), as_json, "结算说明")


def _whole_number(text: str) -> int:
    if not text.isdigit():
        raise ValueError("不是结算ID，应为一串数字")
    return int(text)


def _show(answer: dict[str, Any], as_json: bool, title: str) -> None:
    if as_json:
        print_json(answer)
        return
    if answer["setl_id"] is None:
        typer.echo(f"✓ 已登记住院 {answer['mdtrt_id']}")
        return
    steps = [
        [
            step["rule"] + ("【假定】" if step["assumed"] else ""),
            step["article"],
            step["text"],
            step["before"],
            step["after"],
        ]
        for step in answer["steps"]
    ]
    head = f"{title} {answer['setl_id']} · {answer['psn_name']} · {answer['fixmedins_name']}"
    table(head, ["步骤", "条款", "说明", "之前", "之后"], steps)
    if answer["facts"]:
        from ledger.core.visit_facts import in_words

        typer.echo(f"就诊所填：{in_words(answer['facts'])}")
    typer.echo(
        f"统筹 {answer['hifp_pay']}  账户 {answer['acct_pay']}"
        f"（共济 {answer['acct_mulaid_pay']}）  "
        f"现金 {answer['psn_cash_pay']}  余额 {answer['balc']}"
    )
    if answer["acct_reason_text"]:
        typer.echo(f"注：{answer['acct_reason_text']}")


_VISIT = "--provider H42030200001 --person 4203000000000001 --total 812.50"
COMMANDS = (
    (
        "quote",
        quote,
        examples(
            f"gongji quote {_VISIT}",
            f"gongji quote {_VISIT} --account-use 0 --json",
            f"gongji quote {_VISIT} --pack my-packs/440100-guangzhou --contracted",
        ),
    ),
    (
        "settle",
        settle,
        examples(
            f"gongji settle --visit M1 {_VISIT} --time 2023-03-06T09:00",
            f"gongji settle --visit M2 {_VISIT} --request-id H42030200001-7 --json",
        ),
    ),
    (
        "reverse",
        reverse,
        examples(
            "gongji reverse 382041519104000123",
            "gongji reverse 382041519104000123 --time 2023-03-07T10:00 --json",
        ),
    ),
    (
        "explain",
        explain,
        examples("gongji explain 382041519104000123", "gongji explain 382041519104000123 --json"),
    ),
)
