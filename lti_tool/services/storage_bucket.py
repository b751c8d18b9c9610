"""A bucket of an S3-compatible server as storage."""

import errno
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import BinaryIO

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from lti_tool.settings import Bucket

# Larger files go in parts of this size, a few of them in memory at once.
PART, PARTS_AT_ONCE = 8 * 1024 * 1024, 2
_NAMES_AT_ONCE = 500
# Kept when a process starts, to find out then whether anything can be.
PROBE = "probe"
_STATUS = re.compile(r"status code: (\d{3})")


def trouble_with(bucket: Bucket) -> str | None:
    """Try to keep something in the bucket; return what stands in the way in a sentence, None when nothing."""
    store = BucketStore(bucket)
    try:
        store.put(PROBE, b"")
    except OSError as problem:
        return f"the bucket {store.where('')} cannot be used: {problem.strerror}."
    return None


class BucketStore:
    """See `storage`. The server has what a call has put before it answers."""

    def __init__(self, bucket: Bucket) -> None:
        self._address = f"{bucket.endpoint}/{bucket.name}"
        self._store = S3Store(
            bucket.name,
            endpoint=bucket.endpoint,
            region=bucket.region,
            access_key_id=bucket.key,
            secret_access_key=bucket.secret,
            virtual_hosted_style_request=False,
            conditional_put="etag",
            client_options={
                "allow_http": bucket.endpoint.startswith("http:"),
                "connect_timeout": "5s",
                "timeout": "60s",
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
        )

    def where(self, name: str) -> str:
        return f"{self._address}/{name}".rstrip("/")

    def read(self, name: str) -> bytes | None:
        with self._in_words():
            try:
                return bytes(obstore.get(self._store, name).bytes())
            except FileNotFoundError as missing:
                return self._none_there(missing)

    def names_in(self, folder: str) -> list[str]:
        with self._in_words():
            found = obstore.list_with_delimiter(self._store, folder)["objects"]
        return sorted(one["path"].rpartition("/")[2] for one in found)

    def put(self, name: str, content: bytes) -> None:
        with self._in_words():
            obstore.put(self._store, name, content)

    def put_unless_there(self, name: str, content: bytes) -> None:
        with self._in_words():
            try:
                obstore.put(self._store, name, content, mode="create")
            except AlreadyExistsError:
                return

    def keep(self, name: str, file: BinaryIO) -> None:
        with self._in_words():
            obstore.put(self._store, name, file, chunk_size=PART, max_concurrency=PARTS_AT_ONCE)

    def size(self, name: str) -> int | None:
        with self._in_words():
            try:
                return obstore.head(self._store, name)["size"]
            except FileNotFoundError as missing:
                return self._none_there(missing)

    def pieces(self, name: str, start: int, end: int, piece: int) -> Iterator[bytes]:
        with self._in_words():
            found = obstore.get(self._store, name, options={"range": (start, end)})
        return (bytes(one) for one in found.stream(min_chunk_size=piece))

    def drop(self, names: Iterable[str]) -> None:
        with self._in_words():
            wanted = list(names)
            for start in range(0, len(wanted), _NAMES_AT_ONCE):
                obstore.delete(self._store, wanted[start : start + _NAMES_AT_ONCE])

    def older_than(self, folder: str, moment: datetime) -> Iterator[list[str]]:
        with self._in_words():
            for found in obstore.list(self._store, folder, chunk_size=_NAMES_AT_ONCE):
                yield [one["path"] for one in found if one["last_modified"] < moment]

    @staticmethod
    def _none_there(missing: FileNotFoundError) -> None:
        """Return None for a name that is not there; a bucket that is not there is trouble."""
        if "NoSuchBucket" in str(missing):
            raise missing
        return None

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say what went wrong in a few words: the library's own quote addresses and whole answers."""
        try:
            yield
        except (PermissionDeniedError, UnauthenticatedError) as problem:
            raise OSError(errno.EACCES, "the server refuses key and secret") from problem
        except FileNotFoundError as problem:
            words = "there is no such bucket" if "NoSuchBucket" in str(problem) else "it is not there"
            raise OSError(errno.ENOENT, words) from problem
        except BaseError as problem:
            status = _STATUS.search(str(problem))
            words = f"the server answers with status {status[1]}" if status else "the server does not answer"
            raise OSError(errno.EIO, words) from problem
