"""`--set KEY=VALUE`: try a rule before it becomes one. The value holds on all days of the pack
and is marked as assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches

from ledger.core.errors import BadOverride
from ledger.core.months import FAR
from ledger.policy.dated import Dated
from ledger.policy.kinds import NOTHING, STATUSES, TIERS
from ledger.policy.nodes import Faults, Plain, node_of
from ledger.policy.schema import KEYS, SCHEMA
from ledger.policy.values import Citation

_UNSET_FROM = date(1900, 1, 1)
_NOTE = "试算参数（--set），不是规定"


def full_keys(overrides: Mapping[str, str]) -> dict[str, str]:
    """The overrides by their full keys, so that one trial has one version however it is typed.

    Raises:
        BadOverride: an unknown or ambiguous key.
    """
    full = {}
    for asked, written in overrides.items():
        key, cells = resolve(asked)
        full[".".join((key, *cells))] = written.strip()
    return full


def apply_overrides(
    values: Mapping[str, list[Dated]], overrides: Mapping[str, str], pack: str
) -> dict[str, list[Dated]]:
    """The values with each override in place.

    Raises:
        BadOverride: an unknown or ambiguous key, or a value that the key cannot be.
    """
    result = dict(values)
    for asked, written in overrides.items():
        key, cells = resolve(asked)
        before = result.get(key, [])
        if cells:
            if not before:
                raise BadOverride(f"政策包 {pack} 没有 {key}，不能只改其中一栏 {asked}", key=asked)
            result[key] = [
                _checked(value, _with_cell(value.plain, cells, written, asked), asked, written)
                for value in before
            ]
        else:
            result[key] = [
                _checked(_whole(key, before, pack), _plain(key, written), asked, written)
            ]
    return result


def resolve(asked: str) -> tuple[str, tuple[str, ...]]:
    """A key as typed -> the full key and the cell in its table.

    `outpatient.ratio.employed.3`, `ratio.employed.3`, `outpatient.deductible` and `deductible`
    are all understood, as long as only one key fits.
    """
    parts = tuple(asked.strip().split("."))
    if len(parts) > 1 and ".".join(parts[:2]) in KEYS:
        return ".".join(parts[:2]), parts[2:]
    fitting = [key for key in KEYS if key.partition(".")[2] == parts[0]]
    # Several benefits have a deductible; the word alone means that of ordinary outpatient visits.
    fitting = [key for key in fitting if key.startswith("outpatient.")] or fitting
    if len(fitting) == 1:
        return fitting[0], parts[1:]
    if fitting:
        raise BadOverride(f"“{asked}”有多个：{'、'.join(fitting)}；请写全名", key=asked)
    raise BadOverride(f"没有“{asked}”这个参数{_near(asked)}", key=asked)


def _near(asked: str) -> str:
    short = {key.partition(".")[2]: key for key in KEYS}
    near = get_close_matches(asked, KEYS, n=3) or [
        short[name] for name in get_close_matches(asked.split(".")[-1], tuple(short), n=3)
    ]
    return f"；是否为 {'、'.join(near)}？" if near else "；可用 gongji rules list 查看全部参数"


def _whole(key: str, before: list[Dated], pack: str) -> Dated:
    """One value over all the days of the key; from 1900 where the pack has none."""
    if before:
        return replace(before[0], until=before[-1].until)
    return Dated(
        key=key,
        title=key,
        unit="",
        start=_UNSET_FROM,
        until=FAR,
        plain=None,
        typed=None,
        cite=Citation("", ""),
        verified=False,
        assumed=True,
        note=_NOTE,
        file="--set",
        line=0,
        pack=pack,
    )


def _plain(key: str, written: str) -> Plain:
    """What a whole key is set to. Lists are typed with commas: `pooled_med_types=11,13`."""
    if written in NOTHING and _accepts(key, None):
        return None
    if _accepts(key, []):
        return [item.strip() for item in written.split(",") if item.strip()]
    return written


def _accepts(key: str, plain: Plain) -> bool:
    section, _, name = key.partition(".")
    faults = Faults()
    SCHEMA[section][name](node_of(plain), faults.at("--set", key))
    return not faults.found


def _with_cell(plain: Plain, cells: tuple[str, ...], written: str, asked: str) -> Plain:
    """The table with one cell replaced; what is one value for all becomes a table first, and a
    tier named without a status is meant for both."""
    name, *rest = cells
    if isinstance(plain, dict) and name in TIERS and name not in plain:
        return {row: _with_cell(cell, cells, written, asked) for row, cell in plain.items()}
    if isinstance(plain, str | None) and name in (*STATUSES, *TIERS):
        names = STATUSES if name in STATUSES else TIERS
        plain = dict.fromkeys(names, plain)
    if not isinstance(plain, dict) or name not in plain:
        known = "、".join(plain) if isinstance(plain, dict) else "无"
        raise BadOverride(f"“{asked}”中没有“{name}”这一栏；可用：{known}", key=asked)
    return {
        **plain,
        name: _with_cell(plain[name], tuple(rest), written, asked) if rest else written,
    }


def _checked(value: Dated, plain: Plain, asked: str, written: str) -> Dated:
    section, _, name = value.key.partition(".")
    faults = Faults()
    typed = SCHEMA[section][name](node_of(plain), faults.at("--set", value.key))
    if faults.found:
        raise BadOverride(
            f"{asked}={written}：" + "；".join(fault.message for fault in faults.found), key=asked
        )
    return replace(
        value, plain=plain, typed=typed, verified=False, assumed=True, note=_NOTE, derived=False
    )
