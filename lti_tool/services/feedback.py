"""What a trainer writes to one learner about a score: the latest words stand, the earlier ones stay."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.models import Feedback
from lti_tool.permissions import Act
from lti_tool.services import audit, cells, graded
from lti_tool.services.acting import ActingMember
from lti_tool.services.graded import InputRefused

LIMIT = 2000


def write_feedback(
    member: ActingMember, column_id: int, member_id: int, body: str, to_lms: bool, now: datetime
) -> None:
    """Write to a learner about the score in a column, plain text; nothing written takes back what stood.

    `to_lms`: it goes along when the score is next sent. Nothing is sent by this.

    :raises NotFound: no such column, or nobody graded with this number, in this community.
    :raises InputRefused: it is longer than LIMIT characters.
    """
    member.must(Act.MANAGE_GRADES)
    column = graded.column_here(member, column_id)
    graded.graded_here(member, [member_id], now)
    text = body.strip()
    if len(text) > LIMIT:
        raise InputRefused("body", "too-long")
    stands = feedback_in_force(column.id, [member_id]).get(member_id)
    told_before = (stands.body, stands.to_lms) if stands else ("", False)
    if (text, to_lms and bool(text)) == told_before:
        return
    row = Feedback(
        column_id=column.id,
        member_id=member_id,
        author_id=member.id,
        body=text,
        to_lms=to_lms and bool(text),
        written_at=now,
    )
    db.session.add(row)
    audit.record(member, "grade.feedback", f"membership:{member_id}", now, column=column.id, lms=row.to_lms)
    db.session.flush()
    # What stays between the two of them leaves what the LMS has as true as it was.
    if row.to_lms or told_before[1]:
        cells.mark_ready(member.community.id, member_id, now)


def feedback_in_force(column_id: int, member_ids: Iterable[int]) -> dict[int, Feedback]:
    """Return the words that stand, by member id, of those who were written to; one statement."""
    wanted = (
        select(Feedback)
        .where(Feedback.column_id == column_id, Feedback.member_id.in_(set(member_ids)))
        .order_by(Feedback.id)
    )
    latest = {row.member_id: row for row in db.session.scalars(wanted)}
    return {member_id: row for member_id, row in latest.items() if row.body}
