"""The door from the LMS: login, launch, public keys."""

from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request, url_for

from lti_tool import access, clock, content_page, login_cookie, pages, request_cycle, settings
from lti_tool.errors import LaunchRefused
from lti_tool.launch_refusals import login_refused, refused
from lti_tool.lti import keys, launches, logins
from lti_tool.services import (
    activities,
    connection_health,
    context_choice,
    data_privacy,
    enrolment,
    placing,
    reviews,
)
from lti_tool.services.context_choice import Undecided
from lti_tool.services.enrolment import Admitted
from lti_tool.services.reviews import Review
from lti_tool.services.roles import STAFF
from lti_tool.transactions import reading, transaction

bp = Blueprint("lti", __name__, url_prefix="/lti")

REPOSTED = "cv_reposted"
CONSOLE = "/admin"


@bp.route("/login", methods=["GET", "POST"])
def login():
    """Begin a login (LTI security 5.1.1): find out whether our cookie sticks, then go to the LMS."""
    request_cycle.frame_by(request_cycle.FRAMED_BY_ANYONE)
    params = request.values.to_dict()
    secret = login_cookie.secret_of_browser()
    try:
        start = logins.begin(params, secret, clock.now())
    except LaunchRefused as refusal:
        return login_refused(refusal)
    page = pages.login_page(
        auth_url=start.auth_url,
        same_login_url=url_for(".login") + "?" + urlencode(params),
        check_url=url_for(".cookie_check"),
    )
    response = Response(page)
    login_cookie.remember(response, secret)
    return response


@bp.get("/login/cookie")
def cookie_check():
    """Tell the login page whether its cookie came back."""
    return {"sticks": bool(login_cookie.secrets())}


@bp.get("/launch", endpoint="launch_address")
def launch_address():
    """Answer those who look at the launch address: Moodle's server does when an activity is saved."""
    request_cycle.frame_by(request_cycle.FRAMED_BY_ANYONE)
    return render_template("lti/open.html")


@bp.post("/launch")
def launch():
    """Take the LMS's answer: three short transactions, then into the community (DESIGN 5, Launch)."""
    request_cycle.frame_by(request_cycle.FRAMED_BY_ANYONE)
    form = request.form.to_dict()
    if _should_come_again_from_here(form):
        return render_template(
            "lti/repost.html", action=url_for(".launch", **{REPOSTED: 1}), fields=_fields_of_answer(form)
        )
    try:
        return _let_in(form)
    except LaunchRefused as refusal:
        return refused(refusal)


def _let_in(form: dict) -> Response:
    now = clock.now()
    state = launches.open_state(form, login_cookie.secrets(), now)
    id_token = form.get("id_token", "")
    with transaction():
        launches.use_up(state, now)
        found = launches.look_up(id_token, state)
    found = launches.fetch_keys_if_missing(id_token, state, now, transaction, found)
    with reading():
        launch = launches.verify(id_token, state, now, found)
    g.launch_locale = launch.locale
    if launch.asks_what_is_held:
        return _what_is_held(launch, now)
    if launch.content_request is not None:
        placing.must_be_staff(launch)
    if launch.is_review:
        reviews.must_be_allowed(launch)
    with transaction():
        admitted = enrolment.admit(
            launch,
            access.session_cookies(),
            settings.current().time_zone,
            now,
            note="target-differs" if launch.target_differs else None,
        )
        review = _review(admitted, launch, now)
    return _answer(admitted, launch, now, review)


def _review(admitted, launch, now) -> Review | None:
    """Find what a review is about while it may still be refused: then nobody was let in by it."""
    if not launch.is_review or not isinstance(admitted, Admitted):
        return None
    return reviews.of(launch, admitted.community_id, now)


def _what_is_held(launch, now) -> Response:
    """Answer a data privacy launch: a page, and nothing else is granted by it."""
    with transaction():
        held = data_privacy.look_up(launch, now)
    request_cycle.frame_by(list(launch.frame_origins))
    contact = settings.current().contact
    return Response(
        render_template("lti/held.html", held=held, contact=contact, return_url=launch.return_url)
    )


@bp.post("/launch/choice")
def choose():
    """Take what staff chose: go on in a community that the course has already, or begin a new one."""
    request_cycle.frame_by(request_cycle.FRAMED_BY_ANYONE)
    try:
        return _decided(request.form.get("launch", ""), request.form.get("space", ""))
    except LaunchRefused as refusal:
        return refused(refusal)


def _decided(text: str, choice: str) -> Response:
    now = clock.now()
    came = context_choice.opened(text, login_cookie.secrets(), now)
    g.launch_locale = came.launch.locale
    with transaction():
        context_choice.use_up(came, now)
        admitted = enrolment.admit(
            came.launch,
            access.session_cookies(),
            settings.current().time_zone,
            now,
            note="course-decided",
            choice=choice,
        )
        review = _review(admitted, came.launch, now)
    return _answer(admitted, came.launch, now, review)


def _answer(admitted, launch, now, review) -> Response:
    """Go into the community, or say why there is none to go to yet."""
    if isinstance(admitted, Undecided):
        request_cycle.frame_by(list(launch.frame_origins))
        return _undecided(admitted, now)
    if admitted is None and launch.content_request is None:
        request_cycle.frame_by(list(launch.frame_origins))
        return _no_course(launch)
    if launch.content_request is not None:
        return _what_to_place(admitted, launch, now)
    return _into_the_community(admitted, launch, review)


def _what_to_place(admitted, launch, now) -> Response:
    """Ask staff what to place in the course. The form carries the launch: a dialog may lack our session."""
    secret = login_cookie.secrets()[0]
    sealed = context_choice.sealed_launch(launch, secret, now)
    with reading():
        member = placing.acting(launch, now) if admitted is not None else None
        response = content_page.shown(launch, member, sealed)
    login_cookie.remember(response, secret)
    if admitted is not None and admitted.new_secret is not None:
        access.remember_session(response, admitted.new_secret)
    return response


def _no_course(launch) -> Response:
    """Say what this is and where it is opened; to whom the LMS trusts more, also how the connection does."""
    health = None
    if launch.lms_administrator:
        with reading():
            health = connection_health.for_launch(launch.platform_id, launch.deployment_id)
    page = render_template(
        "lti/no_course.html",
        beside_courses=launch.context is not None,
        may_place=launch.role in STAFF,
        health=health,
        console_url=settings.current().base_url + CONSOLE,
        return_url=launch.return_url,
    )
    return Response(page)


def _undecided(undecided: Undecided, now) -> Response:
    """Ask staff where the course belongs; tell everybody else that they are being asked."""
    return_url = undecided.launch.return_url
    if not undecided.may_decide:
        return Response(render_template("lti/undecided.html", return_url=return_url))
    secret = login_cookie.secrets()[0]
    page = render_template(
        "lti/choice.html",
        spaces=undecided.spaces,
        sealed=context_choice.sealed(undecided, secret, now),
        new_space=context_choice.NEW_SPACE,
        return_url=return_url,
    )
    response = Response(page)
    # It lives as long as the form may be sent, and no longer.
    login_cookie.remember(response, secret)
    return response


def _into_the_community(admitted, launch, review) -> Response:
    response = redirect(_destination(admitted, launch, review), 303)
    if admitted.new_secret is not None:
        access.remember_session(response, admitted.new_secret)
    request_cycle.forget_address(response)
    return response


def _destination(admitted, launch, review) -> str:
    """Choose where to go: what is reviewed, the page asked for before signing in, what the link opens, the
    launch's target, else home.

    Only pages of this very community: another one's address may stand there from an earlier day.
    """
    here = {"community_id": admitted.community_id, "seat": admitted.seat_id}
    if review is not None and review.own:
        return url_for("participation.mine", **here)
    if review is not None:
        return url_for("assessment.learner", member_id=review.member_id, column=review.column_id, **here)
    home = url_for("home.index", community_id=admitted.community_id)
    activity = activities.key_in(launch)
    opens = url_for("activities.show", community_id=admitted.community_id, key=activity) if activity else ""
    base = settings.current().base_url
    for wish in (request_cycle.remembered_address(), opens, launch.target_link_uri.removeprefix(base)):
        if wish and wish.startswith(home):
            home = wish.partition("?")[0].partition("#")[0]
            break
    return f"{home}?{urlencode({'seat': admitted.seat_id})}"


def _should_come_again_from_here(form: dict) -> bool:
    """Tell whether a cookie may only be missing because the LMS's page sent the form.

    On http loopback a plain Lax cookie stays behind when another site posts; it comes when we post.
    """
    return (
        settings.current().loopback_http
        and not login_cookie.secrets()
        and REPOSTED not in request.args
        and "state" in form
    )


def _fields_of_answer(form: dict) -> dict[str, str]:
    known = ("state", "id_token", "error", "error_description")
    return {name: form[name] for name in known if name in form}


@bp.get("/jwks.json")
def key_set():
    """Publish our public keys: the current one and those still in their grace time."""
    answer = jsonify(keys.public_key_set())
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer
