"""What staff ask for, decide and say around contributions: prompts, excuses, rubrics, overrides, answers.

Facts and decisions are append-only: of those about the same thing the latest is in force.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words
from lti_tool.models.person import Membership


class Prompt(Base):
    """A task that a post of staff sets (`Post.opens_prompt`): contributions answer it until its deadline."""

    __tablename__ = "prompt"
    __table_args__ = (UniqueConstraint("community_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    key: Mapped[str] = mapped_column(String(36))  # stays when a course is copied; ids do not
    opens_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deadline: Mapped[datetime | None] = mapped_column(UTCDateTime)  # as the latest fact says
    created_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AssessmentFact(Base):
    """A fact around contributions: a deadline (for everybody), an excused period, the trainer's rubric."""

    __tablename__ = "assessment_fact"
    __table_args__ = (Index("ix_assessment_fact_community_id_member_id", "community_id", "member_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)  # None: everybody
    actor_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    act: Mapped[str] = mapped_column(String(20))  # scheduled, excused, expected, rubric
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompt.id"), index=True)
    deadline: Mapped[datetime | None] = mapped_column(UTCDateTime)
    period: Mapped[int | None] = mapped_column(Integer)
    rubric: Mapped[str | None] = mapped_column(String(40))  # 0..1 as an exact fraction, "3/4"
    levels: Mapped[dict | None] = mapped_column(JSON)  # what it was made from: level by criterion
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Decision(StrEnum):
    """What a trainer decided about one member's score in one column."""

    OVERRIDE = "override"  # `value` instead of what was computed
    RESET = "reset"  # back to what is computed
    ZERO = "zero"  # an explicit zero for somebody who never came
    NO_ZERO = "no-zero"
    WITHOUT_ASSESSMENT = "without-assessment"  # the final score may go without the rubric
    WITH_ASSESSMENT = "with-assessment"


class GradeDecision(Base):
    """A decision about a score, with its reason: never changed, only followed by another one."""

    __tablename__ = "grade_decision"
    __table_args__ = (Index("ix_grade_decision_column_id_member_id", "column_id", "member_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    column_id: Mapped[int] = mapped_column(ForeignKey("grade_column.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    decision: Mapped[Decision] = mapped_column(words(Decision, "decision"))
    value: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))  # in points of the column's maximum
    reason: Mapped[str] = mapped_column(Text)
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)

    decided_by: Mapped[Membership] = relationship(foreign_keys=[decided_by_id])


class Feedback(Base):
    """What a trainer writes to one learner about a score; the latest is shown, and sent when chosen."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_column_id_member_id", "column_id", "member_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    column_id: Mapped[int] = mapped_column(ForeignKey("grade_column.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    body: Mapped[str] = mapped_column(Text)  # empty takes the one before back
    to_lms: Mapped[bool] = mapped_column(Boolean)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)

    author: Mapped[Membership] = relationship(foreign_keys=[author_id])


class ScoreQuestion(Base):
    """A learner's question to the trainer about one line of a score, and its answer."""

    __tablename__ = "score_question"
    __table_args__ = (Index("ix_score_question_community_id_answered_at", "community_id", "answered_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    subject: Mapped[str] = mapped_column(String(60))  # of the line: "post:12", "part:help", "score"
    body: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    member: Mapped[Membership] = relationship(foreign_keys=[member_id])
    answered_by: Mapped[Membership | None] = relationship(foreign_keys=[answered_by_id])


class RunningScore(Base):
    """What was last computed of a member in a column: true while not `stale` and before `good_until`.

    Kept up by a worker from what changed; a page computes what is missing or no longer true by itself.
    """

    __tablename__ = "running_score"
    __table_args__ = (
        UniqueConstraint("column_id", "member_id"),
        Index("ix_running_score_stale_column_id", "stale", "column_id"),
        Index("ix_running_score_good_until", "good_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    column_id: Mapped[int] = mapped_column(ForeignKey("grade_column.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("grading_policy.id"), index=True)
    stale: Mapped[bool] = mapped_column(Boolean)
    good_until: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when time alone changes it
    computed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    summary: Mapped[dict] = mapped_column(JSON)  # services.running_scores.Summary, as text and numbers
