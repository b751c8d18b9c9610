"""Small texts in the storage folder (STORAGE_URL), each a file that is there whole or not at all.

Nothing here needs more of a storage than to read a name, to put one, and to put one unless it is there.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lti_tool import settings

# Of what is being written; no name of ours begins like this.
_DRAFT = ".draft-"


def place(*names: str) -> Path:
    """Return where something of this name is kept, whether or not it is there."""
    return settings.current().storage_dir.joinpath(*names)


def read(file: Path) -> str | None:
    """Return what is kept there, None when nothing is. Raises OSError."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def names_in(folder: Path) -> list[str]:
    """Return the names of what is kept in a folder, none when there is no folder. Raises OSError."""
    if not folder.is_dir():
        return []
    return sorted(name for name in os.listdir(folder) if not name.startswith(_DRAFT))


def put(file: Path, text: str) -> None:
    """Keep a text under this name, in the place of what is there; on the disk before this returns.

    Raises OSError; what was there is there still then.
    """
    with _draft_of(file, text) as draft:
        draft.replace(file)


def put_unless_there(file: Path, text: str) -> None:
    """Keep a text under this name unless there is one; of several at once, one does. Raises OSError."""
    with _draft_of(file, text) as draft:
        try:
            os.link(draft, file)
        except FileExistsError:
            return


@contextmanager
def _draft_of(file: Path, text: str) -> Iterator[Path]:
    """Write a text beside its place, for this account only; then the folder remembers what became of it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{_DRAFT}{uuid.uuid4()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(text)
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
