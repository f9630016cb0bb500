"""The demo's folder: it replaces what an earlier run made there, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ledger.core.errors import Refused
from ledger.core.os_errors import why

MANIFEST = ".gongji-demo.json"
"""Lists the files that a run made, relative to the folder."""
DATABASE = "gongji.db"
INPUTS = "in"
OUTPUTS = "out"
_BESIDE_A_DATABASE = ("", "-wal", "-shm", "-journal")


class DemoFolder:
    """`DIR/in`, `DIR/out` and `DIR/gongji.db`, emptied of an earlier run."""

    def __init__(self, root: Path, planned: Iterable[str]) -> None:
        """Args:
            planned: names of the input files that this run will write.

        Raises:
            Refused: `demo/foreign-files` when a file that no demo made stands in the way;
                `export/unwritable`.
        """
        self.root = root
        _make(root)
        made = _made_before(root)
        ours = [DATABASE, *(f"{INPUTS}/{name}" for name in planned)]
        self._refuse_foreign([name for name in ours if (root / name).exists()], made)
        for name in made:
            (root / name).unlink(missing_ok=True)
        for ending in _BESIDE_A_DATABASE:
            (root / f"{DATABASE}{ending}").unlink(missing_ok=True)
        for folder in (self.inputs, self.outputs):
            _make(folder)
        self._made: list[str] = []
        self.keep([root / name for name in ours])

    def _refuse_foreign(self, existing: list[str], made: list[str]) -> None:
        foreign = [name for name in existing if name not in made]
        if foreign:
            raise Refused(
                "demo/foreign-files",
                f"“{self.root}”里有不是演示生成的文件（{'、'.join(foreign[:3])}）；"
                "为免覆盖，请换一个文件夹，或先移走这些文件",
            )

    @property
    def inputs(self) -> Path:
        return self.root / INPUTS

    @property
    def outputs(self) -> Path:
        return self.root / OUTPUTS

    @property
    def database(self) -> Path:
        return self.root / DATABASE

    def output(self, name: str) -> Path:
        """A path in `out/` for a file that this run makes.

        Raises:
            Refused: `demo/foreign-files`.
        """
        path = self.outputs / name
        if path.exists():
            self._refuse_foreign([f"{OUTPUTS}/{name}"], self._made)
        self.keep([path])
        return path

    def keep(self, paths: Iterable[Path]) -> None:
        """Remember files as made by the demo, before they are written: a run that is broken off
        must be replaceable too."""
        names = [path.relative_to(self.root).as_posix() for path in paths]
        self._made += [name for name in names if name not in self._made]
        content = {"made_by": "gongji demo", "files": self._made}
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        (self.root / MANIFEST).write_text(text, encoding="utf-8")


def _made_before(root: Path) -> list[str]:
    """What the manifest lists, as far as it lies inside the folder."""
    manifest = root / MANIFEST
    if not manifest.exists():
        return []
    names = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    inside = root.resolve()
    return [name for name in names if (root / name).resolve().is_relative_to(inside)]


def _make(folder: Path) -> None:
    """Raises: Refused `export/unwritable`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused("export/unwritable", f"无法写入 {folder}：{why(error)}") from error
