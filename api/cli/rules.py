"""`gongji rules`: which rules a pack holds, where each comes from, and what is not verified."""

from __future__ import annotations

import textwrap
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from api.cli.common import ActorOption, DbOption, DryRunOption, answering, opened

if TYPE_CHECKING:
    from ledger.policy.index import Checked
    from ledger.policy.pack import Pack
    from ledger.policy.values import CitedValue

app = typer.Typer(
    help="规则：按词、按条款查政策包的数值和出处；检查政策包。 Look up and check policy packs.",
    no_args_is_help=True,
)

DEFAULT_PACK = "420300"

PackOption = Annotated[
    str, typer.Option("--pack", help="政策包：区划代码、名称或文件夹。 Area code, name or folder.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON。 For machines.")]


@app.command(
    "list",
    epilog="示例 Examples:\n\n"
    "gongji rules list --pack 420300\n\n"
    "gongji rules list --pack national --json\n\n"
    "gongji rules list --assumed",
)
def list_rules(
    pack: PackOption = DEFAULT_PACK,
    assumed: Annotated[
        bool, typer.Option("--assumed", help="只列假定的数值。 Only what is assumed.")
    ] = False,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="只列未核实的数值。 Only what is not verified.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """列出政策包的全部数值和出处。 List every value of a pack with its source."""
    loaded = _load(pack, as_json)
    values = [
        value
        for value in loaded.values()
        if (value.assumed or not assumed) and (not value.verified or not unverified)
    ]
    if as_json:
        _print_json({**_head(loaded), "values": _values_json(values)})
        return
    _print_table(loaded, values)


@app.command(
    "show",
    epilog="示例 Examples:\n\n"
    "gongji rules show S3c-6\n\n"
    "gongji rules show 起付\n\n"
    "gongji rules show deductible --on 2023-03-01\n\n"
    "gongji rules show 第十三条 --json",
)
def show_rule(
    query: Annotated[
        str,
        typer.Argument(
            metavar="WORD_OR_ARTICLE", help="词（起付、deductible）或条款（S3c-6、第六条）。"
        ),
    ],
    pack: PackOption = DEFAULT_PACK,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DAY", help="只看这一天有效的数值，如 2023-03-01。"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """按词或条款查一条规则。 Show a rule by word or by article."""
    from ledger.policy.index import articles_of_modules, find, functions_of, near_matches

    day = _day(on)
    loaded = _load(pack, as_json)
    values = find(loaded, query, day)
    if not values:
        near = near_matches(loaded, query)
        hint = f"；是否为 {'、'.join(near)}？" if near else "；gongji rules list 可列出全部"
        _refuse("policy/no-such-rule", f"政策包 {loaded.code} 中没有“{query}”{hint}", as_json)
    if as_json:
        _print_json({**_head(loaded), "query": query, "values": _values_json(values)})
        return
    modules = articles_of_modules()
    titles = {document.id: document.title for document in loaded.documents}
    for value in values:
        for line in _block(value, titles.get(value.cite.document, "")):
            typer.echo(line)
        functions = functions_of(value, modules)
        if functions:
            typer.echo(f"  函数 {'、'.join(functions)}")
        typer.echo("")


@app.command(
    "check",
    epilog="示例 Examples:\n\n"
    "gongji rules check --all\n\n"
    "gongji rules check my-packs/420500-yichang\n\n"
    "gongji rules check --all --json",
)
def check_rules(
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR", help="一个政策包的文件夹，或装有多个政策包的文件夹。 A pack, or packs."
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="检查随程序提供的全部政策包（默认）。 Every pack we ship.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """检查政策包：全部错误，以及假定、未核实、缺出处的数值。 Check packs; exit 1 on faults."""
    from ledger.policy.index import check_pack
    from ledger.policy.locate import folders_under, tree_packs

    folders = tree_packs() if directory is None or every else []
    if directory is not None:
        if not directory.is_dir():
            raise typer.BadParameter(f"没有文件夹 {directory}", param_hint="DIR")
        folders = [*folders, *folders_under(directory)]
    checked = [check_pack(folder) for folder in folders]
    if as_json:
        _print_json({"packs": [_checked_json(one) for one in checked]})
    else:
        for one in checked:
            _print_checked(one)
    if any(one.faults for one in checked):
        raise typer.Exit(1)


@app.command(
    "adopt",
    epilog="示例 Examples:\n\n"
    "gongji rules adopt my-packs/420300-shiyan-2024\n\n"
    "gongji rules adopt 420300 --json",
)
def adopt(
    pack: Annotated[str, typer.Argument(help="政策包代码或文件夹。 Pack: code or folder.")],
    actor: ActorOption = None,
    db: DbOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """改用另一版政策包：今后按它结算；已结算的用 gongji resettle 重新结算。 Change the pack."""
    folder = Path(pack)
    where = str(folder.resolve()) if folder.is_dir() else pack
    with answering(as_json), opened(db, where, actor=actor) as context:
        from ledger.services.resettlement.adopt_pack import adopt_pack

        answer = adopt_pack(context, where, dry_run)
        if as_json:
            _print_json(answer | {"dry_run": dry_run})
        else:
            done = "试算：将改用" if dry_run else "改用"
            typer.echo(f"✓ {answer['pool']} {done} {answer['name']}（版本 {answer['version']}）")
            typer.echo("  追溯的部分：gongji resettle --year …；划账差额：gongji credit …")


def _load(pack: str, as_json: bool) -> Pack:
    from ledger.core.errors import PolicyError
    from ledger.policy.loader import load_pack

    try:
        return load_pack(pack)
    except PolicyError as error:
        _refuse(error.code, error.message, as_json)


def _refuse(code: str, message: str, as_json: bool) -> NoReturn:
    if as_json:
        _print_json({"error": {"code": code, "message": message}})
    else:
        typer.echo(f"{message}（{code}）", err=True)
    raise typer.Exit(1)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"“{text}”不是日期；应写作 2023-03-01", param_hint="--on"
        ) from None


def _head(pack: Pack) -> dict[str, object]:
    return {
        "pack": pack.code,
        "name": pack.name,
        "status": pack.meta.status,
        "version": pack.version,
    }


def _values_json(values: list[CitedValue]) -> list[dict[str, object]]:
    from ledger.policy.index import articles_of_modules, as_json

    modules = articles_of_modules()
    return [as_json(value, modules) for value in values]


def _checked_json(one: Checked) -> dict[str, Any]:
    return {
        "pack": one.pack,
        "values": one.values,
        "assumed": one.assumed,
        "unverified": one.unverified,
        "uncited": one.uncited,
        "faults": [fault._asdict() for fault in one.faults],
    }


def _print_json(content: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))


def _marks(value: CitedValue) -> str:
    return ("【假定】" if value.assumed else "") + ("" if value.verified else "【未核实】")


def _days(value: CitedValue) -> str:
    from ledger.core.months import FAR

    end = "" if value.valid_until == FAR else f"，到 {value.valid_until}（不含）"
    return f"自 {value.valid_from} 起{end}"


def _block(value: CitedValue, document: str) -> list[str]:
    """One value as people read it, line by line."""
    return [
        f"{value.title}：{value.value} {value.unit}".rstrip() + f"  {_marks(value)}".rstrip(),
        f"  键   {value.key}（政策包 {value.pack}）",
        f"  日期 {_days(value)}",
        f"  出处 {value.cite.id} 《{document}》",
        *([f"  说明 {value.note}"] if value.note else []),
        f"  文件 {value.file}:{value.line}",
    ]


def _print_table(pack: Pack, values: list[CitedValue]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ledger.core.months import FAR
    from ledger.policy.meta import STATUSES

    console = Console()
    status = STATUSES.get(pack.meta.status, pack.meta.status)
    head = f"{pack.code} {pack.name} · {status} · 版本 {pack.version}"
    if not console.is_terminal:
        typer.echo(head)
        for value in values:
            cells = (value.key, value.title, value.value, value.unit, _days(value), value.cite.id)
            typer.echo("\t".join((*cells, _marks(value))))
        return
    table = Table(title=head)
    table.add_column("键", overflow="fold", ratio=3)
    table.add_column("名称与数值", overflow="fold", ratio=4)
    table.add_column("日期", no_wrap=True)
    table.add_column("出处与标记", overflow="fold", ratio=2)
    section = ""
    for value in values:
        above, _, key = value.key.partition(".")
        if above != section:
            section = above
            table.add_section()
            table.add_row(f"[bold]{section}[/bold]", "", "", "")
        end = "" if value.valid_until == FAR else f"\n至 {value.valid_until} 前"
        table.add_row(
            f"  {key}",
            escape(f"{value.title}\n{value.value} {value.unit}".rstrip()),
            f"{value.valid_from} 起{end}",
            escape(f"{value.cite.id}\n{_marks(value)}"),
        )
    console.print(table)


def _print_checked(one: Checked) -> None:
    typer.echo(
        f"{one.pack}：{one.values} 个数值，假定 {len(one.assumed)}，"
        f"未核实 {len(one.unverified)}，缺出处 {len(one.uncited)}，错误 {len(one.faults)}"
    )
    for fault in one.faults:
        typer.echo(f"  {fault.file}:{fault.line} {fault.key}：{fault.message}（{fault.code}）")
    _print_keys("假定（数值见 gongji rules list --assumed）", one.assumed)
    _print_keys("缺出处", one.uncited)


def _print_keys(title: str, keys: list[str]) -> None:
    """Keys under their file (section), a line each: what a reader opens to change one."""
    sections: dict[str, list[str]] = {}
    for key in keys:
        section, _, name = key.partition(".")
        sections.setdefault(section, []).append(name)
    if sections:
        typer.echo(f"  {title}：")
    for section, names in sections.items():
        lines = textwrap.wrap(
            " ".join(names), width=72, break_long_words=False, break_on_hyphens=False
        )
        for number, line in enumerate(lines):
            typer.echo(f"    {section if number == 0 else '':<16} {line}")
