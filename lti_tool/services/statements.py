"""Statements that are kept: frozen behind every value that is sent, and behind every value shown as final."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from lti_tool.extensions import db
from lti_tool.grading.score import Statement
from lti_tool.models import Membership, MembershipState, ScoreStatement
from lti_tool.services import people, roles
from lti_tool.services.rules import Rules
from lti_tool.services.verdicts import Wanted, all_wanted


@dataclass(frozen=True)
class FinalValue:
    """That a value is final: under which number its statement is kept, and since when."""

    statement_id: int
    fixed_at: datetime


def keep(
    column_id: int,
    member_id: int,
    stands: Statement,
    now: datetime,
    *,
    decision_id: int | None = None,
    comment: str | None = None,
) -> int:
    """Freeze a statement that is to be sent with this comment; return its number.

    Its score is the decided one where a trainer set another.
    """
    row = _row(column_id, member_id, stands, now, decision_id, comment, sent=True)
    return db.session.scalars(insert(ScoreStatement).values(row).returning(ScoreStatement.id)).one()


def fix_final_values(by: Rules, statements: Mapping[int, Statement], now: datetime) -> int:
    """Freeze what is final of these members' statements, unless the same is frozen already.

    Final is what could be sent as final: nothing of those who never came, nothing while the trainer's
    assessment is missing. Whoever calls has locked their running scores. A bounded number of SQL statements,
    none before the last period has closed. Returns how many are new.
    """
    if not by.over(now):
        return 0
    final = _final(by, statements, now)
    standing = {one: replace(statements[one], score=to_be.score) for one, to_be in final.items()}
    frozen = {one: row.decision_id for one, row in _frozen(by, standing).items()}
    rows = [
        _row(by.column_id, one, standing[one], now, to_be.decision_id, None, sent=False)
        for one, to_be in final.items()
        if one not in frozen or frozen[one] != to_be.decision_id
    ]
    if rows:
        db.session.execute(insert(ScoreStatement), rows)
    return len(rows)


def final_value(by: Rules, member_id: int, stands: Statement) -> FinalValue | None:
    """Return what is frozen of a member's final value, None unless it is what stands now, as decided.

    One SQL statement, none before the end, two when facts were noted since that change nothing.
    """
    if not stands.final:
        return None
    known = _frozen(by, {member_id: stands}).get(member_id)
    return None if known is None else FinalValue(known.id, known.created_at)


def _row(
    column_id: int,
    member_id: int,
    stands: Statement,
    now: datetime,
    decision_id: int | None,
    comment: str | None,
    *,
    sent: bool,
) -> dict[str, Any]:
    """Return what is kept of a statement; `sent`: it is made to be sent, else to be shown as final."""
    return {
        "column_id": column_id,
        "member_id": member_id,
        "as_of": stands.as_of,
        "policy_version": stands.policy_version,
        "score": stands.score,
        "maximum": stands.maximum,
        "digest": stands.digest,
        "record": stands.as_record(),
        "decision_id": decision_id,
        "comment": comment,
        "sent": sent,
        "created_at": now,
    }


def _final(by: Rules, statements: Mapping[int, Statement], now: datetime) -> dict[int, Wanted]:
    """Return what is final, by member, of those who are graded."""
    graded = _graded(by.community_id, statements, now)
    judged = all_wanted(by, {one: stands for one, stands in statements.items() if one in graded})
    return {one: to_be for one, to_be in judged.items() if to_be.verdict.final and to_be.value is not None}


def _graded(community_id: int, member_ids: Iterable[int], now: datetime) -> set[int]:
    wanted = select(Membership.id, Membership.user_id).where(
        Membership.id.in_(list(member_ids)), Membership.state != MembershipState.REMOVED
    )
    users = dict(map(tuple, db.session.execute(wanted)))
    enrolments = people.enrolments_of(community_id, users.values())
    return {one for one, user_id in users.items() if roles.is_scored(enrolments.get(user_id, []), now)}


def _frozen(by: Rules, standing: Mapping[int, Statement]) -> dict[int, Row]:
    """Return the latest frozen statement of each of these members, where it says what stands.

    Other facts may have been noted since that it is not made of, as when a prompt was set for everybody.
    """
    latest = _latest(by, standing)
    same = {one: row for one, row in latest.items() if _came_to_the_same(row, standing[one])}
    in_doubt = {row.id: one for one, row in same.items() if row.digest != standing[one].digest}
    if in_doubt:
        wanted = select(ScoreStatement.id, ScoreStatement.record).where(ScoreStatement.id.in_(in_doubt))
        for number, record in db.session.execute(wanted):
            member_id = in_doubt[number]
            if not Statement.from_record(record).tells_the_same_as(standing[member_id]):
                del same[member_id]
    return same


def _latest(by: Rules, member_ids: Iterable[int]) -> dict[int, Row]:
    """Return the latest statement of each of these members made after the last period, without its record."""
    latest = (
        select(func.max(ScoreStatement.id))
        .where(
            ScoreStatement.column_id == by.column_id,
            ScoreStatement.member_id.in_(list(member_ids)),
            ScoreStatement.as_of >= by.ends_at,
        )
        .group_by(ScoreStatement.member_id)
    )
    found = db.session.execute(
        select(
            ScoreStatement.id,
            ScoreStatement.member_id,
            ScoreStatement.policy_version,
            ScoreStatement.score,
            ScoreStatement.maximum,
            ScoreStatement.digest,
            ScoreStatement.decision_id,
            ScoreStatement.created_at,
        ).where(ScoreStatement.id.in_(latest))
    )
    return {row.member_id: row for row in found}


def _came_to_the_same(kept: Row, stands: Statement) -> bool:
    said = (kept.policy_version, kept.score, kept.maximum)
    return said == (stands.policy_version, stands.score, stands.maximum)
