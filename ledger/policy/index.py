"""Finding a rule: by word, by article, or by what still has to be verified.

find(pack, "起付")     its Chinese title or its key contains the word
find(pack, "S3c-6")    article 6 and what stands under it (6.1, 6.2), not 16
find(pack, "第六条")    the same, in whichever document
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from ledger.core.errors import PackFault
from ledger.core.months import FAR
from ledger.policy.loader import examine
from ledger.policy.pack import Pack
from ledger.policy.values import CitedValue

BENEFITS = Path(__file__).parent.parent / "benefits"
_SHOWN_BENEFITS = "ledger/benefits"
_DIGITS = {numeral: number for number, numeral in enumerate("零一二三四五六七八九")}


@dataclass(frozen=True, slots=True)
class Checked:
    """What `rules check` says about one pack."""

    pack: str
    values: int
    assumed: list[str]
    unverified: list[str]
    uncited: list[str]
    faults: list[PackFault]


def find(pack: Pack, query: str, on: date | None = None) -> list[CitedValue]:
    """The values that a word or an article names, those in force on a day if one is given.

    A word is looked for in keys, titles and citations (the key that is the very word comes
    first); only where none has it, in values and notes.
    """
    values = [
        value for value in pack.values() if on is None or value.valid_from <= on < value.valid_until
    ]
    article = _article(query)
    if article is not None:
        return [value for value in values if _stands_under(value, article)]
    word = query.strip().lower()
    named = [
        value for value in values if word in f"{value.key} {value.title} {value.cite.id}".lower()
    ]
    if named:
        return sorted(named, key=lambda value: word not in (value.key, value.key.split(".")[1]))
    return [value for value in values if word in f"{value.value} {value.note}".lower()]


def near_matches(pack: Pack, query: str) -> list[str]:
    """Keys and articles that look like what was asked."""
    known = {value.key for value in pack.values()} | {value.cite.id for value in pack.values()}
    names = {key.partition(".")[2]: key for key in known if "." in key}
    near = get_close_matches(query, sorted(known), n=3) + [
        names[name] for name in get_close_matches(query, sorted(names), n=3)
    ]
    return list(dict.fromkeys(near))


def is_under(article: str, above: str) -> bool:
    """Whether an article id is another or stands under it: `S3c-6.1` under `S3c-6`."""
    low, high = plain_article(article), plain_article(above)
    return low == high or low.startswith(f"{high}.")


def plain_article(article: str) -> str:
    """One spelling of an article id: `S3c-13(1)`, `S3C-13（1）` and `S3c-13.1` are the same."""
    ascii_only = article.strip().replace("（", "(").replace("）", ")").lower()
    return re.sub(r"\.?\((\w+)\)", r".\1", ascii_only)


def articles_of_modules(folder: Path = BENEFITS) -> dict[str, tuple[str, ...]]:
    """The articles that each module of `benefits/` carries out, read from its `ARTICLES = (…)`
    without importing it (the compiled kernel is heavy)."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            names = _assigned(statement)
            if "ARTICLES" in names and isinstance(statement, ast.Assign | ast.AnnAssign):
                articles = ast.literal_eval(statement.value) if statement.value else ()
                found[f"{_SHOWN_BENEFITS}/{path.name}"] = tuple(articles)
    return found


def functions_of(value: CitedValue, modules: dict[str, tuple[str, ...]]) -> list[str]:
    """The modules that carry out a value's article, or one above or under it."""
    return [
        module
        for module, articles in modules.items()
        if any(
            is_under(value.cite.id, article) or is_under(article, value.cite.id)
            for article in articles
        )
    ]


def check_pack(folder: Path) -> Checked:
    """Count a pack's values and list what is assumed, unverified, uncited or faulty."""
    examined = examine(folder)
    values = Pack(examined.meta, examined.values, {}).values()
    return Checked(
        pack=examined.meta.code,
        values=len(values),
        assumed=_keys(value for value in values if value.assumed),
        unverified=_keys(value for value in values if not value.verified),
        uncited=_keys(value for value in values if not value.cite.document),
        faults=examined.faults,
    )


def as_json(value: CitedValue, modules: dict[str, tuple[str, ...]]) -> dict[str, object]:
    """A value for machines: days as text, no end as null."""
    return {
        "key": value.key,
        "title": value.title,
        "value": value.value,
        "unit": value.unit,
        "from": value.valid_from.isoformat(),
        "until": None if value.valid_until == FAR else value.valid_until.isoformat(),
        "document": value.cite.document,
        "article": value.cite.article,
        "cite": value.cite.id,
        "verified": value.verified,
        "assumed": value.assumed,
        "derived": value.derived,
        "note": value.note,
        "pack": value.pack,
        "file": value.file,
        "line": value.line,
        "functions": functions_of(value, modules),
    }


def _article(query: str) -> str | None:
    """The article that a query names: an id (`S3c-6`), or, for any document, `-6` where it says
    `第六条` or `6`; else None."""
    if re.fullmatch(r"\d{1,2}(\.\w+|[(（]\w+[)）])*", query.strip()):
        return f"-{query.strip()}"
    chinese = re.fullmatch(r"第\s*([\d一二三四五六七八九十]+)\s*条", query.strip())
    if chinese:
        return f"-{_number(chinese[1])}"
    return query if re.fullmatch(r"\S+-\d+(\.\w+|[(（]\w+[)）])*", query.strip()) else None


def _number(numeral: str) -> int:
    """A number up to 99 in digits or Chinese numerals."""
    if numeral.isdigit():
        return int(numeral)
    tens, ten, ones = numeral.rpartition("十")
    return (_DIGITS[tens] if tens else 1) * 10 * bool(ten) + (_DIGITS[ones] if ones else 0)


def _stands_under(value: CitedValue, article: str) -> bool:
    if article.startswith("-"):
        return is_under(f"-{value.cite.article}", article)
    return is_under(value.cite.id, article)


def _assigned(statement: ast.stmt) -> Sequence[str]:
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def _keys(values: Iterable[CitedValue]) -> list[str]:
    return list(dict.fromkeys(value.key for value in values))
