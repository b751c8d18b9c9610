"""People as an operator finds them: accounts by number, with the platform and the courses they belong to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, true

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.knowledge.folding import folded
from lti_tool.models import Comment, Course, Enrolment, Membership, Platform, Post, User
from lti_tool.services.standings import folded_column

MOST_FOUND = 50


@dataclass(frozen=True)
class Account:
    """A person as one registration of an LMS knows them. `names`: as the LMS or they themselves say it.

    `invited`: they came by an invitation into a community that is reached by this registration.
    """

    id: int
    names: Sequence[str]
    email: str | None
    sub: str
    invited: bool
    platform_id: int
    platform: str
    courses: Sequence[str]
    erased_at: datetime | None


@dataclass(frozen=True)
class Written:
    """How much somebody has written, deleted things aside."""

    posts: int
    comments: int


def found(text: str, among: ColumnElement[bool] | None = None) -> list[Account]:
    """Return whose name, pseudonym, mail address or number in the LMS holds this text, a few at most.

    Capitals and accents do not matter. Who was erased cannot be found. Three statements.

    :param among: which accounts may be found, all of them without it.
    """
    wanted = _ACCOUNTS.where(_is_called(text), User.erased_at.is_(None), _any(among)).order_by(User.id)
    return _accounts(wanted.limit(MOST_FOUND))


def some(user_ids: Sequence[int]) -> list[Account]:
    """Return several accounts, in no particular order. Three statements."""
    return _accounts(_ACCOUNTS.where(User.id.in_(user_ids))) if user_ids else []


def one(user_id: int, among: ColumnElement[bool] | None = None) -> Account:
    """Return one account, also of somebody who was erased.

    :raises NotFound: `no-such-person`: there is none, or none among those.
    """
    accounts = _accounts(_ACCOUNTS.where(User.id == user_id, _any(among)))
    if not accounts:
        raise NotFound("no-such-person", id=user_id)
    return accounts[0]


def written_by(user_id: int) -> Written:
    """Return how much an account has written in all communities. One statement."""
    members = select(Membership.id).where(Membership.user_id == user_id)
    counts = (
        select(func.count(table.id))
        .where(table.author_id.in_(members), table.deleted_at.is_(None))
        .scalar_subquery()
        for table in (Post, Comment)
    )
    return Written(*db.session.execute(select(*counts)).one())


def _any(among: ColumnElement[bool] | None) -> ColumnElement[bool]:
    return true() if among is None else among


_ACCOUNTS = select(User, Platform.name.label("platform")).join(Platform, Platform.id == User.platform_id)


def _is_called(text: str) -> ColumnElement[bool]:
    plain = folded(text.strip())
    whole = func.coalesce(User.given_name, "") + " " + func.coalesce(User.family_name, "")
    called = [folded_column(name).contains(plain, autoescape=True) for name in (User.name, whole)]
    told = [func.lower(value).contains(plain, autoescape=True) for value in (User.email, User.sub)]
    pseudonym = folded_column(Membership.pseudonym).contains(plain, autoescape=True)
    return or_(*called, *told, User.id.in_(select(Membership.user_id).where(pseudonym)))


def _accounts(wanted: Select) -> list[Account]:
    rows = db.session.execute(wanted).all()
    numbers = [user.id for user, _ in rows]
    courses, pseudonyms = _by_user(_courses_of(numbers)), _by_user(_pseudonyms_of(numbers))
    return [
        Account(
            id=user.id,
            names=_names(user, pseudonyms.get(user.id, [])),
            email=user.email,
            sub=user.sub,
            invited=user.invited,
            platform_id=user.platform_id,
            platform=platform,
            courses=courses.get(user.id, []),
            erased_at=user.erased_at,
        )
        for user, platform in rows
    ]


def _names(user: User, pseudonyms: Iterable[str]) -> list[str]:
    whole = " ".join(part for part in (user.given_name, user.family_name) if part)
    return list(dict.fromkeys(name for name in (user.name, whole, *pseudonyms) if name))[:3]


def _courses_of(user_ids: Sequence[int]) -> Select:
    return (
        select(Enrolment.user_id, func.coalesce(Course.title, Course.label, Course.context_id))
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.user_id.in_(user_ids))
        .order_by(Enrolment.id)
    )


def _pseudonyms_of(user_ids: Sequence[int]) -> Select:
    wanted = select(Membership.user_id, Membership.pseudonym).order_by(Membership.id)
    return wanted.where(Membership.user_id.in_(user_ids), Membership.pseudonym.is_not(None))


def _by_user(wanted: Select) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = {}
    for user_id, text in db.session.execute(wanted):
        found.setdefault(user_id, []).append(text)
    return found
