"""The rules of a grade: consider others, see what they would do, put them into force, look back."""

from babel.numbers import get_decimal_symbol
from flask import redirect, render_template, request, url_for
from flask_babel import get_locale
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import Stale
from lti_tool.grading.presets import PRESETS
from lti_tool.schemas.policies import (
    SETTINGS,
    AdoptionSchema,
    PolicySchema,
    as_form,
    by_points,
    in_play,
    lines_offered,
)
from lti_tool.services import policies, policy_adoption, policy_history
from lti_tool.services.policies import InForce, PolicyDraft, Preview

bp = community_blueprint("policies", __name__)


@bp.get("/grading/policy")
def form(member):
    in_force = policies.current(member, clock.now())
    start = policies.starting_point(request.args.get("preset", ""))
    shown = in_force.draft
    if start is not None:
        shown = PolicyDraft(start, shown.starts_on, shown.weeks)
    return _page(in_force, _as_typed(shown))


@bp.post("/grading/policy/preview")
def preview(member):
    now = clock.now()
    in_force = policies.current(member, now)
    try:
        draft = PolicySchema(in_force.draft.policy).load(request.form)
    except ValidationError as err:
        return _page(in_force, request.form, err.messages), 422
    return _page(in_force, request.form, foreseen=policies.preview(member, draft, now))


@bp.post("/grading/policy")
def adopt(member):
    now = clock.now()
    in_force = policies.current(member, now)
    try:
        draft = PolicySchema(in_force.draft.policy).load(request.form)
    except ValidationError as err:
        return _page(in_force, request.form, err.messages), 422
    try:
        decision = AdoptionSchema(draft).load(request.form)
        version = policy_adoption.adopt(member, draft, decision["reason"], decision["seen_version"], now)
    except ValidationError as err:
        foreseen = policies.preview(member, draft, now)
        return _page(in_force, request.form, err.messages, foreseen=foreseen), 422
    except Stale:
        in_force = policies.current(member, now)
        foreseen = policies.preview(member, draft, now)
        problems = {"seen_version": ["policy-changed"]}
        return _page(in_force, request.form, problems, foreseen=foreseen), 409
    if version is None:
        return redirect(url_for(".form"), 303)
    return redirect(url_for(".history", done="policy-adopted"), 303)


@bp.get("/grading/policy/history")
def history(member):
    return render_template("policies/history.html", versions=policy_history.history(member, clock.now()))


def _page(in_force: InForce, values, problems: dict | None = None, foreseen: Preview | None = None) -> str:
    """Show the form with these values, and what they would do when that is known."""
    return render_template(
        "policies/form.html",
        in_force=in_force,
        values=values,
        problems=problems or {},
        preview=foreseen,
        presets=list(PRESETS),
        settings=SETTINGS,
        in_play=in_play(values),
        by_points=by_points(values),
        kinds=policies.SHOWN_KINDS,
        lines=lines_offered(values),
    )


def _as_typed(draft: PolicyDraft) -> dict[str, str]:
    """Return what the form holds at first, numbers as people of this language write them."""
    symbol = get_decimal_symbol(get_locale())
    plain = ("preset", "starts_on")
    return {
        name: text if name in plain else text.replace(".", symbol) for name, text in as_form(draft).items()
    }
