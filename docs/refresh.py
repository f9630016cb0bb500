"""Bring the READMEs up to what the program does: outputs of commands, and the picture.

Each ```console block of a README is run again, line by line where a line starts with "$ ", and
its outputs are put below. The demo is run first, by the first command. A comment before a block,
<!-- from "one text" through "another" -->, keeps only those lines of a long output.

The picture is the first page of the demo's last reconciliation workbook, drawn by LibreOffice
and pdftoppm.

    .venv/bin/python docs/refresh.py
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh-CN.md")
PICTURE = ROOT / "docs" / "reconciliation.png"
WORKBOOKS = "demo/out/*对账表*.xlsx"
PIXELS_ACROSS = 1400
BLOCK = re.compile(
    r'(?P<comment><!-- from "(?P<first>[^"]+)" through "(?P<last>[^"]+)" -->\n\n)?'
    r"^```console\n(?P<block>.*?)^```",
    flags=re.M | re.S,
)


def refreshed(text: str, outputs: dict[str, str]) -> str:
    """The page with the outputs of its console blocks as they are now.

    `outputs` remembers what each command printed, so that both pages show one run.
    """
    return BLOCK.sub(lambda found: _block(found, outputs), text)


def _block(found: re.Match[str], outputs: dict[str, str]) -> str:
    commands = re.findall(r"^\$ (.*)$", found["block"], flags=re.M)
    for command in commands:
        if command not in outputs:
            outputs[command] = run(command)
    shown = (f"$ {command}\n{kept(outputs[command], found)}" for command in commands)
    return f"{found['comment'] or ''}```console\n{''.join(shown)}```"


def kept(output: str, found: re.Match[str]) -> str:
    """The lines that a block shows, with … where others were left out."""
    if found["comment"] is None:
        return output
    lines = output.splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if found["first"] in line)
    last = next(n for n, line in enumerate(lines) if n >= first and found["last"] in line)
    after = ["…\n"] if last + 1 < len(lines) else []
    return "".join([*(["…\n"] if first else []), *lines[first : last + 1], *after])


def run(command: str) -> str:
    """What a command prints, in the project's folder, at 100 columns and without colours."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{command}\n{done.stdout}{done.stderr}")
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def draw(workbook: Path) -> None:
    """The first page of a workbook, as the picture."""
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation=file://{folder}/profile"
        to_pdf = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder]
        subprocess.run([*to_pdf, str(workbook)], check=True, capture_output=True)
        pdf = Path(folder) / f"{workbook.stem}.pdf"
        options = ["-png", "-singlefile", "-scale-to-x", str(PIXELS_ACROSS), "-scale-to-y", "-1"]
        to_png = ["pdftoppm", *options, str(pdf), str(PICTURE.with_suffix(""))]
        subprocess.run(to_png, check=True)


def main() -> None:
    outputs: dict[str, str] = {}
    for name in READMES:
        page = ROOT / name
        page.write_text(refreshed(page.read_text(encoding="utf-8"), outputs), encoding="utf-8")
    draw(max(ROOT.glob(WORKBOOKS)))


if __name__ == "__main__":
    main()
