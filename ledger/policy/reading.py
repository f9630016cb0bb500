"""One file of a pack: from located text to dated values, every fault reported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from ledger.core.months import FAR
from ledger.policy.dated import Dated, check_spans
from ledger.policy.kinds import Reader, flag, text
from ledger.policy.nodes import Node, Place
from ledger.policy.schema import SCHEMA
from ledger.policy.values import Citation

_KEY_FIELDS = ("title", "unit", "values")
_VALUE_FIELDS = ("from", "until", "value", "cite", "verified", "assumed", "note")
_VALUE_NEEDS = ("from", "value", "verified", "assumed")
_NOWHERE = Citation("", "")


@dataclass(frozen=True, slots=True)
class Source:
    """What a value needs to know of its pack: its code, and which documents are promulgated.

    Without any document (a fault of its own in `pack.yaml`) no citation is doubted.
    """

    pack: str
    documents: dict[str, bool]


@dataclass(frozen=True, slots=True)
class _Key:
    """What all dated values of one key share."""

    name: str
    title: str
    unit: str
    reader: Reader


def table(
    node: Node, place: Place, known: tuple[str, ...], needed: tuple[str, ...] = ()
) -> dict[str, Node]:
    """The fields of a mapping; unknown and missing ones are faults."""
    if not isinstance(node.value, dict):
        place.report(node, "wrong-shape", f"应为键与值的表格，含 {'、'.join(needed or known)}")
        return {}
    for name, child in node.value.items():
        if name not in known:
            place.under(name).report(child, "unknown-key", unknown_key(name, known))
    for name in needed:
        if name not in node.value:
            place.under(name).report(node, "missing-key", f"缺少“{name}”")
    return {name: child for name, child in node.value.items() if name in known}


def unknown_key(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=3)
    hint = f"；是否为 {'、'.join(near)}？" if near else f"；可用：{'、'.join(known)}"
    return f"没有“{name}”这个键{hint}"


def day(node: Node, place: Place) -> date | None:
    written = text(node, place)
    if not written:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
            return date.fromisoformat(written)
    except ValueError:
        place.report(node, "bad-day", f"没有 {written} 这一天；请核对月份和日")
        return None
    place.report(node, "bad-day", f"“{written}”不是日期；应写作 2023-01-01")
    return None


def read_section(section: str, root: Node, place: Place, source: Source) -> dict[str, list[Dated]]:
    """The values of one section's file by full key (`outpatient.deductible`), in order of days."""
    keys = SCHEMA[section]
    found: dict[str, list[Dated]] = {}
    for name, node in table(root, place, tuple(keys)).items():
        here = place.under(name)
        full_key = f"{section}.{name}"
        values = _read_key(full_key, node, here, keys[name], source)
        found[full_key] = check_spans(values, here)
    return found


def _read_key(
    full_key: str, node: Node, place: Place, reader: Reader, source: Source
) -> list[Dated]:
    fields = table(node, place, _KEY_FIELDS, ("title", "values"))
    title = text(fields["title"], place.under("title")) if "title" in fields else ""
    unit = text(fields["unit"], place.under("unit")) if "unit" in fields else ""
    listed = fields["values"].value if "values" in fields else []
    if not isinstance(listed, list) or ("values" in fields and not listed):
        place.report(fields["values"], "wrong-shape", "values 应为列表，每项以 “- from:” 开头")
        return []
    key = _Key(full_key, title, unit, reader)
    dated = (_read_value(key, item, place, source) for item in listed)
    return [value for value in dated if value is not None]


def _read_value(key: _Key, node: Node, place: Place, source: Source) -> Dated | None:
    fields = table(node, place, _VALUE_FIELDS, _VALUE_NEEDS)
    if not fields:
        return None
    start = day(fields["from"], place.under("from")) if "from" in fields else None
    until = _read_until(fields.get("until"), start, place)
    cite = _read_cite(fields.get("cite"), node, place, source)
    verified = _read_flag(fields, "verified", place)
    if verified and cite is not _NOWHERE and not source.documents.get(cite.document, True):
        place.report(
            fields["verified"],
            "verified-draft",
            f"文件 {cite.document} 尚未正式公布，取自它的数值不能标为已核实（verified: true）",
        )
    typed = key.reader(fields["value"], place) if "value" in fields else None
    if start is None or "value" not in fields:
        return None
    return Dated(
        key=key.name,
        title=key.title,
        unit=key.unit,
        start=start,
        until=until,
        plain=fields["value"].plain(),
        typed=typed,
        cite=cite,
        verified=verified,
        assumed=_read_flag(fields, "assumed", place),
        note=text(fields["note"], place.under("note")) if "note" in fields else "",
        file=place.file,
        line=node.line,
        pack=source.pack,
    )


def _read_until(node: Node | None, start: date | None, place: Place) -> date:
    if node is None:
        return FAR
    until = day(node, place.under("until"))
    if until is None:
        return FAR
    if start is not None and until <= start:
        place.under("until").report(
            node, "bad-day", f"终止日 {until} 应晚于起始日 {start}（终止日当天不含）"
        )
        return FAR
    return until


def _read_flag(fields: dict[str, Node], name: str, place: Place) -> bool:
    return name in fields and flag(fields[name], place.under(name))


def _read_cite(node: Node | None, value: Node, place: Place, source: Source) -> Citation:
    wanted = "应写 cite: {document: 文件编号, article: 条款}"
    if node is None:
        place.report(value, "missing-citation", f"缺少出处；{wanted}")
        return _NOWHERE
    here = place.under("cite")
    fields = table(node, here, ("document", "article")) if isinstance(node.value, dict) else {}
    if set(fields) != {"document", "article"}:
        here.report(node, "missing-citation", f"出处不全；{wanted}")
        return _NOWHERE
    document, article = (text(fields[name], here) for name in ("document", "article"))
    if document and source.documents and document not in source.documents:
        listed = "、".join(source.documents)
        here.report(
            node, "unknown-document", f"pack.yaml 的 documents 没有“{document}”；已列：{listed}"
        )
    return Citation(document, article)
