"""`gongji token`: who may ask the API. A token is shown once; afterwards only its id is."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.common import DbOption, JsonOption, answering, examples, opened, print_json, table

app = typer.Typer(
    help="接口令牌：建立、列出、撤销。 Bearer tokens of the API.", no_args_is_help=True
)

_HEADINGS = ["编号", "角色", "对象", "名称", "末日", "状态"]
_STATUS = {"active": "有效", "expired": "已过期", "revoked": "已撤销"}


@app.command(
    "create",
    epilog=examples(
        "gongji token create --role agency --label window-1",
        "gongji token create --role person --subject 4203000000000001 --days 30",
        "gongji token create --role provider --subject H42030200001 --json",
    ),
)
def create(
    role: Annotated[
        str, typer.Option("--role", help="角色 person|employer|agency|finance|provider。 Role.")
    ],
    subject: Annotated[
        str,
        typer.Option(
            "--subject",
            help="只看谁：人员编号或证件号码、单位编号、定点机构编号。 Whom it is limited to.",
        ),
    ] = "",
    days: Annotated[int, typer.Option("--days", help="有效天数，含今天。 Days it works.")] = 90,
    label: Annotated[str, typer.Option("--label", help="名称，写入账簿的经办人。 A name.")] = "",
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """建立令牌；只显示这一次。 Make a token; it is shown this once."""
    from api.wiring import local_now

    with answering(as_json), opened(db) as context:
        from ledger.services.tokens import create_token

        answer = create_token(context, role, subject, label, days, local_now().date())
        if as_json:
            print_json(answer)
            return
        typer.echo(answer["token"])
        typer.echo(
            f"✓ {answer['role']} {answer['subject']}，有效至 {answer['last_day']}（含），"
            f"编号 {answer['id']}。令牌只显示这一次，请妥善保存。",
            err=True,
        )


@app.command("list", epilog=examples("gongji token list", "gongji token list --json"))
def list_all(db: DbOption = None, as_json: JsonOption = False) -> None:
    """列出令牌，不含令牌本身。 Every token, without the token itself."""
    from api.wiring import local_now

    with answering(as_json), opened(db) as context:
        from ledger.services.tokens import list_tokens

        tokens = list_tokens(context, local_now().date())
        if as_json:
            print_json({"tokens": tokens})
            return
        keys = ["id", "role", "subject", "label", "last_day"]
        rows = [[*(token[key] for key in keys), _STATUS[token["status"]]] for token in tokens]
        table("接口令牌", _HEADINGS, rows)


@app.command("revoke", epilog=examples("gongji token revoke 3f9a1c0b77de"))
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="令牌编号（见 list）。 Its id.")],
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """撤销令牌，立即生效。 End a token at once."""
    from api.wiring import local_now

    with answering(as_json), opened(db) as context:
        from ledger.services.tokens import revoke as end_token

        answer = end_token(context, token_id, local_now().date())
        if as_json:
            print_json(answer)
        else:
            typer.echo(f"✓ 令牌 {answer['id']} 已撤销")
