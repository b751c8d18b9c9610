"""Other rules come into force: a new version, for every column of the community, with who and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from lti_tool.errors import Stale
from lti_tool.extensions import db
from lti_tool.models import GradeColumn, GradingPolicy
from lti_tool.services import audit, calendar, cells, running_scores
from lti_tool.services.acting import ActingMember
from lti_tool.services.policies import Comparison, NewWeeks, PolicyDraft, Preview, compared, previewed
from lti_tool.services.upserts import insert_unless_there


def adopt(
    member: ActingMember, draft: PolicyDraft, reason: str, seen_version: int, now: datetime
) -> int | None:
    """Put a draft into force; return its version, None when it changes nothing.

    Scores follow from now on wherever they are computed; statements that were frozen stay as they are,
    and nothing is sent: what changed is noted as ready to be.

    :param seen_version: the version that was in force when the member decided.
    :raises Stale: another version is in force meanwhile.
    :raises NotFound: grading is off.
    """
    _one_at_a_time(member)
    comparison = compared(member, draft, now)
    if comparison.before.policy.version != seen_version:
        raise Stale("policy-changed")
    foreseen = previewed(comparison, draft, now)
    if not foreseen.changes_rules:
        return None
    policy_id = _stored(member, comparison, foreseen, reason, now)
    db.session.execute(
        update(GradeColumn).where(GradeColumn.community_id == member.community.id).values(policy_id=policy_id)
    )
    running_scores.mark_column_stale(member.community.id)
    if foreseen.weeks is not None:
        _lay_out(member, comparison, draft, now)
    version = comparison.after.policy.version
    audit.record(
        member,
        "grading.policy-adopted",
        f"policy:{policy_id}",
        now,
        version=version,
        preset=draft.policy.preset,
        changed=[one.name for one in foreseen.differences],
        learners=foreseen.effect.moved,
    )
    db.session.flush()
    _mark_ready(member, comparison, now)
    return version


def _one_at_a_time(member: ActingMember) -> None:
    """Let those who adopt rules and those who add columns queue: a new column has the rules in force."""
    here = select(GradeColumn.id).where(GradeColumn.community_id == member.community.id)
    db.session.execute(here.order_by(GradeColumn.id).with_for_update(key_share=True))


def _lay_out(member: ActingMember, comparison: Comparison, draft: PolicyDraft, now: datetime) -> None:
    """Lay the weeks out. Those closed by that were not closed for a column that is sent by itself."""
    calendar.lay_out(member.community, draft.starts_on, draft.weeks)
    closed = calendar.last_closed(comparison.after.periods, now)
    db.session.execute(
        update(GradeColumn)
        .where(GradeColumn.community_id == member.community.id, GradeColumn.automatic_at.is_not(None))
        .values(closed_period=closed)
    )


def _stored(
    member: ActingMember, comparison: Comparison, foreseen: Preview, reason: str, now: datetime
) -> int:
    """Store the next version. Of two that are decided at once, the second finds its number taken."""
    policy = comparison.after.policy
    key = {"community_id": member.community.id, "version": policy.version}
    values = {
        "settings": policy.as_settings(),
        "time_zone": comparison.after.zone,
        "decided_by_id": member.id,
        "decided_at": now,
        "reason": reason,
        "foreseen": {**foreseen.effect.as_record(), "maximum": str(foreseen.maximum)},
    }
    if foreseen.weeks is not None:
        values["calendar"] = _calendar_record(foreseen.weeks)
    if not insert_unless_there(GradingPolicy, key, values):
        raise Stale("policy-changed")
    return db.session.scalars(select(GradingPolicy.id).filter_by(**key)).one()


def _calendar_record(weeks: NewWeeks) -> dict[str, Any]:
    """Return what is kept of weeks laid out anew: what they are and what they were."""
    now, then = (
        {"starts_on": one.starts_on.isoformat(), "weeks": one.weeks, "zone": one.zone}
        for one in (weeks.after, weeks.before)
    )
    return {**now, "was": then}


def _mark_ready(member: ActingMember, comparison: Comparison, now: datetime) -> None:
    """Note for whom the LMS may be out of date: nobody where nothing is graded any more."""
    if not comparison.after.policy.graded:
        return
    cells.mark_all_ready(member.community.id, comparison.affected, now)
