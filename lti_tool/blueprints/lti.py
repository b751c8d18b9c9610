"""The door from the LMS: login, launch, public keys."""

from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request, url_for

from lti_tool import (
    access,
    clock,
    content_page,
    login_cookie,
    pages,
    refused_launches,
    request_cycle,
    settings,
)
from lti_tool.errors import LaunchRefused
from lti_tool.lti import keys, launches, logins
from lti_tool.services import (
    activities,
    connection_health,
    context_choice,
    data_privacy,
    enrolment,
    handovers,
    placing,
    reviews,
    sessions,
)
from lti_tool.services.context_choice import Undecided
from lti_tool.services.enrolment import Admitted
from lti_tool.services.reviews import Review
from lti_tool.services.roles import STAFF
from lti_tool.transactions import reading, transaction

bp = Blueprint("lti", __name__, url_prefix="/lti")

STORAGE_FRAME = "cv_storage_frame"
LONGEST_FRAME = 100
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
        return refused_launches.of_login(refusal)
    page = pages.login_page(
        auth_url=start.auth_url,
        same_login_url=url_for(".login") + "?" + urlencode(params),
        check_url=url_for(".cookie_check"),
        storage_url=url_for(".login_by_storage"),
    )
    response = Response(page)
    login_cookie.remember(response, secret)
    return response


@bp.get("/login/cookie")
def cookie_check():
    """Tell the login page whether its cookie came back."""
    return {"sticks": bool(login_cookie.secrets())}


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
    state = launches.open_state(form, login_cookie.secrets(), now)
    id_token = form.get("id_token", "")
    with transaction():
        launches.use_up(state, now)
        found = launches.look_up(id_token, state)
    found = launches.fetch_keys_if_missing(id_token, state, now, transaction, found)
    with reading():
        launch = launches.verify(id_token, state, now, found)
    g.launch_locale = launch.locale
    if launch.content_request is not None:
        placing.must_be_staff(launch)
    if launch.is_review:
        reviews.must_be_allowed(launch)
    if state.storage_frame is not None:
        return _ask_for_proof(launch, state, now)
    if launch.asks_what_is_held:
        return _what_is_held(launch, now)
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
    if launch.asks_what_is_held:
        with transaction():
            launches.use_up_parked(came, now)
        return _what_is_held(launch, now)
    return _let_in_by_link(came, launches.use_up_parked, now, value)


def _let_in_by_link(came, use_up, now, proof: str, choice: str | None = None) -> Response:
    """Let somebody in whose frame keeps no cookie: what they go on with is a link into a tab of its own.

    :param use_up: marks as used what carried the launch, in the transaction that acts on it: what fails here
        may be sent again.
    """
    launch = came.launch
    with transaction():
        use_up(came, now)
        # No cookie of the frame is believed, and none is set: its seat only waits for the link to be used.
        zone, note = settings.current().time_zone, "course-decided" if choice else "storage-proven"
        admitted = enrolment.admit(launch, [], zone, now, note=note, choice=choice)
        review = _review(admitted, launch, now)
        into_a_tab = isinstance(admitted, Admitted) and launch.content_request is None
        if into_a_tab:
            page = _destination(admitted, launch, review)
            secret = handovers.begin(_seat_for(page, admitted), page, now)
    if not into_a_tab:
        return _answer(admitted, launch, now, review, proof)
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
    proofs = login_cookie.proofs()
    came = context_choice.opened(text, proofs, now)
    g.launch_locale = came.launch.locale
    if not login_cookie.secrets():
        return _let_in_by_link(came, context_choice.use_up, now, proofs[0], choice)
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


def _answer(admitted, launch, now, review, proof: str = "") -> Response:
    """Go into the community, or say why there is none to go to yet.

    :param proof: what the LMS's page had kept, where the frame keeps no cookie.
    """
    if isinstance(admitted, Undecided):
        request_cycle.frame_by(list(launch.frame_origins))
        return _undecided(admitted, now, proof)
    if admitted is None and launch.content_request is None:
        request_cycle.frame_by(list(launch.frame_origins))
        return _no_course(launch)
    if launch.content_request is not None:
        return _what_to_place(admitted, launch, now, proof)
    return _into_the_community(admitted, launch, review)


def _what_to_place(admitted, launch, now, proof: str) -> Response:
    """Ask staff what to place in the course. The form carries the launch: a dialog may lack our session."""
    secret = proof or login_cookie.secrets()[0]
    sealed = context_choice.sealed_launch(launch, secret, now)
    with reading():
        member = placing.acting(launch, now) if admitted is not None else None
        response = content_page.shown(launch, member, sealed, proof)
    if proof:
        return response
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


def _undecided(undecided: Undecided, now, proof: str) -> Response:
    """Ask staff where the course belongs; tell everybody else that they are being asked."""
    return_url = undecided.launch.return_url
    if not undecided.may_decide:
        return Response(render_template("lti/undecided.html", return_url=return_url))
    secret = proof or login_cookie.secrets()[0]
    page = render_template(
        "lti/choice.html",
        proof=proof,
        spaces=undecided.spaces,
        sealed=context_choice.sealed(undecided, secret, now),
        new_space=context_choice.NEW_SPACE,
        return_url=return_url,
    )
    response = Response(page)
    if not proof:
        # It lives as long as the form may be sent, and no longer.
        login_cookie.remember(response, secret)
    return response


def _into_the_community(admitted, launch, review) -> Response:
    page = _destination(admitted, launch, review)
    response = redirect(access.for_seat(page, _seat_for(page, admitted)), 303)
    if admitted.new_secret is not None:
        access.remember_session(response, admitted.new_secret)
    request_cycle.forget_address(response)
    return response


def _seat_for(page: str, admitted) -> int:
    """Return the seat for a page: of the other spaces of a divided course each has its own."""
    for community_id, seat_id in admitted.beside.items():
        if page.startswith(url_for("home.index", community_id=community_id)):
            return seat_id
    return admitted.seat_id


def _destination(admitted, launch, review) -> str:
    """Choose where to go: a page, and the column that is reviewed there."""
    page = _page_of(admitted, launch, review)
    if review is None or review.column_id is None:
        return page
    return f"{page}?{urlencode({'column': review.column_id})}"


def _page_of(admitted, launch, review) -> str:
    """Choose a page: what is reviewed, the one asked for before signing in, what the link opens, the launch's
    target, else home.

    Only pages of this very community, or of another space of the same course: another one's address may stand
    there from an earlier day.
    """
    here = {"community_id": admitted.community_id}
    if review is not None and review.own:
        return url_for("participation.mine", **here)
    if review is not None:
        return url_for("assessment.learner", member_id=review.member_id, **here)
    home = url_for("home.index", **here)
    activity = activities.opened_by(launch)
    opens = url_for("activities.show", key=activity, **here) if activity and admitted.opens_activity else ""
    base = settings.current().base_url
    beside = [url_for("home.index", community_id=one) for one in admitted.beside]
    remembered = request_cycle.remembered_address()
    if remembered and remembered.startswith(tuple(beside)):
        return remembered.partition("?")[0].partition("#")[0]
    for wish in (remembered, opens, launch.target_link_uri.removeprefix(base)):
        if wish and wish.startswith(home):
            return wish.partition("?")[0].partition("#")[0]
    return home


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
