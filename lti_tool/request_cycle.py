"""What happens around every request: transaction mode, headers, and the one place that shows refusals."""

import logging
from contextlib import suppress
from urllib.parse import urlsplit

from flask import Flask, Response, g, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from lti_tool import access, clock, observation, settings, transactions
from lti_tool.errors import DatabaseUnavailable, NotAMember, NotSignedIn, SeatRefused, Stale, ToolError
from lti_tool.knowledge import typed_fields
from lti_tool.services import kept_texts
from lti_tool.services.kind_forms import EXPERIENCE_PARTS
from lti_tool.transactions import transaction

log = logging.getLogger(__name__)

# These answer on their own, in transactions of their own (DESIGN 5, Launch); an erasure has three.
OWN_TRANSACTIONS = frozenset({"lti.login", "lti.launch", "content.place", "admin_people.erase"})
# Forms that may bring files: they alone may be large.
BRINGS_FILES = frozenset(
    {"files.bring", "posts.compose_as", "posts.write", "posts.save", "comments.write", "comments.save"}
    | {"drafts.keep", "profile.choose_picture"}
)
# A form without script brings several files at once: so many of the largest.
LARGEST_AT_ONCE = 4
# Pages that carry nothing of anyone and no act: any site may frame them.
FRAMED_BY_ANYONE = "*"
FRAMED_BY_NOBODY = "'none'"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'"
)
# What people type: shown back, and kept where we know whose it is.
TYPED_FIELDS = ("title", "body", *EXPERIENCE_PARTS, "name")
# Only what was sent to be published is kept: a preview sends every half-written state of a text.
KEPT_FROM = frozenset(
    {"posts.write", "posts.save", "comments.write", "comments.save", "prompts.write", "prompts.save"}
    | {"drafts.keep"}
)
NEXT_COOKIE = "__Host-cv_next"
NEXT_COOKIE_SHAPE = {"secure": True, "httponly": True, "samesite": "None", "partitioned": True}


def install(app: Flask) -> None:
    """Wire the cycle into an application."""
    # The first thing of all: access.py reads the database while the address is being taken apart.
    app.url_value_preprocessor(_take_files_in)
    app.url_value_preprocessor(_choose_transaction_mode)
    app.after_request(_end_transaction)
    app.after_request(_set_headers)
    app.teardown_request(lambda error: transactions.read_only(False))
    app.register_error_handler(ToolError, show_refusal)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(Exception, _show_unexpected)


def frame_by(origins: list[str] | str) -> None:
    """Say which sites may frame the answer of this request."""
    g.frame_ancestors = origins


def submit_to(origins: list[str]) -> None:
    """Say which sites, beside us, the forms of this answer may be sent to."""
    g.form_targets = origins


def _form_targets() -> str:
    return "".join(f" {origin}" for origin in g.get("form_targets", ()))


def _take_files_in(endpoint, values) -> None:
    """Read a form that brings files to its end before the database is asked anything.

    A slow line would otherwise hold the write lock. What is too large is refused later, by whoever reads the
    form next: by then it is known whose frame the page stands in.
    """
    brings = endpoint in BRINGS_FILES and request.mimetype == "multipart/form-data"
    if brings and request.method == "POST" and access.session_cookies():
        usual = request.max_content_length or 0
        request.max_content_length = usual + LARGEST_AT_ONCE * settings.current().file_limit
        with suppress(HTTPException):
            len(request.form)


def _choose_transaction_mode(endpoint, values) -> None:
    transactions.read_only(endpoint == "lti.login" or not access.is_unsafe())


def _end_transaction(response: Response) -> Response:
    """Commit after a good answer to an unsafe request; undo everything else."""
    if request.endpoint not in OWN_TRANSACTIONS and access.is_unsafe() and response.status_code < 400:
        transactions.commit()
    else:
        transactions.roll_back()
    return response


def _set_headers(response: Response) -> Response:
    response.headers.setdefault(
        "Content-Security-Policy", POLICY + _form_targets() + "; frame-ancestors " + _frame_ancestors()
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if settings.current().base_url.startswith("https:"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _frame_ancestors() -> str:
    chosen = g.get("frame_ancestors")
    admission = g.get("admission") or g.get("refused_admission")
    if chosen is None and admission is not None:
        chosen = admission.seat.frame_origins
    if isinstance(chosen, str):
        return chosen
    return " ".join(chosen) if chosen else FRAMED_BY_NOBODY


def show_refusal(error: ToolError):
    """Turn a typed refusal into a calm page: what happened, what was kept, what to do."""
    status = error.status
    observation.refused(error.code)
    if status >= 500:
        log.error("refused %s: %s %s", request.path, error.code, error.facts)
        _leave_the_community()
    transactions.roll_back()
    typed = _typed() if access.is_unsafe() else {}
    kept = bool(typed) and isinstance(error, NotSignedIn | SeatRefused | NotAMember) and _keep()
    if isinstance(error, NotSignedIn | DatabaseUnavailable) and g.get("frame_ancestors") is None:
        frame_by(FRAMED_BY_ANYONE)  # nobody could be asked whose frame this is; the page carries no act
    page = render_template(
        "errors/page.html",
        status=status,
        code=error.code,
        who=error.facts.get("who"),
        opens_at=error.facts.get("opens_at"),
        typed=typed,
        kept=kept,
        retry_url=_home_again() if isinstance(error, SeatRefused | Stale) else None,
    )
    response = Response(page, status=status)
    if isinstance(error, NotSignedIn):
        _remember_where_to(response)
    if isinstance(error, DatabaseUnavailable):
        response.headers["Retry-After"] = "30"
    return response


def _home_again() -> str | None:
    """Return the way back into the community for somebody whose page was no longer current."""
    admission = g.get("admission") or g.get("refused_admission")
    if admission is None:
        return None
    return url_for("home.index", community_id=admission.member.community.id, seat=admission.seat.id)


def _leave_the_community() -> None:
    """Make the page of our own failures without the database, which may be what failed."""
    admission = g.pop("admission", None)
    g.pop("refused_admission", None)
    if admission is not None and g.get("frame_ancestors") is None:
        frame_by(list(vars(admission.seat).get("frame_origins") or ()))


def _typed() -> dict[str, str]:
    """Return what somebody wrote into the form that was sent; nothing when it cannot be read at all."""
    try:
        return {name: request.form[name] for name in TYPED_FIELDS if request.form.get(name)}
    except HTTPException:  # too large, torn
        return {}


def _keep() -> bool:
    """Keep a text whose seat token is genuine for that person and community; tell whether it was kept."""
    # A draft that a page sends by itself is one of many half-written states, too.
    if request.endpoint not in KEPT_FROM or request.accept_mimetypes.best == "application/json":
        return False
    community_id = g.get("community_id")
    seat = access.genuine_seat_of_request()
    if seat is None or community_id is None or seat.community_id != community_id:
        return False
    fields = typed_fields.typed(request.form.items(multi=True), besides=("draft",))
    with transaction():
        kept_texts.keep(seat.user_id, community_id, request.path, fields, clock.now())
    return True


def _remember_where_to(response: Response) -> None:
    """Note the page that was asked for, so that the next launch in this browser goes there."""
    if access.is_unsafe() or request.headers.get("Sec-Fetch-Dest", "document") not in ("document", "iframe"):
        return
    # Noted in a tab of its own: without a partition it is also seen by the next launch inside the LMS's
    # frame, where the browser lets it through.
    in_frame = request.headers.get("Sec-Fetch-Dest") == "iframe"
    shape = NEXT_COOKIE_SHAPE | {"partitioned": in_frame}
    response.set_cookie(NEXT_COOKIE, request.path[:500], max_age=1800, **shape)


def remembered_address() -> str | None:
    """Return the community page that this browser asked for before it was signed in, or None."""
    value = request.cookies.get(NEXT_COOKIE, "")
    if not value.startswith(access.SPACE + "/") or "\\" in value:
        return None
    parts = urlsplit(value)
    return None if parts.scheme or parts.netloc else parts.path


def forget_address(response: Response) -> None:
    """Drop the note that `remembered_address` reads."""
    if NEXT_COOKIE in request.cookies:
        for partitioned in (True, False):
            response.delete_cookie(NEXT_COOKIE, **NEXT_COOKIE_SHAPE | {"partitioned": partitioned})


def _show_http_error(error: HTTPException):
    if error.code is None or error.code < 400:
        return error
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, ToolError):  # raised after the view, by the commit
        return show_refusal(cause)
    refusal = ToolError({404: "not-found", 405: "not-found", 413: "too-large"}.get(error.code, "bad-request"))
    refusal.status = 404 if error.code == 405 else error.code
    return show_refusal(refusal)


def _show_unexpected(error: Exception):
    log.exception("unexpected error at %s", request.path)
    return show_refusal(ToolError())
