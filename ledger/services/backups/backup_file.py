"""A backup is one file: the books as their database writes them, and what they must be.

    manifest.json   which database, revision, pool and instant; rows of each table; SHA-256
    books           the SQLite file, or pg_dump's custom format

It is a zip file, so that any program can look into it. It holds personal data: readable by its
owner only.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from ledger.core.errors import Refused
from ledger.core.os_errors import why

BOOKS, MANIFEST = "books", "manifest.json"
FORMAT = 1
CHUNK = 1 << 20
DAMAGED = "备份已损坏：内容与其校验和不符；请用另一份备份"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `taken_at`: UTC, ISO 8601; what was committed before is in."""

    database: str
    """sqlite or postgresql."""
    revision: str
    pool: str
    taken_at: str
    counts: dict[str, int]
    """Table -> rows."""
    bytes: int = 0
    sha256: str = ""
    format: int = FORMAT


class Writing:
    """A backup on its way: `take` the books, then `finish` with what they are."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._hash, self._bytes = sha256(), 0

    def take(self, books: IO[bytes], compressed: bool) -> None:
        """Args: compressed: they are already, and would not become smaller."""
        part = zipfile.ZipInfo(BOOKS)
        part.compress_type = zipfile.ZIP_STORED if compressed else zipfile.ZIP_DEFLATED
        with self._archive.open(part, "w", force_zip64=True) as out:
            while chunk := books.read(CHUNK):
                self._hash.update(chunk)
                self._bytes += len(chunk)
                out.write(chunk)

    def finish(self, manifest: Manifest) -> Manifest:
        """The manifest with size and checksum, as it stands in the file."""
        said = asdict(manifest) | {"bytes": self._bytes, "sha256": self._hash.hexdigest()}
        self._archive.writestr(MANIFEST, json.dumps(said, ensure_ascii=False, indent=2))
        return Manifest(**said)


@contextmanager
def new_backup(path: Path) -> Iterator[Writing]:
    """A backup under its name only once it is whole and on the disk.

    Raises:
        Refused: `backup/file-exists`, `backup/unwritable`.
    """
    if path.exists():
        raise Refused("backup/file-exists", f"{path} 已存在；请换一个文件名，备份不覆盖文件")
    part = path.with_name(path.name + ".part")
    try:
        with (
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out,
            zipfile.ZipFile(out, "w", compresslevel=1) as archive,
        ):
            yield Writing(archive)
            archive.close()
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as error:
        raise Refused("backup/unwritable", f"备份写不进 {path}：{why(error)}") from error
    finally:
        with suppress(OSError):  # A disk that takes no writes: there is nothing to take away.
            part.unlink(missing_ok=True)


def manifest_of(path: Path) -> Manifest:
    """What the backup says of itself.

    Raises:
        Refused: `restore/not-a-backup`, `restore/newer-program`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            said = json.loads(archive.read(MANIFEST))
    except FileNotFoundError as error:
        raise Refused("restore/not-a-backup", f"没有文件 {path}") from error
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Refused("restore/not-a-backup", f"{path} 不是完整的 gongji 备份") from error
    if said.get("format") != FORMAT:
        raise Refused("restore/newer-program", "该备份由更新的程序建立；请先升级程序")
    return Manifest(**said)


@contextmanager
def books_in(path: Path) -> Iterator[IO[bytes]]:
    """The books in a backup, to be read from their beginning."""
    with zipfile.ZipFile(path) as archive, archive.open(BOOKS) as books:
        yield books


def copy_checked(
    path: Path, manifest: Manifest, out: IO[bytes] | None, tell: Callable[[int, int], None]
) -> None:
    """Read the books to their end, into `out` if given, and compare them with their checksum.

    Args:
        tell: (bytes read, bytes there are).

    Raises:
        Refused: `restore/damaged`.
    """
    read, done = sha256(), 0
    try:
        with books_in(path) as books:
            while chunk := books.read(CHUNK):
                read.update(chunk)
                done += len(chunk)
                tell(done, manifest.bytes)
                if out is not None:
                    out.write(chunk)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise Refused("restore/damaged", DAMAGED) from error
    if read.hexdigest() != manifest.sha256:
        raise Refused("restore/damaged", DAMAGED)
