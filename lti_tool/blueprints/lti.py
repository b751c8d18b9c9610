"""The door from the LMS: login, launch, public keys."""

import logging
from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request, url_for

from lti_tool import access, clock, pages, refused_launches, request_cycle, settings
from lti_tool.errors import LaunchRefused
from lti_tool.lti import keys, launches, logins
from lti_tool.services import context_choice, enrolment, handovers, launch_log, sessions
from lti_tool.services.context_choice import Undecided
from lti_tool.services.enrolment import Admitted
from lti_tool.transactions import reading, transaction

log = logging.getLogger(__name__)
bp = Blueprint("lti", __name__, url_prefix="/lti")

# The browser that begins a login must be the one that brings the launch.
LOGIN_COOKIE = "__Host-cv_login"
LOOPBACK_LOGIN_COOKIE = "cv_login"
LOGIN_COOKIE_SECONDS = 900
STORAGE_FRAME = "cv_storage_frame"
LONGEST_FRAME = 100
REPOSTED = "cv_reposted"


@bp.route("/login", methods=["GET", "POST"])
def login():
    """Begin a login (LTI security 5.1.1): find out whether our cookie sticks, then go to the LMS."""
    request_cycle.frame_by(request_cycle.FRAMED_BY_ANYONE)
    params = request.values.to_dict()
    secret = request.cookies.get(LOGIN_COOKIE) or sessions.new_secret()
    try:
        start = logins.begin(params, secret, clock.now())
    except LaunchRefused as refusal:
        return _login_refused(refusal)
    page = pages.login_page(
        auth_url=start.auth_url,
        same_login_url=url_for(".login") + "?" + urlencode(params),
        check_url=url_for(".cookie_check"),
        storage_url=url_for(".login_by_storage"),
    )
    response = Response(page)
    access.set_cookie(response, LOGIN_COOKIE, LOOPBACK_LOGIN_COOKIE, secret, LOGIN_COOKIE_SECONDS)
    return response


@bp.get("/login/cookie")
def cookie_check():
    """Tell the login page whether its cookie came back."""
    return {"sticks": bool(_login_secrets())}


@bp.get("/login/storage")
def login_by_storage():
    """Begin the same login once more, bound to a secret that the LMS's page will keep (platform storage).

    Asked by the login page where the cookie does not stick and the LMS's page offers it.
    """
    params = request.args.to_dict()
    secret, frame = sessions.new_secret(), params.pop(STORAGE_FRAME, "")[:LONGEST_FRAME] or "_parent"
    try:
        start = logins.begin(params, secret, clock.now(), storage_frame=frame)
    except LaunchRefused as refusal:
        return {"code": refusal.code}, refusal.status
    return {
        "auth_url": start.auth_url,
        "origin": start.storage_origin,
        "key": start.storage_key,
        "value": secret,
    }


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
        return refused_launches.logged(refusal)


def _let_in(form: dict) -> Response:
    now = clock.now()
    state = launches.open_state(form, _login_secrets(), now)
    id_token = form.get("id_token", "")
    with transaction():
        launches.use_up(state, now)
        found = launches.look_up(id_token, state)
    found = launches.fetch_keys_if_missing(id_token, state, now, transaction, found)
    with reading():
        launch = launches.verify(id_token, state, now, found)
    g.launch_locale = launch.locale
    if state.storage_frame is not None:
        return _ask_for_proof(launch, state, now)
    with transaction():
        admitted = enrolment.admit(
            launch,
            access.session_cookies(),
            settings.current().time_zone,
            now,
            note="target-differs" if launch.target_differs else None,
        )
    return _answer(admitted, launch, now)


def _ask_for_proof(launch, state: launches.LaunchState, now) -> Response:
    """Let the page fetch the secret from the LMS's page: nobody is let in before it was shown."""
    request_cycle.frame_by(list(launch.frame_origins))
    page = render_template("lti/proof.html", parked=launches.parked(launch, state, now), state=state)
    return Response(page)


@bp.post("/launch/proof")
def prove():
    """Take what the LMS's page had kept; a tab of its own is where the person is signed in then."""
    request_cycle.frame_by(request_cycle.FRAMED_BY_ANYONE)
    try:
        if not access.is_from_our_own_page():
            raise LaunchRefused("state-other-browser", "the proof was sent by another site")
        return _proven(request.form.get("launch", ""), request.form.get("value", ""))
    except LaunchRefused as refusal:
        return refused_launches.logged(refusal)


def _proven(text: str, value: str) -> Response:
    now = clock.now()
    came = launches.open_parked(text, value, now)
    launch = came.launch
    g.launch_locale = launch.locale
    with transaction():
        launches.use_up_parked(came, now)
        # No cookie of the frame is believed, and none is set: its seat only waits for the link to be used.
        admitted = enrolment.admit(launch, [], settings.current().time_zone, now, note="storage-proven")
        if isinstance(admitted, Undecided) and admitted.may_decide:
            raise LaunchRefused("state-other-browser", "staff have to choose, and that form needs a cookie")
        if not isinstance(admitted, Admitted):
            return _answer(admitted, launch, now)
        secret = handovers.begin(admitted.seat_id, _page_of(admitted, launch.target_link_uri), now)
    request_cycle.frame_by(list(launch.frame_origins))
    address = url_for("arrivals.look", token=secret)
    return Response(render_template("handovers/link.html", address=address, blocked=True))


@bp.post("/launch/choice")
def choose():
    """Take what staff chose: go on in a community that the course has already, or begin a new one."""
    request_cycle.frame_by(request_cycle.FRAMED_BY_ANYONE)
    try:
        return _decided(request.form.get("launch", ""), request.form.get("space", ""))
    except LaunchRefused as refusal:
        return refused_launches.logged(refusal)


def _decided(text: str, choice: str) -> Response:
    now = clock.now()
    came = context_choice.opened(text, _login_secrets(), now)
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
    return _answer(admitted, came.launch, now)


def _answer(admitted, launch, now) -> Response:
    """Go into the community, or say why there is none to go to yet."""
    if isinstance(admitted, Undecided):
        request_cycle.frame_by(list(launch.frame_origins))
        return _undecided(admitted, now)
    if admitted is None:
        request_cycle.frame_by(list(launch.frame_origins))
        return Response(render_template("lti/no_course.html", return_url=launch.return_url))
    return _into_the_community(admitted, launch.target_link_uri)


def _undecided(undecided: Undecided, now) -> Response:
    """Ask staff where the course belongs; tell everybody else that they are being asked."""
    return_url = undecided.launch.return_url
    if not undecided.may_decide:
        return Response(render_template("lti/undecided.html", return_url=return_url))
    secret = _login_secrets()[0]
    page = render_template(
        "lti/choice.html",
        spaces=undecided.spaces,
        sealed=context_choice.sealed(undecided, secret, now),
        new_space=context_choice.NEW_SPACE,
        return_url=return_url,
    )
    response = Response(page)
    # It lives as long as the form may be sent, and no longer.
    access.set_cookie(response, LOGIN_COOKIE, LOOPBACK_LOGIN_COOKIE, secret, LOGIN_COOKIE_SECONDS)
    return response


def _into_the_community(admitted, target: str) -> Response:
    response = redirect(_destination(admitted, target), 303)
    if admitted.new_secret is not None:
        access.remember_session(response, admitted.new_secret)
    request_cycle.forget_address(response)
    return response


def _destination(admitted, target: str) -> str:
    """Choose where to go, for the seat that was given."""
    return f"{_page_of(admitted, target)}?{urlencode({'seat': admitted.seat_id})}"


def _page_of(admitted, target: str) -> str:
    """Choose a page: the one asked for before signing in, the launch's target, else home.

    Only pages of this very community: another one's address may stand there from an earlier day.
    """
    home = url_for("home.index", community_id=admitted.community_id)
    base = settings.current().base_url
    for wish in (request_cycle.remembered_address(), target.removeprefix(base)):
        if wish and wish.startswith(home):
            home = wish.partition("?")[0].partition("#")[0]
            break
    return home


def _login_secrets() -> list[str]:
    names = [LOGIN_COOKIE]
    if settings.current().loopback_http:
        names.append(LOOPBACK_LOGIN_COOKIE)
    return [request.cookies[name] for name in names if request.cookies.get(name)]


def _should_come_again_from_here(form: dict) -> bool:
    """Tell whether a cookie may only be missing because the LMS's page sent the form.

    On http loopback a plain Lax cookie stays behind when another site posts; it comes when we post.
    """
    return (
        settings.current().loopback_http
        and not _login_secrets()
        and REPOSTED not in request.args
        and "state" in form
    )


def _fields_of_answer(form: dict) -> dict[str, str]:
    known = ("state", "id_token", "error", "error_description")
    return {name: form[name] for name in known if name in form}


def _login_refused(refusal: LaunchRefused) -> Response:
    """Show the same calm page. A login writes nothing, so the story goes to the server's own log."""
    reference = launch_log.new_reference()
    log.warning("login refused, %s: %s %r", reference, refusal.code, refusal.detail)
    return refused_launches.page(refusal, reference, clock.now(), in_launch_log=False)


@bp.get("/jwks.json")
def key_set():
    """Publish our public keys: the current one and those still in their grace time."""
    answer = jsonify(keys.public_key_set())
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer
