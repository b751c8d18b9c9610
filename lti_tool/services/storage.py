"""What is kept outside the database (STORAGE_URL): in a folder, or in a bucket of an S3-compatible server.

A name is its parts with slashes between them, such as `erasures/key`. Everything is there whole or not at
all, and lasts once a function has returned. What does not work is an OSError whose `strerror` can be shown.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from os import getpid
from typing import BinaryIO, Protocol

from lti_tool import settings
from lti_tool.services.storage_bucket import BucketStore
from lti_tool.services.storage_folder import FolderStore

# Of what is streamed to a reader, at once in memory.
PIECE = 256 * 1024


class Store(Protocol):
    """What both kinds of storage can do."""

    def where(self, name: str) -> str: ...
    def read(self, name: str) -> bytes | None: ...
    def names_in(self, folder: str) -> list[str]: ...
    def put(self, name: str, content: bytes) -> None: ...
    def put_unless_there(self, name: str, content: bytes) -> None: ...
    def keep(self, name: str, file: BinaryIO) -> None: ...
    def size(self, name: str) -> int | None: ...
    def pieces(self, name: str, start: int, end: int, piece: int) -> Iterator[bytes]: ...
    def drop(self, names: Iterable[str]) -> None: ...
    def older_than(self, folder: str, moment: datetime) -> Iterator[list[str]]: ...


def where(name: str) -> str:
    """Return where something of this name is kept, as an operator would look for it; no secret is in it."""
    return _store().where(name)


def read(name: str) -> str | None:
    """Return a text that is kept, None when nothing is. Raises OSError."""
    content = _store().read(name)
    return None if content is None else content.decode()


def names_in(folder: str) -> list[str]:
    """Return the names of what is kept directly in a folder, none when there is no folder. Raises OSError."""
    return _store().names_in(folder)


def put(name: str, text: str) -> None:
    """Keep a text under this name, in the place of what is there.

    Raises OSError; what was there is there still then.
    """
    _store().put(name, text.encode())


def put_unless_there(name: str, text: str) -> None:
    """Keep a text under this name unless there is one; of several at once, one does. Raises OSError."""
    _store().put_unless_there(name, text.encode())


def keep(name: str, file: BinaryIO) -> None:
    """Keep the content of an open file from its beginning, in bounded memory. Raises OSError."""
    file.seek(0)
    _store().keep(name, file)


def size(name: str) -> int | None:
    """Return how many bytes are kept under this name, None when nothing is. Raises OSError."""
    return _store().size(name)


def pieces(name: str, start: int, end: int) -> Iterator[bytes]:
    """Read what is kept from byte `start` up to, not including, `end`, in pieces. Raises OSError."""
    return _store().pieces(name, start, end, PIECE)


def drop(names: Iterable[str]) -> None:
    """Forget what is kept under these names; what is not there is no trouble. Raises OSError."""
    _store().drop(names)


def older_than(folder: str, moment: datetime) -> Iterator[list[str]]:
    """Go through everything below a folder that was kept before a moment, some names at a time."""
    return _store().older_than(folder, moment)


def _store() -> Store:
    chosen = settings.current()
    # The library behind both must not be carried over a fork: every process opens its own.
    return _opened(chosen.storage_dir, chosen.storage_bucket, getpid())


@lru_cache(maxsize=8)
def _opened(folder, bucket, process: int) -> Store:
    return BucketStore(bucket) if bucket is not None else FolderStore(folder)
