"""Polls: what is asked, and how members voted."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words


class ResultsShown(StrEnum):
    """From when on members see how others voted."""

    ALWAYS = "always"
    VOTED = "voted"  # once one has voted oneself
    CLOSED = "closed"


class Poll(Base):
    """What a post of the kind `poll` asks. Of an anonymous one nobody is kept with what they chose."""

    __tablename__ = "poll"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    multiple: Mapped[bool] = mapped_column(Boolean)
    anonymous: Mapped[bool] = mapped_column(Boolean)
    results: Mapped[ResultsShown] = mapped_column(words(ResultsShown, "results"))
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ballot_count: Mapped[int] = mapped_column(Integer)


class PollOption(Base):
    """One of the answers of a poll."""

    __tablename__ = "poll_option"
    __table_args__ = (UniqueConstraint("post_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("poll.post_id"))
    position: Mapped[int] = mapped_column(Integer)
    label: Mapped[str] = mapped_column(String(200))
    vote_count: Mapped[int] = mapped_column(Integer)


class PollBallot(Base):
    """That a member voted."""

    __tablename__ = "poll_ballot"
    __table_args__ = (UniqueConstraint("post_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("poll.post_id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class PollChoice(Base):
    """What was chosen on a ballot; an anonymous poll has none of these."""

    __tablename__ = "poll_choice"
    __table_args__ = (Index("ix_poll_choice_option_id", "option_id"),)

    ballot_id: Mapped[int] = mapped_column(ForeignKey("poll_ballot.id", ondelete="CASCADE"), primary_key=True)
    option_id: Mapped[int] = mapped_column(ForeignKey("poll_option.id"), primary_key=True)
