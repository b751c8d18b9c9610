"""Files as they are read: by a short-lived signed address that carries and reads no session."""

import logging
import unicodedata
from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.http import is_resource_modified

from lti_tool import clock, downloads, settings
from lti_tool.errors import NotFound, StorageUnavailable
from lti_tool.knowledge.filetypes import Family, known
from lti_tool.services import attachment_views, file_links, storage
from lti_tool.services.attachment_views import Stored

log = logging.getLogger(__name__)

bp = Blueprint("file_links", __name__)

# What is shown is nothing but the file: no script of it runs, and nothing that it names is loaded. Browsers
# centre an image by a style of their own. An LMS's frame may show one: there is nothing in it to click on.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
# As long as every link is good at least.
CACHING = "private, max-age=1800, immutable"


@bp.get("/files/<link>")
def read(link):
    good_for = file_links.opened(settings.current().secret_key, link, clock.now())
    if good_for is None:
        raise NotFound("file-link-over")
    file = attachment_views.behind_link(good_for)
    try:
        return _answer(file)
    except OSError as problem:
        raise StorageUnavailable(problem=problem.strerror) from problem


def _answer(file: Stored) -> Response:
    size = storage.size(file.key)
    if size is None:
        log.error("the bytes of a file are not there: %s", storage.where(file.key))
        raise NotFound("file-gone")
    response = Response(mimetype=file.media_type)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = CACHING
    response.headers["Content-Disposition"] = _disposition(file)
    response.set_etag(file.etag)
    if not is_resource_modified(request.environ, etag=response.headers["ETag"]):
        response.status_code = 304
        return response
    downloads.hand_out(response, file.key, size, f'"{file.etag}"')
    return response


def _disposition(file: Stored) -> str:
    """Say whether a browser shows the file, and what it is called: for old programs without accents, too.

    Images are shown: they were made anew from nothing but their pixels. All else is for programs.
    """
    kind = known(file.media_type)
    how = "inline" if kind is not None and kind.family is Family.IMAGE else "attachment"
    plain = unicodedata.normalize("NFKD", file.name).encode("ascii", "ignore").decode()
    plain = plain.replace("\\", "").replace('"', "")
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
