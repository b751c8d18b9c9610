"""A folder as storage: files that this account alone may read, on the disk before anybody relies on them."""

import errno
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore

# Of what is being written; no name of ours begins like this.
_DRAFT = ".draft-"
_AT_ONCE = 1024 * 1024
_NAMES_AT_ONCE = 500


class FolderStore:
    """See `storage`. Written by ourselves, since the library leaves it to chance when a disk has it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def where(self, name: str) -> str:
        return str(self._folder / name)

    def read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def names_in(self, folder: str) -> list[str]:
        place = self._folder / folder
        if not place.is_dir():
            return []
        return sorted(name for name in os.listdir(place) if not name.startswith(_DRAFT))

    def put(self, name: str, content: bytes) -> None:
        file = self._folder / name
        with _draft_of(file, [content]) as draft:
            draft.replace(file)

    def put_unless_there(self, name: str, content: bytes) -> None:
        file = self._folder / name
        with _draft_of(file, [content]) as draft, suppress(FileExistsError):
            os.link(draft, file)

    def keep(self, name: str, file: BinaryIO) -> None:
        place = self._folder / name
        with _draft_of(place, iter(lambda: file.read(_AT_ONCE), b"")) as draft:
            draft.replace(place)

    def size(self, name: str) -> int | None:
        try:
            return (self._folder / name).stat().st_size
        except FileNotFoundError:
            return None

    def pieces(self, name: str, start: int, end: int, piece: int) -> Iterator[bytes]:
        # Opened before the first piece is asked for: what is missing is said while that can still be told.
        if self.size(name) is None:
            raise OSError(errno.ENOENT, "it is not there")
        try:
            found = obstore.get(self._opened(), name, options={"range": (start, end)})
        except FileNotFoundError as missing:  # taken away meanwhile
            raise OSError(errno.ENOENT, "it is not there") from missing
        except BaseError as problem:
            raise OSError(errno.EIO, type(problem).__name__) from problem
        return (bytes(one) for one in found.stream(min_chunk_size=piece))

    def drop(self, names: Iterable[str]) -> None:
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def older_than(self, folder: str, moment: datetime) -> Iterator[list[str]]:
        if not (self._folder / folder).is_dir():
            return
        for found in obstore.list(self._opened(), folder, chunk_size=_NAMES_AT_ONCE):
            yield [one["path"] for one in found if one["last_modified"] < moment]

    def _opened(self) -> LocalStore:
        return LocalStore(prefix=self._folder)


@contextmanager
def _draft_of(file: Path, content: Iterable[bytes]) -> Iterator[Path]:
    """Write a file beside its place, for this account only; then the folder remembers what became of it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{_DRAFT}{uuid.uuid4()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.writelines(content)
            opened.flush()
            os.fsync(opened.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
