"""One's own data: what is known, a copy to take along, and asking to be erased."""

from flask import Response, redirect, render_template, request, url_for
from flask_babel import get_locale

from lti_tool import clock, downloads, settings
from lti_tool.access import community_blueprint
from lti_tool.errors import NotFound, StorageUnavailable
from lti_tool.services import erasure_requests, my_data, personal_copies, storage

bp = community_blueprint("my_data", __name__)


@bp.get("/my-data")
def index(member):
    return _page(member)


@bp.post("/my-data/copy")
def ask_for_copy(member):
    personal_copies.ask(member.user.id, str(get_locale()), clock.now())
    return redirect(url_for(".index", done="copy-asked"), 303)


@bp.get("/my-data/copy")
def copy(member):
    """Hand out the copy; a download that broke off can be taken up again."""
    now = clock.now()
    found = personal_copies.to_take(member.user.id, now)
    try:
        size = storage.size(found.key)
        if size is None:
            raise NotFound("no-copy")
        answer = Response(mimetype="application/zip")
        answer.headers["Content-Disposition"] = f'attachment; filename="my-data-{found.made_at:%Y-%m-%d}.zip"'
        answer.headers["Cache-Control"] = "no-store"
        downloads.hand_out(answer, found.key, size, f'"{found.key}"')
    except OSError as problem:
        raise StorageUnavailable(problem=problem.strerror) from problem
    return answer


@bp.post("/my-data/erasure")
def ask_for_erasure(member):
    if "confirmed" not in request.form:
        return _page(member, unconfirmed=True), 422
    erasure_requests.ask(member, clock.now())
    return redirect(url_for(".index", done="erasure-asked", _anchor="erasure"), 303)


@bp.post("/my-data/erasure/withdrawal")
def withdraw(member):
    erasure_requests.withdraw(member, clock.now())
    return redirect(url_for(".index", done="erasure-withdrawn", _anchor="erasure"), 303)


def _page(member, *, unconfirmed: bool = False) -> str:
    chosen = settings.current()
    return render_template(
        "my_data/index.html",
        data=my_data.of(member, clock.now()),
        unconfirmed=unconfirmed,
        contact=chosen.contact,
        evidence_days=chosen.grade_evidence_days,
    )
