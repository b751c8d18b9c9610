"""Statements that are kept: frozen behind every value that is sent, and behind every value shown as final."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Row, func, insert, select

from lti_tool.extensions import db
from lti_tool.grading.score import Statement
from lti_tool.models import Membership, ScoreStatement
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
    sent: bool = True,
) -> int:
    """Freeze a statement, whose score is the decided one where a trainer set another; return its number.

    :param sent: it is made to be sent, with this `comment`; False: to be shown as final.
    """
    kept = (
        insert(ScoreStatement)
        .values(
            column_id=column_id,
            member_id=member_id,
            as_of=stands.as_of,
            policy_version=stands.policy_version,
            score=stands.score,
            maximum=stands.maximum,
            digest=stands.digest,
            record=stands.as_record(),
            decision_id=decision_id,
            comment=comment,
            sent=sent,
            created_at=now,
        )
        .returning(ScoreStatement.id)
    )
    return db.session.scalars(kept).one()


def fix_final_values(by: Rules, statements: Mapping[int, Statement], now: datetime) -> int:
    """Freeze what is final of these members' statements, unless the same is frozen already.

    Final is what could be sent as final: nothing of those who never came, nothing while the trainer's
    assessment is missing. Whoever calls has locked their running scores. Five SQL statements and one for
    each value that is new; none before the last period has closed. Returns how many are new.
    """
    if not by.over(now):
        return 0
    final = _final(by, statements, now)
    frozen = _latest(by, final)
    count = 0
    for member_id, to_be in final.items():
        stands = replace(statements[member_id], score=to_be.score)
        known = frozen.get(member_id)
        if known is None or not _is_of(known, stands) or known.decision_id != to_be.decision_id:
            keep(by.column_id, member_id, stands, now, decision_id=to_be.decision_id, sent=False)
            count += 1
    return count


def final_value(by: Rules, member_id: int, stands: Statement) -> FinalValue | None:
    """Return what is frozen of a member's final value, None unless it is what stands now, as decided.

    One SQL statement, none before the end.
    """
    if not stands.final:
        return None
    known = _latest(by, [member_id]).get(member_id)
    if known is None or not _is_of(known, stands):
        return None
    return FinalValue(known.id, known.created_at)


def _final(by: Rules, statements: Mapping[int, Statement], now: datetime) -> dict[int, Wanted]:
    """Return what is final, by member, of those who are graded."""
    graded = _graded(by.community_id, statements, now)
    judged = all_wanted(by, {one: stands for one, stands in statements.items() if one in graded})
    return {one: to_be for one, to_be in judged.items() if to_be.verdict.final and to_be.value is not None}


def _graded(community_id: int, member_ids: Iterable[int], now: datetime) -> set[int]:
    wanted = select(Membership.id, Membership.user_id).where(Membership.id.in_(list(member_ids)))
    users = dict(map(tuple, db.session.execute(wanted)))
    enrolments = people.enrolments_of(community_id, users.values())
    return {one for one, user_id in users.items() if roles.is_scored(enrolments.get(user_id, []), now)}


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


def _is_of(kept: Row, stands: Statement) -> bool:
    """Whether what is kept says the same: facts, rules and what came out."""
    said = (kept.digest, kept.policy_version, kept.score, kept.maximum)
    return said == (stands.digest, stands.policy_version, stands.score, stands.maximum)
