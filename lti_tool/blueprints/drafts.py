"""Drafts: kept while one writes, listed, gone on with, discarded and brought back."""

from flask import jsonify, redirect, render_template, url_for

from lti_tool import clock, form_drafts, mentioned, pages, sent_files
from lti_tool.access import community_blueprint
from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.permissions import Act
from lti_tool.services import drafts

bp = community_blueprint("drafts", __name__)


@bp.get("/drafts")
def index(member):
    return render_template("drafts/index.html", drafts=drafts.of(member, clock.now()), most=drafts.MOST)


@bp.post("/drafts")
def keep(member):
    sent = form_drafts.sent(sent_files.with_kept(member))
    try:
        outcome = drafts.keep(member, sent, clock.now())
    except Unfit as err:
        return _not_kept(sent, err.problems["draft"][0]), 422
    except Stale as err:
        return _not_kept(sent, err.code), 409
    if not outcome.kept:
        return _not_kept(sent, "draft-changed", outcome.draft), 409
    if form_drafts.is_asked_by_script():
        kept_at = pages.time_of_day(outcome.draft.updated_at)
        return jsonify(version=outcome.draft.version, at=kept_at)
    form_address = form_drafts.address_of(outcome.draft.place, outcome.draft.id, done="draft-kept")
    if sent_files.refused():
        return render_template("drafts/without_files.html", form_address=form_address)
    return redirect(form_address, 303)


def _not_kept(sent, code, standing=None):
    """Say why a text was not kept, with that text, and with the other one where there is one."""
    if form_drafts.is_asked_by_script():
        said = render_template("drafts/_said.html", code=code)
        other = _as_a_form_has_it(standing) if standing is not None else None
        return jsonify(code=code, said=said, other=other)
    return render_template(
        "drafts/not_kept.html",
        code=code,
        sent=sent,
        standing=standing,
        form_address=form_drafts.address_of(sent.place),
    )


def _as_a_form_has_it(draft):
    fields = {name: [mentioned.written_out(text) for text in texts] for name, texts in draft.fields.items()}
    return {"version": draft.version, "at": pages.time_of_day(draft.updated_at), "fields": fields}


@bp.get("/drafts/<id:draft_id>")
def show(member, draft_id):
    member.must(Act.KEEP)
    draft = drafts.one(member, draft_id)
    if draft is None:
        raise NotFound()
    return redirect(form_drafts.address_of(draft.place, draft.id), 302)


@bp.post("/drafts/<id:draft_id>/discard")
def discard(member, draft_id):
    drafts.discard(member, draft_id, clock.now())
    return redirect(url_for(".index", done="draft-discarded", of=draft_id), 303)


@bp.post("/drafts/<id:draft_id>/restore")
def restore(member, draft_id):
    drafts.restore(member, draft_id)
    return redirect(url_for(".index", done="draft-restored"), 303)
