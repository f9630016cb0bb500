"""From a folder of YAML to a `Pack`, or to every fault in it at once.

A pack is `pack.yaml` (whose rules, which documents) and one file per section (`outpatient.yaml`,
`crediting.yaml`, …). It may extend another: its own values replace the other's key by key, and
where its last value of a key ends, the other's continue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from ledger.core.errors import BadOverride, PackFault, PackFaults
from ledger.policy.contradictions import contradictions
from ledger.policy.dated import Dated, overlay
from ledger.policy.locate import PACK_FILE, pack_folder, parent_folder, shown
from ledger.policy.meta import Document, PackMeta, read_meta
from ledger.policy.nodes import Faults, Place, node_of, read_yaml
from ledger.policy.overrides import apply_overrides, full_keys
from ledger.policy.oversights import oversights
from ledger.policy.pack import Pack
from ledger.policy.reading import Source, read_section
from ledger.policy.schema import KEYS, NEEDED, SCHEMA
from ledger.policy.typed import FLAT, FLAT_PARTS
from ledger.policy.values import Citation

Values = dict[str, list[Dated]]


@dataclass(frozen=True, slots=True)
class Examined:
    """A pack as far as it could be read, and what is wrong with it."""

    meta: PackMeta
    values: Values
    faults: list[PackFault]


def load_pack(code_or_dir: str | Path, overrides: Mapping[str, str] | None = None) -> Pack:
    """Load a pack of the tree by code, or a folder.

    Args:
        code_or_dir: `420300-shiyan`, `420300`, `national`, or a folder.
        overrides: values to try (`{"deductible": "300"}`), see `ledger.policy.overrides`.

    Raises:
        UnknownPack: there is no such pack or folder.
        PackFaults: the pack has faults; all of them.
        BadOverride: an override names no key, or does not fit.
    """
    examined = examine(pack_folder(code_or_dir))
    if examined.faults:
        raise PackFaults(examined.faults)
    wanted = full_keys(overrides or {})
    values = apply_overrides(examined.values, wanted, examined.meta.code)
    if wanted and (faults := contradictions(values)):
        raise BadOverride("；".join(fault.message for fault in faults))
    return Pack(examined.meta, values, wanted)


def pack_from_content(content: str) -> Pack:
    """The pack that `Pack.content_json` wrote, to explain an old settlement by its own rules."""
    stored = json.loads(content)
    documents = tuple(Document(**document) for document in stored["meta"].pop("documents"))
    values: Values = {}
    for value in stored["values"]:
        section, _, name = value["key"].partition(".")
        reader = SCHEMA.get(section, {}).get(name)
        place = Faults().at("", value["key"])
        dated = Dated(
            **{
                **value,
                "start": date.fromisoformat(value["start"]),
                "until": date.fromisoformat(value["until"]),
                "cite": Citation(**value["cite"]),
            },
            # A key that a later Gongji no longer knows can still be shown, not computed with.
            typed=reader(node_of(value["plain"]), place) if reader else None,
            file=value["pack"],
            line=0,
        )
        values.setdefault(dated.key, []).append(dated)
    return Pack(PackMeta(**stored["meta"], documents=documents), values, stored["overrides"])


def examine(folder: Path) -> Examined:
    """Read a pack with everything it extends, as far as it goes."""
    faults = Faults()
    meta, values = _read(folder, faults, ())
    if not faults.found:
        faults.found.extend(contradictions(values) + oversights(values))
    order = sorted(faults.found, key=lambda fault: (fault.file, fault.line, fault.key))
    return Examined(meta, values, order)


def _read(folder: Path, faults: Faults, above: tuple[Path, ...]) -> tuple[PackMeta, Values]:
    meta = read_meta(folder, shown(folder / PACK_FILE), faults)
    parent_values: Values = {}
    parent = _parent(meta, folder, faults, above) if meta.extends else None
    if parent is not None:
        parent_meta, parent_values = _read(parent, faults, (*above, folder.resolve()))
        meta = _with_documents(meta, parent_meta)
    # Without its parent a pack lacks the parent's documents, too: no citation is doubted then.
    orphan = bool(meta.extends) and parent is None
    documents = {} if orphan else {one.id: one.promulgated for one in meta.documents}
    source = Source(meta.code, documents)
    values = dict(parent_values)
    for path in _section_files(folder, faults):
        place = faults.at(shown(path), path.stem)
        root = read_yaml(path, place)
        if root is None:
            continue
        for key, own in read_section(path.stem, root, place, source).items():
            here = faults.at(shown(path), key)
            values[key] = overlay(parent_values.get(key, []), own, here)
        # Whose parent is not found lacks what it would inherit: one fault, not twenty.
        if meta.pool and (parent is not None or not meta.extends):
            _report_missing(path.stem, values, faults.at(shown(path)))
    return meta, {key: values[key] for key in KEYS if key in values}


def _parent(meta: PackMeta, folder: Path, faults: Faults, above: tuple[Path, ...]) -> Path | None:
    place = faults.at(shown(folder / PACK_FILE), "extends")
    line = _line_of(folder / PACK_FILE, "extends:")
    parent = parent_folder(meta.extends, folder)
    if parent is None:
        place.report(
            line,
            "unknown-extends",
            f"extends 指向的政策包“{meta.extends}”不存在（库内或同级文件夹）",
        )
    elif parent.resolve() in (*above, folder.resolve()):
        names = " → ".join(path.name for path in (*above, folder.resolve(), parent.resolve()))
        place.report(line, "circular-extends", f"extends 循环引用：{names}")
        return None
    return parent


def _line_of(path: Path, beginning: str) -> int:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return next((i for i, line in enumerate(lines, 1) if line.startswith(beginning)), 1)


def _with_documents(meta: PackMeta, parent: PackMeta) -> PackMeta:
    own = {document.id for document in meta.documents}
    inherited = tuple(document for document in parent.documents if document.id not in own)
    return replace(meta, documents=meta.documents + inherited)


def _section_files(folder: Path, faults: Faults) -> list[Path]:
    """The files of sections; any other YAML file is a fault, lest a misspelt one be ignored."""
    found = []
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
        if path.name == PACK_FILE:
            continue
        if path.suffix == ".yaml" and path.stem in SCHEMA:
            found.append(path)
            continue
        near = get_close_matches(path.stem, tuple(SCHEMA), n=1)
        hint = f"；是否为 {near[0]}.yaml？" if near else f"；可用：{'、'.join(SCHEMA)}"
        faults.at(shown(path)).report(1, "unknown-file", f"没有“{path.name}”这一类规则文件{hint}")
    return found


def _report_missing(section: str, values: Values, place: Place) -> None:
    for name in NEEDED.get(section, ()):
        key = f"{section}.{name}"
        by_wage = name == "annual_cap" and f"{section}.annual_cap_rate" in values
        if key not in values and not by_wage:
            place.under(key).report(1, "missing-key", f"缺少“{name}”；结算需要它")
    if section == "crediting" and FLAT not in values:
        for key in FLAT_PARTS:
            if key not in values:
                name = key.partition(".")[2]
                place.under(key).report(
                    1, "missing-key", f"缺少“{name}”；也可直接写每月定额 retiree_flat"
                )
