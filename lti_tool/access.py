"""Who may enter a community: the only place that reads cookies, seats and seat tokens of a request.

Every address below /communities/ is answered here first. Not signed in: the same 401 for every id, existing
or not. Signed in and not a member: 404 for everything. A page is rendered for one seat; an unsafe request
acts for the seat of its token or is refused.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Flask, g, request
from flask.sessions import NullSession, SessionInterface
from flask_login import UserMixin
from sqlalchemy import and_, bindparam, case, or_, select
from sqlalchemy.orm import aliased
from werkzeug.routing import BaseConverter, RequestRedirect

from lti_tool import clock, settings
from lti_tool.errors import NotAMember, NotFound, NotSignedIn, SeatRefused, VisitOver
from lti_tool.extensions import db, login_manager
from lti_tool.models import BrowserSession, Community, Course, Enrolment, FormerSpace, Membership, Seat, User
from lti_tool.services import former_spaces, roles, sessions, visits
from lti_tool.services.acting import ActingMember

SESSION_COOKIE = "__Host-cv_session"
# Plain twin of the session cookie, on http loopback only, for browsers that refuse Secure cookies there.
LOOPBACK_SESSION_COOKIE = "cv_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SPACE = "/communities"
NO_COMMUNITY = 0  # no row has this number


class IdConverter(BaseConverter):
    """A positive integer that every database can hold: what is not one has no page."""

    regex = r"[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> int:
        return int(value)


_COMMUNITY = re.compile(rf"{SPACE}/({IdConverter.regex})/")


@dataclass(frozen=True)
class Admission:
    """A seat that was let in, and what a page made for it needs."""

    member: ActingMember
    seat: Seat
    session: BrowserSession
    token: str


class _NoSession(SessionInterface):
    """Stands in the place of Flask's own session: nothing is kept in one, and nothing may be.

    Flask would make a signer for its cookie at every request.
    """

    def open_session(self, app: Flask, request) -> NullSession:
        """Return a session that refuses to be written to."""
        return self.make_null_session(app)

    def save_session(self, app: Flask, session, response) -> None:
        """There is nothing to save."""


class SeatedUser(UserMixin):
    """The person of the admitted seat, as Flask-Login knows people."""

    def __init__(self, admission: Admission) -> None:
        self.id = admission.seat.user_id


def _user_of_the_seat(_request) -> SeatedUser | None:
    """Tell Flask-Login who is signed in: whoever the seat of this request belongs to, nobody else."""
    admission = g.get("admission")
    return SeatedUser(admission) if admission is not None else None


def install(app: Flask) -> None:
    """Guard every address below /communities/, those that do not exist included."""
    app.url_map.converters["id"] = IdConverter
    app.before_request(_guard_unknown_addresses)
    app.session_interface = _NoSession()
    login_manager.init_app(app)
    login_manager.request_loader(_user_of_the_seat)


def community_blueprint(name: str, import_name: str) -> Blueprint:
    """Make a blueprint whose views are reached only by members of the community in the address.

    Each view gets `member: ActingMember`; `url_for` stays in this community and keeps the seat.
    """
    blueprint = Blueprint(name, import_name, url_prefix=f"{SPACE}/<id:community_id>")

    @blueprint.url_value_preprocessor
    def admit_members_only(endpoint, values):
        g.community_id = values.pop("community_id")
        g.admission = _admit(g.community_id, clock.now())
        values["member"] = g.admission.member

    return blueprint


def stay_in_this_community(app: Flask) -> None:
    """Fill community and seat into every address inside a community, unless they are given."""

    @app.url_defaults
    def fill(endpoint, values):
        if app.url_map.is_endpoint_expecting(endpoint, "community_id"):
            if g.get("community_id") and "community_id" not in values:
                values["community_id"] = g.community_id
            if g.get("admission") and values.get("community_id") == g.community_id:
                values.setdefault("seat", g.admission.seat.id)


def session_cookies() -> list[str]:
    """Return the values by which this browser names its session; usually one, none when not signed in."""
    names = [SESSION_COOKIE]
    if settings.current().loopback_http:
        names.append(LOOPBACK_SESSION_COOKIE)
    return [request.cookies[name] for name in names if request.cookies.get(name)]


def remember_session(response, secret: str) -> None:
    """Set the session cookie (DESIGN 6): partitioned, so that it lives in the LMS's frame too."""
    seconds = int(sessions.ABSOLUTE_LIMIT.total_seconds())
    set_cookie(response, SESSION_COOKIE, LOOPBACK_SESSION_COOKIE, secret, seconds)


def forget_session(response) -> None:
    """Take the session cookie back."""
    set_cookie(response, SESSION_COOKIE, LOOPBACK_SESSION_COOKIE, "", 0)


def set_cookie(response, name: str, loopback_name: str, value: str, seconds: int) -> None:
    """Set a cookie for a frame inside another site; on http loopback also its plain first-party twin.

    Some browsers refuse Secure cookies over http even on loopback: there the twin serves a tab of our own.
    """
    response.set_cookie(
        name, value, max_age=seconds, secure=True, httponly=True, samesite="None", partitioned=True
    )
    if settings.current().loopback_http:
        response.set_cookie(loopback_name, value, max_age=seconds, httponly=True, samesite="Lax")


def genuine_seat_of_request() -> Seat | None:
    """Return the seat whose genuine token this request carries, whether or not its session still lives."""
    token = _sent_token()
    return sessions.genuine_seat(token, settings.current().secret_key) if token else None


def is_from_our_own_page() -> bool:
    """Tell whether one of our own pages sent this form: what proves a browser may not come from elsewhere."""
    return request.headers.get("Origin") == settings.current().base_url


def for_seat(address: str, seat_id: int) -> str:
    """Return the address of a community's page, with its query if it has one, as it is for this seat."""
    return f"{address}{'&' if '?' in address else '?'}seat={seat_id}"


def is_unsafe() -> bool:
    """Tell whether this request may change something."""
    return request.method not in SAFE_METHODS


def _guard_unknown_addresses() -> None:
    """Answer for addresses below /communities/ that lead nowhere as for those that do."""
    inside = request.path == SPACE or request.path.startswith(SPACE + "/")
    if inside and request.routing_exception is not None:
        community = _COMMUNITY.match(request.path)
        admissions = _admissions(int(community[1]) if community else NO_COMMUNITY, clock.now())
        if isinstance(request.routing_exception, RequestRedirect):
            return
        if admissions:
            # Said to somebody of this community: in the frame and the language of their seat.
            g.refused_admission = _of_address(admissions)
            g.community_id = g.refused_admission.member.community.id
        raise NotFound()


def _admit(community_id: int, now: datetime) -> Admission:
    admissions = _admissions(community_id, now)
    if not admissions:
        raise NotAMember()
    if not is_unsafe():
        return _of_address(admissions)
    admission = _of_token(admissions)
    _note_presence(admission, now)
    return admission


def _admissions(community_id: int, now: datetime) -> list[Admission]:
    """Return an admission for each seat of this browser in a community, the latest launch first.

    :raises NotSignedIn: this browser has no session that may still be used.
    :raises VisitOver: it has one of an invited guest, whose time here is over.
    """
    cookies = session_cookies()
    rows = _seats_and_standing(cookies, community_id) if cookies else []
    alive = [row for row in rows if sessions.is_alive(row.BrowserSession, now)]
    if not alive:
        raise NotSignedIn()
    admissions = _admissible(alive, now)
    if not admissions and any(row.User is not None and row.User.invited for row in alive):
        raise VisitOver()
    return admissions


def _note_presence(admission: Admission, now: datetime) -> None:
    """Keep the session from falling idle, and note the visit; undone when the request is refused."""
    visits.begin_visit(admission.member.membership, now)
    # A launch locks the two rows in this order: two requests of one browser then never wait for each other.
    db.session.flush()
    sessions.note_use(admission.session, now)


_HERE = bindparam("here")
# A seat leads where its course meets, and to the archive of the space in which it met before.
_LEADS_HERE = or_(
    Seat.community_id == _HERE,
    Seat.course_id.in_(
        select(FormerSpace.course_id).where(FormerSpace.community_id == _HERE).scalar_subquery()
    ),
)
_COURSE = aliased(Course)  # of the seat
# Of every request inside a community: written once, to put it together takes longer than to send it.
_SEATS_AND_STANDING = (
    select(
        *(BrowserSession, Seat, User, Membership, Community, Enrolment),
        case((_COURSE.divided, _COURSE.id), else_=_COURSE.part_of_id).label("whole_course_id"),
    )
    .select_from(BrowserSession)
    .outerjoin(Seat, and_(Seat.browser_session_id == BrowserSession.id, _LEADS_HERE))
    .outerjoin(User, User.id == Seat.user_id)
    .outerjoin(Membership, and_(Membership.user_id == Seat.user_id, Membership.community_id == _HERE))
    .outerjoin(Community, Community.id == _HERE)
    .outerjoin(_COURSE, _COURSE.id == Seat.course_id)
    .outerjoin(
        Enrolment,
        and_(
            Enrolment.user_id == Seat.user_id,
            Enrolment.course_id.in_(former_spaces.courses_of(_HERE)),
        ),
    )
    .where(BrowserSession.token_hash.in_(bindparam("hashes", expanding=True)))
)


def _seats_and_standing(cookies: list[str], community_id: int) -> list:
    """Read session, seats in this community, and everything the roles depend on. One statement."""
    told = {"hashes": [sessions.digest(value) for value in cookies], "here": community_id}
    return db.session.execute(_SEATS_AND_STANDING, told).all()


def _admissible(rows: list, now: datetime) -> list[Admission]:
    """Return an admission for each seat whose person is a member here, the latest launch first."""
    enrolments: dict[int, list[Enrolment]] = {}
    seats: dict[int, object] = {}
    for row in rows:
        if row.Seat is not None and row.Membership is not None:
            seats[row.Seat.id] = row
            if row.Enrolment is not None:
                enrolments.setdefault(row.Seat.id, []).append(row.Enrolment)
    newest_first = sorted(seats.values(), key=lambda row: (row.Seat.launched_at, row.Seat.id), reverse=True)
    made = [_admission(row, enrolments.get(row.Seat.id, []), now) for row in newest_first]
    return [admission for admission in made if admission is not None]


def _admission(row, enrolments: list[Enrolment], now: datetime) -> Admission | None:
    role = roles.of_seat(row.Seat.role, row.Membership, enrolments, now)
    if role is None:
        return None
    member = ActingMember(
        membership=row.Membership,
        user=row.User,
        community=row.Community,
        role=role,
        scored=roles.is_scored(enrolments, now),
        seat_id=row.Seat.id,
        course_id=row.Seat.course_id,
        whole_course_id=row.whole_course_id,
        lms_administrator=row.Seat.lms_administrator,
        muted_until=roles.muted_until(row.Membership, now),
    )
    token = sessions.seat_token(settings.current().secret_key, row.BrowserSession, row.Seat.id)
    return Admission(member=member, seat=row.Seat, session=row.BrowserSession, token=token)


def _of_address(admissions: list[Admission]) -> Admission:
    """Choose the seat that the address names, else the one launched last."""
    wanted = request.args.get("seat", "")
    named = [one for one in admissions if str(one.seat.id) == wanted]
    return named[0] if named else admissions[0]


def _of_token(admissions: list[Admission]) -> Admission:
    """Choose the seat whose token the request carries: exactly that one may act.

    :raises SeatRefused: the token is missing, forged, or of another session.
    """
    # A page that refuses is still made for somebody: it must know whose frame it stands in.
    g.refused_admission = admissions[0]
    token = _sent_token()
    secret = settings.current().secret_key
    for one in admissions:
        if sessions.is_token_of(token, secret, one.session, one.seat.id):
            return one
    raise SeatRefused()


def _sent_token() -> str:
    return request.headers.get("X-Seat-Token") or request.form.get("seat_token", "")
