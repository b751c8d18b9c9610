"""Grading: policies, columns, their line items in the LMS, frozen statements and deliveries."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    JSON,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words
from lti_tool.models.community import Course
from lti_tool.models.person import Enrolment, Membership


class GradingPolicy(Base):
    """One version of a community's rules. Never changed: a new decision is a new version."""

    __tablename__ = "grading_policy"
    __table_args__ = (UniqueConstraint("community_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    settings: Mapped[dict] = mapped_column(JSON)  # grading.policy.Policy.as_settings()
    time_zone: Mapped[str] = mapped_column(String(64))  # frozen with the rules
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(Text)  # why it was decided
    foreseen: Mapped[dict | None] = mapped_column(JSON)  # what the preview said when it was confirmed
    calendar: Mapped[dict | None] = mapped_column(JSON)  # first Monday and weeks, when they were decided, too

    decided_by: Mapped[Membership] = relationship()


class ColumnKind(StrEnum):
    PARTICIPATION = "participation"  # the whole score
    ASSESSMENT = "assessment"  # the trainer's rubric alone
    PROMPT = "prompt"  # what was contributed to one prompt


class GradeColumn(Base):
    """What a trainer switched on: a name and a maximum, computed by a policy.

    `measures` names it among the community's columns ("participation", "assessment", "prompt:12"): two
    parallel clicks make one.
    """

    __tablename__ = "grade_column"
    __table_args__ = (UniqueConstraint("uuid"), UniqueConstraint("community_id", "measures"))

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    uuid: Mapped[str] = mapped_column(String(36))  # the line item's tag is community-value:<uuid>
    name: Mapped[str] = mapped_column(String(200))
    maximum: Mapped[Decimal] = mapped_column(Numeric(9, 2))
    policy_id: Mapped[int] = mapped_column(ForeignKey("grading_policy.id"), index=True)
    switched_on_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    switched_on_at: Mapped[datetime] = mapped_column(UTCDateTime)
    kind: Mapped[ColumnKind] = mapped_column(
        words(ColumnKind, "kind"),
        default=ColumnKind.PARTICIPATION,
        server_default=ColumnKind.PARTICIPATION.value,
    )
    measures: Mapped[str] = mapped_column(
        String(40), default=ColumnKind.PARTICIPATION.value, server_default=ColumnKind.PARTICIPATION.value
    )
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompt.id"), index=True)
    # Who had it sent at the close of each period, and since when; nothing is sent while it is paused.
    automatic_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    automatic_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_period: Mapped[int | None] = mapped_column(Integer)  # the last one that was sent by itself
    paused_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    policy: Mapped[GradingPolicy] = relationship()
    switched_on_by: Mapped[Membership] = relationship(foreign_keys=[switched_on_by_id])
    automatic_by: Mapped[Membership | None] = relationship(foreign_keys=[automatic_by_id])
    paused_by: Mapped[Membership | None] = relationship(foreign_keys=[paused_by_id])
    line_items: Mapped[list["LineItem"]] = relationship(back_populates="column")


class LineItemState(StrEnum):
    WANTED = "wanted"  # to be found or made in the LMS
    BOUND = "bound"  # its address is known
    REFUSED = "refused"  # the LMS said no: `problem` says why


class LineItem(Base):
    """A column as one course's LMS gradebook has it: ours (we made it) or theirs (adopted)."""

    __tablename__ = "line_item"
    __table_args__ = (UniqueConstraint("column_id", "course_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    column_id: Mapped[int] = mapped_column(ForeignKey("grade_column.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    resource_link_id: Mapped[int | None] = mapped_column(ForeignKey("resource_link.id"), index=True)
    state: Mapped[LineItemState] = mapped_column(words(LineItemState, "state"))
    # The LMS makes it together with a link placed by deep linking: it is looked for, never made by us.
    placed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    ours: Mapped[bool] = mapped_column(Boolean)
    url: Mapped[str | None] = mapped_column(Text)
    label: Mapped[str | None] = mapped_column(String(300))  # as the LMS said when last seen
    maximum: Mapped[Decimal | None] = mapped_column(Numeric(14, 5))  # likewise
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)  # when to try to make it
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[str | None] = mapped_column(String(40))  # a code, shown in words
    problem_detail: Mapped[str | None] = mapped_column(Text)  # the LMS's own words, trimmed
    # As it was when it was made or adopted: what differs now was changed in the LMS.
    bound_label: Mapped[str | None] = mapped_column(String(300))
    bound_maximum: Mapped[Decimal | None] = mapped_column(Numeric(14, 5))
    # The nightly look at what stands there: until when somebody is at it, and when it was last done.
    check_lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The LMS does not let us read results: whether a trainer agreed to sending without comparing.
    results_unreadable: Mapped[bool | None] = mapped_column(Boolean)
    unread_accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    unread_accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    column: Mapped[GradeColumn] = relationship(back_populates="line_items")
    course: Mapped[Course] = relationship()


class ScoreStatement(Base):
    """The frozen answer behind one value that was sent or shown as final: lines, reasons, policy, digest."""

    __tablename__ = "score_statement"

    id: Mapped[int] = mapped_column(primary_key=True)
    column_id: Mapped[int] = mapped_column(ForeignKey("grade_column.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    as_of: Mapped[datetime] = mapped_column(UTCDateTime)
    policy_version: Mapped[int] = mapped_column(Integer)
    score: Mapped[Decimal] = mapped_column(Numeric(9, 2))
    maximum: Mapped[Decimal] = mapped_column(Numeric(9, 2))
    digest: Mapped[str] = mapped_column(String(64))
    record: Mapped[dict] = mapped_column(JSON)  # grading.score.Statement.as_record()
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("grade_decision.id"), index=True)
    comment: Mapped[str | None] = mapped_column(Text)  # what was written beside the score that was sent
    # Made to be sent; False: made to be shown as the final value, when the last period had closed.
    sent: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class DeliveryState(StrEnum):
    READY = "ready"  # something counted; nobody has asked for it to be sent
    DUE = "due"  # to be sent at `due_at`
    SENDING = "sending"  # claimed: a statement is frozen, an attempt may be under way
    CONFIRMED = "confirmed"  # the LMS said yes
    HELD = "held"  # the LMS has another value than ours: a trainer decides
    KEPT = "kept"  # a trainer decided to keep theirs
    REFUSED = "refused"  # the LMS said no for good: `problem` says why


class ScoreDelivery(Base):
    """One cell of the LMS gradebook: what is wanted there, what was tried, confirmed, seen."""

    __tablename__ = "score_delivery"
    __table_args__ = (
        UniqueConstraint("line_item_id", "enrolment_id"),
        Index("ix_score_delivery_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line_item_id: Mapped[int] = mapped_column(ForeignKey("line_item.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    state: Mapped[DeliveryState] = mapped_column(words(DeliveryState, "state"))
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # last fact that may change it
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when a person last pressed Send
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    # Set by a Send and by a fact, taken away in the transaction that freezes a statement: what is still set
    # when the LMS has answered came too late for it. Clocks cannot tell this, row locks can.
    asked_since: Mapped[bool] = mapped_column(Boolean, default=False)
    changed_since: Mapped[bool] = mapped_column(Boolean, default=False)

    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)  # since a person last asked

    # The attempt: committed before the call. `attempt_open` means its outcome is not known.
    attempt_open: Mapped[bool] = mapped_column(Boolean, default=False)
    attempted_statement_id: Mapped[int | None] = mapped_column(ForeignKey("score_statement.id"), index=True)
    attempted_value: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    attempted_maximum: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    attempted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    confirmed_statement_id: Mapped[int | None] = mapped_column(ForeignKey("score_statement.id"), index=True)
    confirmed_value: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    confirmed_maximum: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_timestamp: Mapped[datetime | None] = mapped_column(UTCDateTime)  # last stamp that may stand there

    # What the LMS had when it differed from ours, and the decision of a trainer about exactly that value.
    theirs_value: Mapped[Decimal | None] = mapped_column(Numeric(14, 5))
    theirs_maximum: Mapped[Decimal | None] = mapped_column(Numeric(14, 5))
    theirs_empty: Mapped[bool] = mapped_column(Boolean, default=False)
    theirs_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    overwrite: Mapped[bool] = mapped_column(Boolean, default=False)  # "send ours" for the value seen above
    replaced_value: Mapped[Decimal | None] = mapped_column(Numeric(14, 5))
    replaced_maximum: Mapped[Decimal | None] = mapped_column(Numeric(14, 5))
    replaced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    problem: Mapped[str | None] = mapped_column(String(40))
    problem_detail: Mapped[str | None] = mapped_column(Text)

    line_item: Mapped[LineItem] = relationship()
    enrolment: Mapped[Enrolment] = relationship()
    member: Mapped[Membership] = relationship(foreign_keys=[member_id])
    asked_by: Mapped[Membership | None] = relationship(foreign_keys=[asked_by_id])
