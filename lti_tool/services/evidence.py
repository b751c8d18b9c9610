"""Evidence: everything that a score was made from, for anybody to recompute it (docs/recompute.py).

Read page by page, so that a community of any size takes the same memory. Names stand in it as the reader
sees them on the pages; e-mail addresses and the LMS's own identifiers never do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import (
    AssessmentFact,
    ContributionFact,
    GradeColumn,
    GradeDecision,
    GradingPolicy,
    LineItem,
    Membership,
    Period,
    Prompt,
    ScoreDelivery,
    ScoreStatement,
)
from lti_tool.permissions import Act
from lti_tool.services import facts, people, roles
from lti_tool.services.acting import ActingMember
from lti_tool.services.evidence_records import FORMAT, VERSION, exact_text, fact_record, instant

# Members read at once: each may bring dozens of statements with all their lines.
PAGE = 50


@dataclass(frozen=True)
class Evidence:
    """What holds for the whole community, and a record of each member, read as one goes through them."""

    head: dict[str, Any]
    members: Iterator[dict[str, Any]]


def of_everybody(member: ActingMember, now: datetime) -> Evidence:
    """Return the evidence of everybody who is graded here or had a score sent: seven statements, and eight
    for each page of members."""
    member.must(Act.MANAGE_GRADES)
    community_id = member.community.id
    head = _head(member, now)
    return Evidence(head, _records(community_id, Membership.id > 0, now))


def of_member(member: ActingMember, member_id: int, now: datetime) -> Evidence:
    """Return the evidence of one learner, for the staff who grade.

    :raises NotFound: nobody with this number is graded here.
    """
    member.must(Act.MANAGE_GRADES)
    return _of_one(member, member_id, now)


def mine(member: ActingMember, now: datetime) -> Evidence:
    """Return the evidence of the acting member's own score; nobody else is named in it.

    :raises NotFound: they are not graded.
    """
    member.must(Act.SEE_OWN_GRADE)
    return _of_one(member, member.id, now)


def _of_one(member: ActingMember, member_id: int, now: datetime) -> Evidence:
    found = list(_records(member.community.id, Membership.id == member_id, now))
    if not found:
        raise NotFound()
    return Evidence(_head(member, now), iter(found))


def _head(member: ActingMember, now: datetime) -> dict[str, Any]:
    """Return what holds for everybody: rules, weeks, columns, prompts, and the facts about all at once.

    Of a prompt that the reader may not know of yet, the moments alone stand there, as every digest has them.
    """
    here = member.community.id
    prompts = _all(Prompt, here)
    coming = {prompt.id for prompt in prompts if prompt.opens_at > now}
    hidden = set() if member.may(Act.SEE_COMING_PROMPTS) else coming
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": instant(now),
        "community": {"id": here, "name": member.community.name, "zone": member.community.time_zone},
        "columns": [_column(column, hidden) for column in _all(GradeColumn, here)],
        "policies": [_policy(policy) for policy in _all(GradingPolicy, here)],
        "periods": [
            {
                "number": period.number,
                "starts_at": instant(period.starts_at),
                "ends_at": instant(period.ends_at),
            }
            for period in _all(Period, here)
        ],
        "prompts": [
            {
                "subject": facts.prompt_subject(prompt.id),
                "opens_at": instant(prompt.opens_at),
                "deadline": instant(prompt.deadline),
            }
            for prompt in prompts
            if prompt.id not in hidden
        ],
        "facts_of_everybody": _facts_of_everybody(here, {facts.prompt_subject(one) for one in hidden}),
    }


def _all(table: Any, community_id: int) -> Sequence[Any]:
    return db.session.scalars(
        select(table).where(table.community_id == community_id).order_by(table.id)
    ).all()


def _column(column: GradeColumn, hidden: set[int]) -> dict[str, Any]:
    return {
        "uuid": column.uuid,
        "name": None if column.prompt_id in hidden else column.name,
        "maximum": exact_text(column.maximum),
        "kind": column.kind.value,
        "prompt": None if column.prompt_id is None else facts.prompt_subject(column.prompt_id),
    }


def _policy(policy: GradingPolicy) -> dict[str, Any]:
    return {
        "version": policy.version,
        "settings": policy.settings,
        "zone": policy.time_zone,
        "calendar": policy.calendar,
        "decided_by": policy.decided_by_id,
        "decided_at": instant(policy.decided_at),
        "reason": policy.reason,
    }


def _facts_of_everybody(community_id: int, hidden: set[str]) -> list[dict[str, Any]]:
    """Return the facts that stand among those of each member: asked for a member whom no row has.

    They are read before who noted them: what is noted in between is missing then, not half known.
    """
    found = facts.facts_of(community_id, [0])[0]
    told = _told(AssessmentFact, community_id, AssessmentFact.member_id.is_(None))
    records = [fact_record(fact, *told[fact.id]) for fact in found]
    return [one | {"reason": None} if one["subject"] in hidden else one for one in records]


def _records(community_id: int, which: ColumnElement[bool], now: datetime) -> Iterator[dict[str, Any]]:
    """Go through members in the order of their numbers, a page at a time."""
    last = 0
    while page := page_after(last, community_id, which):
        yield from _page_of_records(community_id, page, now)
        last = page[-1].id


def page_after(last: int, community_id: int, which: ColumnElement[bool]) -> Sequence[Membership]:
    """Return the next members, with their users, after the one with the number `last`; one statement."""
    return db.session.scalars(
        select(Membership)
        .join(Membership.user)
        .options(contains_eager(Membership.user))
        .where(Membership.community_id == community_id, which, Membership.id > last)
        .order_by(Membership.id)
        .limit(PAGE)
    ).all()


def _page_of_records(
    community_id: int, page: Sequence[Membership], now: datetime
) -> Iterator[dict[str, Any]]:
    numbers = [one.id for one in page]
    enrolments = people.enrolments_of(community_id, [one.user_id for one in page])
    statements = _statements(community_id, numbers)
    deliveries = _deliveries(community_id, numbers)
    known = facts.facts_of(community_id, numbers)
    told = _told(ContributionFact, community_id, ContributionFact.member_id.in_(numbers))
    around = _told(AssessmentFact, community_id, AssessmentFact.member_id.in_(numbers))
    for one in page:
        theirs = enrolments.get(one.user_id, [])
        if not roles.is_scored(theirs, now) and one.id not in statements:
            continue
        own = [
            (fact, around if fact.kind is None else told)
            for fact in known[one.id]
            if fact.kind is not None or fact.id in around
        ]
        yield {
            "number": one.id,
            "name": people.shown(one, one.user, None).name,
            "facts": [fact_record(fact, *table[fact.id]) for fact, table in own],
            "statements": statements.get(one.id, []),
            "deliveries": deliveries.get(one.id, []),
        }


def _told(table: Any, community_id: int, which: ColumnElement[bool]) -> dict[int, tuple[int, str | None]]:
    """Return who did what these facts tell, and in what words, by the fact's number."""
    wanted = select(table.id, table.actor_id, table.reason).where(table.community_id == community_id, which)
    return {number: (actor, reason) for number, actor, reason in db.session.execute(wanted)}


def _statements(community_id: int, member_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    found = db.session.execute(
        select(ScoreStatement, GradeColumn.uuid, GradeDecision)
        .join(GradeColumn, GradeColumn.id == ScoreStatement.column_id)
        .outerjoin(GradeDecision, GradeDecision.id == ScoreStatement.decision_id)
        .where(GradeColumn.community_id == community_id, ScoreStatement.member_id.in_(member_ids))
        .order_by(ScoreStatement.id)
    )
    by_member: dict[int, list[dict[str, Any]]] = {}
    for kept, uuid, decision in found:
        by_member.setdefault(kept.member_id, []).append(
            {
                "id": kept.id,
                "column": uuid,
                "as_of": instant(kept.as_of),
                "policy_version": kept.policy_version,
                "score": exact_text(kept.score),
                "maximum": exact_text(kept.maximum),
                "digest": kept.digest,
                "sent": kept.sent,
                "comment": kept.comment,
                "decision": None if decision is None else _decision(decision),
                "record": kept.record,
            }
        )
    return by_member


def _decision(decision: GradeDecision) -> dict[str, Any]:
    return {
        "decision": decision.decision.value,
        "value": exact_text(decision.value),
        "reason": decision.reason,
        "by": decision.decided_by_id,
        "at": instant(decision.decided_at),
    }


def _deliveries(community_id: int, member_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    found = db.session.execute(
        select(ScoreDelivery, GradeColumn.uuid, LineItem.course_id)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .where(GradeColumn.community_id == community_id, ScoreDelivery.member_id.in_(member_ids))
        .order_by(ScoreDelivery.id)
    )
    by_member: dict[int, list[dict[str, Any]]] = {}
    for cell, uuid, course_id in found:
        by_member.setdefault(cell.member_id, []).append(
            {
                "column": uuid,
                "course": course_id,
                "state": cell.state.value,
                "statement": cell.confirmed_statement_id,
                "confirmed_value": exact_text(cell.confirmed_value),
                "confirmed_maximum": exact_text(cell.confirmed_maximum),
                "confirmed_at": instant(cell.confirmed_at),
            }
        )
    return by_member
