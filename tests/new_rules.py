"""A pack of a city's own that changes one thing of the one it extends, as an office would write it
beside the program."""

from __future__ import annotations

from pathlib import Path

_HEAD = """\
code: new-rules
name: 试行规则
pool: 420300
insurance_type: 310
status: draft
approved_by: 试算
extends: 420300-shiyan
documents:
  - id: 新规
    title: 试行规则
    status: 试算
    date: 2023-06-01
    promulgated: false
    read_in: 试算
"""


def write_new_rules(folder: Path, outpatient: str) -> Path:
    """The folder `new-rules`, with these values of `outpatient.yaml` over those of Shiyan."""
    pack = folder / "new-rules"
    pack.mkdir()
    (pack / "pack.yaml").write_text(_HEAD, encoding="utf-8")
    (pack / "outpatient.yaml").write_text(outpatient, encoding="utf-8")
    return pack
