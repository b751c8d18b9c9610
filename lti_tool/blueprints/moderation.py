"""Good order: to report a contribution, to look at what was reported, to decide, and to answer."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import Stale, Unfit
from lti_tool.permalinks import address_of
from lti_tool.permissions import Act
from lti_tool.schemas.moderation import (
    AnswerSchema,
    DecisionSchema,
    MeasureSchema,
    ModerationSettingsSchema,
    ReportSchema,
)
from lti_tool.services import (
    former_places,
    measures,
    moderation,
    moderation_settings,
    moderation_views,
    reports,
)

bp = community_blueprint("moderation", __name__)


@bp.get("/moderation")
def index(member):
    page = moderation_views.queue(
        member, request.args.get("show", ""), request.args.get("after"), clock.now()
    )
    return render_template("moderation/index.html", page=page, after=request.args.get("after"))


@bp.get("/moderation/settings")
def settings(member):
    return _settings_page(vars(moderation_settings.current(member)), {})


def _settings_page(values, problems):
    return render_template("moderation/settings.html", values=values, problems=problems)


@bp.post("/moderation/settings")
def save_settings(member):
    member.must(Act.ARRANGE)
    try:
        wanted = ModerationSettingsSchema().load(request.form)
    except ValidationError as err:
        return _settings_page(request.form, err.messages), 422
    moderation_settings.change(member, wanted, clock.now())
    return redirect(url_for(".settings", done="space-saved"), 303)


@bp.get("/moderation/members")
def restricted(member):
    return render_template("moderation/restricted.html", found=measures.restricted(member, clock.now()))


@bp.get("/members/<id:member_id>/moderation")
def of_member(member, member_id):
    return _member_page(member, member_id)


def _member_page(member, member_id, values=None, problems=None):
    return render_template(
        "moderation/member.html",
        about=measures.standing(member, member_id, clock.now()),
        days=measures.DAYS,
        values=values or {},
        problems=problems or {},
    )


@bp.post("/members/<id:member_id>/moderation")
def decide_on_member(member, member_id):
    member.must(Act.MUTE)
    try:
        wanted = MeasureSchema().load(request.form)
    except ValidationError as err:
        return _member_page(member, member_id, request.form, err.messages), 422
    measures.decide(member, member_id, wanted, clock.now())
    return redirect(url_for(".of_member", member_id=member_id, done=f"member-{wanted.act}"), 303)


@bp.get("/posts/<id:post_id>/report")
def report_post(member, post_id):
    return _report_page(member, post_id, None)


@bp.get("/posts/<id:post_id>/comments/<id:comment_id>/report")
def report_comment(member, post_id, comment_id):
    return _report_page(member, post_id, comment_id)


def _report_page(member, post_id, comment_id, values=None, problems=None):
    reported = reports.to_report(member, post_id, comment_id, clock.now())
    return render_template(
        "moderation/report.html",
        reported=reported,
        reasons=reports.REASONS,
        values=values or {"reason": reported.reason, "body": reported.note},
        problems=problems or {},
    )


@bp.post("/posts/<id:post_id>/report")
def send_post_report(member, post_id):
    return _send_report(member, post_id, None)


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/report")
def send_comment_report(member, post_id, comment_id):
    return _send_report(member, post_id, comment_id)


def _send_report(member, post_id, comment_id):
    member.must(Act.REPORT)
    try:
        wanted = ReportSchema().load(request.form)
    except ValidationError as err:
        return _report_page(member, post_id, comment_id, request.form, err.messages), 422
    reports.report(member, post_id, comment_id, wanted, clock.now())
    return _to_contribution(member, post_id, comment_id, "reported")


@bp.post("/posts/<id:post_id>/report/withdraw")
def withdraw_post_report(member, post_id):
    reports.withdraw(member, post_id, None, clock.now())
    return _to_contribution(member, post_id, None, "report-withdrawn")


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/report/withdraw")
def withdraw_comment_report(member, post_id, comment_id):
    reports.withdraw(member, post_id, comment_id, clock.now())
    return _to_contribution(member, post_id, comment_id, "report-withdrawn")


def _to_contribution(member, post_id, comment_id, done):
    if comment_id is None:
        return redirect(url_for("posts.show", post_id=post_id, done=done), 303)
    return redirect(address_of(member, post_id, comment_id, clock.now(), done=done), 303)


@bp.get("/posts/<id:post_id>/moderation")
def of_post(member, post_id):
    return _led_on(member, post_id, None) or _case_page(member, post_id, None)


@bp.get("/posts/<id:post_id>/comments/<id:comment_id>/moderation")
def of_comment(member, post_id, comment_id):
    return _led_on(member, post_id, comment_id) or _case_page(member, post_id, comment_id)


def _led_on(member, post_id, comment_id):
    """Lead to where a case stands by now, when its contribution was split or merged; None: it stands here."""
    member.must(Act.READ)
    place = former_places.stands_at(member, post_id, comment_id, clock.now())
    if place is None:
        return None
    if place.comment_id is None:
        return redirect(url_for(".of_post", post_id=place.post_id), 303)
    return redirect(url_for(".of_comment", post_id=place.post_id, comment_id=place.comment_id), 303)


def _case_page(member, post_id, comment_id, values=None, problems=None):
    now = clock.now()
    return render_template(
        "moderation/case.html",
        case=moderation_views.case_view(member, post_id, comment_id, now),
        values=values or {},
        problems=problems or {},
        shown_at=now,
    )


@bp.post("/posts/<id:post_id>/moderation")
def decide_on_post(member, post_id):
    return _decide(member, post_id, None)


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/moderation")
def decide_on_comment(member, post_id, comment_id):
    return _decide(member, post_id, comment_id)


def _decide(member, post_id, comment_id):
    """Decide; whoever comes second reads what the first did, with their own words still in the form."""
    member.must(Act.MODERATE)
    try:
        wanted = DecisionSchema().load(request.form)
        moderation.decide(member, post_id, comment_id, wanted, clock.now())
    except ValidationError as err:
        return _case_page(member, post_id, comment_id, request.form, err.messages), 422
    except Stale:
        problems = {"act": ["decided-meanwhile"]}
        return _case_page(member, post_id, comment_id, request.form, problems), 409
    return redirect(url_for(".index", done=f"moderation-{wanted.act}"), 303)


@bp.post("/posts/<id:post_id>/moderation/answer")
def answer_about_post(member, post_id):
    return _answer(member, post_id, None)


@bp.post("/posts/<id:post_id>/comments/<id:comment_id>/moderation/answer")
def answer_about_comment(member, post_id, comment_id):
    return _answer(member, post_id, comment_id)


def _answer(member, post_id, comment_id):
    member.must(Act.READ)
    try:
        words = AnswerSchema().load(request.form)
        moderation.answer(member, post_id, comment_id, words, clock.now())
    except ValidationError as err:
        return _case_page(member, post_id, comment_id, request.form, err.messages), 422
    except Unfit as err:
        return _case_page(member, post_id, comment_id, request.form, err.problems), 422
    if comment_id is None:
        return redirect(url_for(".of_post", post_id=post_id, done="moderation-answered"), 303)
    return redirect(
        url_for(".of_comment", post_id=post_id, comment_id=comment_id, done="moderation-answered"), 303
    )
