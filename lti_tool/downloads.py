"""Files that somebody takes along, sent as they are made: they may be larger than what fits in memory."""

from collections.abc import Iterator

from flask import Response, request, stream_with_context

from lti_tool.services import storage

JSON, CSV, ZIP = "application/json", "text/csv; charset=utf-8", "application/zip"


def download(pieces: Iterator[str] | Iterator[bytes], kind: str, name: str) -> Response:
    """Send a file piece by piece.

    Its pieces are made when the request's own transaction is over: they read in another one, read-only as
    well, and of rows they know only what was taken out of them before.
    """
    answer = Response(stream_with_context(pieces), content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def hand_out(response: Response, key: str, size: int, etag: str) -> None:
    """Send what is kept under a key, whole or the part that is asked for: a download can be taken up again.

    :param size: in bytes. :param etag: with its quotation marks, of what is kept now. Raises OSError.
    """
    response.headers["Accept-Ranges"] = "bytes"
    start, end = _part(response, size, etag)
    response.headers["Content-Length"] = str(max(0, end - start))
    if request.method == "GET" and end > start:
        response.response = _checked(storage.pieces(key, start, end), end - start)


def _part(response: Response, size: int, etag: str) -> tuple[int, int]:
    """Return from which byte to which the request is answered, and say so in the answer."""
    condition = request.headers.get("If-Range")
    if request.range is None or request.range.units != "bytes" or condition not in (None, etag):
        return 0, size
    if len(request.range.ranges) > 1:
        return 0, size  # nobody resumes in several places at once
    part = request.range.range_for_length(size)
    if part is None:
        response.status_code = 416
        response.headers["Content-Range"] = f"bytes */{size}"
        return 0, 0
    response.status_code = 206
    response.headers["Content-Range"] = f"bytes {part[0]}-{part[1] - 1}/{size}"
    return part


def _checked(pieces: Iterator[bytes], length: int) -> Iterator[bytes]:
    """Hand a file on piece by piece; break the connection off rather than end as if it were whole."""
    sent = 0
    for piece in pieces:
        sent += len(piece)
        yield piece
    if sent != length:
        raise OSError("the storage ended too early")
