"""`pack.yaml`: whose rules a pack holds, how official they are, and the documents it cites."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ledger.policy.kinds import choice, flag, text
from ledger.policy.locate import PACK_FILE
from ledger.policy.nodes import Faults, Node, Place, read_yaml
from ledger.policy.reading import day, table

STATUSES = {
    "draft": "征求意见稿",
    "promulgated": "正式公布",
    "secondary": "转述，未取得原文",
    "test": "测试用",
}
_FIELDS = (
    "code",
    "name",
    "pool",
    "insurance_type",
    "status",
    "approved_by",
    "extends",
    "documents",
)
_CODES = {
    "pool": (r"[0-9]{6}", "不是统筹区代码；应为六位数字，如 420300"),
    "insurance_type": (r"[0-9]{3}", "不是险种代码；应为三位数字，如 310（职工基本医疗保险）"),
}
_NEEDS = ("code", "name", "status", "documents")
_DOCUMENT = ("id", "title", "status", "date", "promulgated", "read_in")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that values cite (文件)."""

    id: str
    title: str
    status: str
    date: str
    promulgated: bool
    read_in: str
    """Where it was read, or that the original was not obtained."""


@dataclass(frozen=True, slots=True)
class PackMeta:
    """The head of a pack."""

    code: str
    name: str
    pool: str
    """The pool's area code; empty for a pack that others extend (national)."""
    insurance_type: str
    status: str
    approved_by: str
    extends: str
    documents: tuple[Document, ...]


def read_meta(folder: Path, file: str, faults: Faults) -> PackMeta:
    """Read `pack.yaml`; what is missing is reported and left empty."""
    place = faults.at(file)
    path = folder / PACK_FILE
    if not path.is_file():
        place.report(1, "no-pack-file", f"文件夹里没有 {PACK_FILE}；应写明政策包的代码、名称和文件")
        return _meta({}, (), folder.name)
    root = read_yaml(path, place)
    if root is None:
        return _meta({}, (), folder.name)
    fields = table(root, place, _FIELDS, _NEEDS)
    documents = _read_documents(fields["documents"], place) if "documents" in fields else ()
    written = {
        name: text(node, place.under(name))
        for name, node in fields.items()
        if name != "documents" and not (name in ("pool", "extends") and node.value is None)
    }
    for name, (form, words) in _CODES.items():
        if written.get(name) and not re.fullmatch(form, written[name]):
            place.under(name).report(fields[name], "bad-code", f"“{written[name]}”{words}")
    if "status" in fields:
        choice(*STATUSES)(fields["status"], place.under("status"))
    return _meta(written, documents, folder.name)


def _meta(written: dict[str, str], documents: tuple[Document, ...], folder: str) -> PackMeta:
    return PackMeta(
        code=written.get("code") or folder,
        name=written.get("name", ""),
        pool=written.get("pool", ""),
        insurance_type=written.get("insurance_type", ""),
        status=written.get("status", ""),
        approved_by=written.get("approved_by", ""),
        extends=written.get("extends", ""),
        documents=documents,
    )


def _read_documents(node: Node, place: Place) -> tuple[Document, ...]:
    here = place.under("documents")
    if not isinstance(node.value, list) or not node.value:
        here.report(node, "wrong-shape", "documents 应为列表，每项以 “- id:” 开头")
        return ()
    found: dict[str, Document] = {}
    for item in node.value:
        document = _read_document(item, here)
        if document.id in found:
            here.report(item, "duplicate-key", f"文件编号“{document.id}”写了两次")
        found[document.id] = document
    return tuple(found.values())


def _read_document(node: Node, place: Place) -> Document:
    fields = table(node, place, _DOCUMENT, _DOCUMENT)
    if "date" in fields and fields["date"].value != "none":
        day(fields["date"], place.under("date"))
    written = {
        name: text(fields[name], place.under(name))
        for name in fields
        if name not in ("promulgated",)
    }
    return Document(
        id=written.get("id", ""),
        title=written.get("title", ""),
        status=written.get("status", ""),
        date=written.get("date", ""),
        promulgated="promulgated" in fields
        and flag(fields["promulgated"], place.under("promulgated")),
        read_in=written.get("read_in", ""),
    )
