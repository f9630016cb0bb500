"""Where a pack lies: by area code, by its own code, or as a folder outside the tree."""

from __future__ import annotations

from pathlib import Path

from ledger.core.errors import UnknownPack

TREE = Path(__file__).parent / "packs"
PACK_FILE = "pack.yaml"
_SHOWN_TREE = "ledger/policy/packs"


def tree_packs() -> list[Path]:
    """The folders of the packs that come with Gongji, in order of name."""
    return sorted(path for path in TREE.iterdir() if path.is_dir() and not _hidden(path))


def pack_folder(code_or_dir: str | Path) -> Path:
    """The folder of a pack.

    Args:
        code_or_dir: `420300-shiyan` (its code), `420300` (the area code that its code begins
            with), `national`, or the path of a folder.

    Raises:
        UnknownPack: neither, or an area code with several packs.
    """
    code = str(code_or_dir)
    named = [path for path in tree_packs() if code in (path.name, path.name.partition("-")[0])]
    if len(named) == 1:
        return named[0]
    if len(named) > 1:
        names = "、".join(path.name for path in named)
        raise UnknownPack(f"“{code}”有多个政策包：{names}；请写全名", pack=code)
    folder = Path(code_or_dir)
    if folder.is_dir():
        return folder
    known = "、".join(path.name for path in tree_packs())
    raise UnknownPack(f"没有政策包“{code}”，也没有这个文件夹；现有政策包：{known}", pack=code)


def parent_folder(name: str, child: Path) -> Path | None:
    """The pack that `extends` names: in the tree, or a folder beside the one that extends."""
    beside = child.resolve().parent / name
    for folder in (TREE / name, beside):
        if folder.is_dir():
            return folder
    return None


def folders_under(directory: Path) -> list[Path]:
    """The packs in a directory: itself, where it holds a `pack.yaml` or any YAML file, or else
    every folder in it."""
    if any(directory.glob("*.yaml")):
        return [directory]
    return sorted(path for path in directory.iterdir() if path.is_dir() and not _hidden(path))


def shown(path: Path) -> str:
    """A file's name for people: from the project's root, or as the caller named it."""
    if path.is_relative_to(TREE):
        return f"{_SHOWN_TREE}/{path.relative_to(TREE).as_posix()}"
    return path.as_posix()


def _hidden(path: Path) -> bool:
    return path.name.startswith((".", "_"))
