"""Scores of members as they stand now, with everything that explains them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import contains_eager

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.grading.columns import PromptDates
from lti_tool.grading.hints import Hint, next_steps
from lti_tool.grading.policy import Policy
from lti_tool.grading.score import Statement
from lti_tool.grading.sending import Judged
from lti_tool.models import Course, Enrolment, Membership, MembershipState, User
from lti_tool.permissions import Act
from lti_tool.services import (
    course_groups,
    delivery_views,
    facts,
    people,
    roles,
    rules,
    running_scores,
    statements,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.column_views import ColumnTab, ColumnView, column_of, shown_to_learners
from lti_tool.services.delivery_views import DeliveryView
from lti_tool.services.facts import Place
from lti_tool.services.people import Person
from lti_tool.services.rules import Rules
from lti_tool.services.running_scores import percent_of, statement_for
from lti_tool.services.statements import FinalValue


@dataclass(frozen=True)
class Progress:
    """The short form for the home page of somebody who is graded."""

    score: Decimal
    maximum: Decimal
    percent: int
    at_close: Decimal
    delivery: DeliveryView | None


@dataclass(frozen=True)
class Glance:
    """Grading as the home page shows it: to the graded their progress, to staff how many scores changed."""

    on: bool
    progress: Progress | None = None
    to_send: int | None = None


@dataclass(frozen=True)
class MyParticipation:
    """One member's score in a column, opened down to its reasons. `waiting_for` says why there is none.

    `final` is None until the value is frozen as the final one; `kind` is that of the column, `dates` those of
    a prompt's; `columns` are all whose score the member may open.
    """

    person: Person
    waiting_for: str | None  # grading-off, not-scored, not-started
    statement: Statement | None = None
    policy: Policy | None = None
    hints: tuple[Hint, ...] = ()
    places: dict[str, Place] | None = None
    column: ColumnView | None = None
    delivery: DeliveryView | None = None
    zone: str | None = None
    final: FinalValue | None = None
    column_id: int | None = None
    kind: str | None = None
    dates: PromptDates | None = None
    columns: tuple[ColumnTab, ...] = ()


@dataclass(frozen=True)
class ScoredMember:
    """Somebody who is graded, with the enrolments that make it so."""

    membership: Membership
    enrolments: list[Enrolment]


def scored_members(community_id: int, now: datetime) -> list[ScoredMember]:
    """Return the members who are graded, by membership id; one statement."""
    wanted = _enrolled(select(Membership, Enrolment), community_id).options(contains_eager(Membership.user))
    found = db.session.execute(wanted)
    members: dict[int, ScoredMember] = {}
    for membership, enrolment in found:
        members.setdefault(membership.id, ScoredMember(membership, [])).enrolments.append(enrolment)
    return [one for one in members.values() if roles.is_scored(one.enrolments, now)]


# What it takes to say who is graded and how they are shown.
_WHO = (
    Membership.id,
    Membership.state,
    Membership.appointed_role,
    Membership.appointed_until,
    Membership.pseudonym,
    Membership.initials_only,
    # As `people.picture_key` says it.
    func.coalesce(
        Membership.picture_key, case((Membership.initials_only.is_(False), User.picture_key))
    ).label("picture_key"),
    User.name,
    User.given_name,
    User.family_name,
    User.erased_at,
    Enrolment.active,
    Enrolment.launch_role,
    Enrolment.lower_role,
    Enrolment.lowered_at,
    Enrolment.roster_role,
    Enrolment.test_user,
)


def scored_people(
    community_id: int, now: datetime, group_id: int | None = None, among: Collection[int] | None = None
) -> list[Person]:
    """Return what pages show of the members who are graded, by membership id; one statement.

    :param group_id: only those in this group of one of the community's courses.
    :param among: only those of these members, a few.

    Read as columns instead of objects, since a page does it with thousands: a row speaks for the membership,
    the user and the enrolment whose columns it has.
    """
    wanted = _enrolled(select(*_WHO), community_id)
    if group_id is not None:
        wanted = wanted.where(course_groups.is_in(group_id))
    if among is not None:
        wanted = wanted.where(Membership.id.in_(among))
    rows = db.session.execute(wanted)
    each = (list(enrolments) for _, enrolments in groupby(rows, key=attrgetter("id")))
    return [
        people.shown(theirs[0], theirs[0], roles.in_force(theirs[0], theirs, now))
        for theirs in each
        if roles.is_scored(theirs, now)
    ]


def _enrolled(wanted: Select, community_id: int) -> Select:
    """Of the members of a community, each with every enrolment in its courses, in the order of both."""
    return (
        wanted.select_from(Membership)
        .join(Membership.user)
        .join(Enrolment, Enrolment.user_id == User.id)
        .join(
            Course,
            and_(Course.id == Enrolment.course_id, Course.community_id == Membership.community_id),
        )
        .where(Membership.community_id == community_id, Membership.state != MembershipState.REMOVED)
        .order_by(Membership.id, Enrolment.id)
    )


def statement_of(by: Rules, member_id: int, as_of: datetime) -> Statement:
    """Read one member's facts and compute the statement; one SQL statement."""
    known = facts.facts_of(by.community_id, [member_id])
    return statement_for(by, known.get(member_id, ()), as_of)


def statements_of(by: Rules, member_ids: Iterable[int], as_of: datetime) -> dict[int, Statement]:
    """Compute the statements of these members, each of whom gets one; one SQL statement for all."""
    members = list(member_ids)
    known = facts.facts_of(by.community_id, members)
    return {member_id: statement_for(by, known.get(member_id, ()), as_of) for member_id in members}


def at_a_glance(member: ActingMember, by: Rules | None, now: datetime) -> Glance:
    """Return what the home page says of grading to this member: three SQL statements, four for staff.

    :param by: the rules of the whole score, None while nothing is graded.
    """
    if by is None:
        return Glance(on=False)
    if member.may(Act.MANAGE_GRADES):
        return Glance(on=True, to_send=len(to_send(by, now)))
    if not member.scored or not by.begun(now) or not member.may(Act.SEE_OWN_GRADE):
        return Glance(on=True)
    return Glance(on=True, progress=_progress(by, member.id, now))


def word_minimums(member: ActingMember) -> dict[str, int | None]:
    """Return the least number of words per form ("discussion", "question", "answer") for somebody graded.

    Empty for somebody who is not graded and while grading is off.
    """
    by = rules.in_force(member.community.id) if member.scored else None
    if by is None:
        return {}
    forms = {kind.value: counts_as for kind, counts_as in rules.KIND_OF_POST.items()}
    forms[rules.COMMENT] = rules.KIND_OF_COMMENT
    return {
        form: by.policy.rules[counts_as].min_words
        for form, counts_as in forms.items()
        if counts_as in by.policy.rules
    }


def _progress(by: Rules, member_id: int, now: datetime) -> Progress:
    computed = statement_of(by, member_id, now)
    delivery = delivery_views.of_member(by, member_id, computed)
    stands = as_decided(computed, delivery)
    return Progress(
        score=stands.score,
        maximum=stands.maximum,
        percent=percent_of(stands.share),
        at_close=stands.at_close,
        delivery=delivery,
    )


def to_send(by: Rules, now: datetime, group_id: int | None = None) -> set[int]:
    """Return the members whose score changed since it was last sent and that nobody asked to be sent yet.

    :param group_id: of these only those in this group.
    """
    members = [person.number for person in scored_people(by.community_id, now, group_id)]
    return changed_since_sent(by, running_scores.of_members(by, members, now))


def changed_since_sent(by: Rules, standing: Mapping[int, Judged]) -> set[int]:
    """Return those of these members whose score is not what the LMS has and that nobody settled yet."""
    deliveries = delivery_views.by_member(by, standing)
    return {member_id for member_id, delivery in deliveries.items() if delivery.to_send}


def mine(member: ActingMember, now: datetime, column_id: int | None = None) -> MyParticipation:
    """Return the acting member's own score and its reasons.

    :param column_id: in which column; None: the whole score.
    :raises NotFound: there is no such column here, or its prompt has not opened.
    """
    member.must(Act.SEE_OWN_GRADE)
    person = people.shown(member.membership, member.user, member.role)
    by = rules.of_column(member.community.id, column_id)
    columns = tuple(shown_to_learners(member.community.id, now)) if by else ()
    if column_id is not None and column_id not in {one.id for one in columns}:
        raise NotFound()
    if by is None:
        return MyParticipation(person, waiting_for="grading-off")
    if not member.scored:
        return MyParticipation(person, waiting_for="not-scored")
    return replace(_explained(by, person, now), columns=columns)


def _explained(by: Rules, person: Person, now: datetime) -> MyParticipation:
    computed = statement_of(by, person.number, now)
    delivery = delivery_views.of_member(by, person.number, computed)
    stands = as_decided(computed, delivery)
    return MyParticipation(
        person=person,
        waiting_for=None if by.begun(now) else "not-started",
        statement=stands,
        policy=by.policy,
        hints=next_steps(computed, by.policy),
        places=facts.places_of(by.community_id, person.number),
        column=column_of(by, member_id=person.number),
        delivery=delivery,
        zone=by.zone,
        final=statements.final_value(by, person.number, stands),
        column_id=by.column_id,
        kind=by.kind.value,
        dates=by.dates,
    )


def as_decided(stands: Statement, delivery: DeliveryView) -> Statement:
    """Return the statement with the score that a trainer set by hand, which no week that closes changes."""
    if not delivery.set_by_hand:
        return stands
    share = Fraction(delivery.value_now) / Fraction(stands.maximum)
    return replace(stands, score=delivery.value_now, at_close=delivery.value_now, share=share)
