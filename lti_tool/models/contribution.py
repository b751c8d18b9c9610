"""What people write, what became of it, and the append-only facts that grading reads."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words
from lti_tool.models.person import Membership


class PostKind(StrEnum):
    DISCUSSION = "discussion"
    QUESTION = "question"


class Post(Base):
    """A discussion or a question opened in a community. A deleted one keeps its row, without its words."""

    __tablename__ = "post"
    __table_args__ = (Index("ix_post_community_id_created_at", "community_id", "created_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    kind: Mapped[PostKind] = mapped_column(words(PostKind, "kind"))
    title: Mapped[str] = mapped_column(String(140))
    body: Mapped[str] = mapped_column(Text)
    comment_count: Mapped[int] = mapped_column(Integer, default=0)  # of comments not deleted
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    edit_count: Mapped[int] = mapped_column(Integer, default=0)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_activity_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_activity_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompt.id"), index=True)  # set or answered
    opens_prompt: Mapped[bool | None] = mapped_column(Boolean)  # whether it sets it

    author: Mapped[Membership] = relationship(foreign_keys=[author_id])


class Comment(Base):
    """A reply under a post."""

    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_community_id_created_at", "community_id", "created_at"),
        Index("ix_comment_post_id_created_at", "post_id", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    edit_count: Mapped[int] = mapped_column(Integer, default=0)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    author: Mapped[Membership] = relationship()
    post: Mapped[Post] = relationship()


class Revision(Base):
    """The text that an edit replaced. Exactly one of post and comment is set."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    title: Mapped[str | None] = mapped_column(String(140))
    body: Mapped[str] = mapped_column(Text)
    replaced_at: Mapped[datetime] = mapped_column(UTCDateTime)
    replaced_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)

    replaced_by: Mapped[Membership] = relationship()


class ContributionFact(Base):
    """Something that happened to a contribution: append-only, dated, without a verdict."""

    __tablename__ = "contribution_fact"
    __table_args__ = (
        Index("ix_contribution_fact_community_id_member_id", "community_id", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)  # whom it concerns
    actor_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)  # who did it
    act: Mapped[str] = mapped_column(String(20))  # grading.facts.Act
    kind: Mapped[str] = mapped_column(String(20))  # grading.facts.Kind
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    words: Mapped[int | None] = mapped_column(Integer)  # counted when written or edited
    copied: Mapped[str | None] = mapped_column(String(40))  # overlap as an exact fraction, "3/4"
    helped_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompt.id"), index=True)  # which it answers
    quality: Mapped[str | None] = mapped_column(String(40))  # the mark given, an exact fraction
    lateness: Mapped[str | None] = mapped_column(String(40))  # a share fixed by hand, likewise
    reason: Mapped[str | None] = mapped_column(Text)  # the trainer's own words
    # Of what one receives from others (an acceptance, a recognition): its number among its kind, whether the
    # giver was staff then, and when the receiver had last recognised something of the giver's.
    received_id: Mapped[int | None] = mapped_column(Integer)
    by_staff: Mapped[bool | None] = mapped_column(Boolean)
    returns_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Change(Base):
    """One line of what happened in a community, for open pages to learn of. Ids rise; content stays away."""

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_community_id_id", "community_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    kind: Mapped[str] = mapped_column(String(30))  # post.written, comment.written, post.edited, …
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class KeptText(Base):
    """What somebody typed when their session was gone: 24 h, at most 5, for that user and community alone."""

    __tablename__ = "kept_text"
    __table_args__ = (Index("ix_kept_text_user_id_community_id", "user_id", "community_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    address: Mapped[str] = mapped_column(Text)  # the path it was sent to
    fields: Mapped[str] = mapped_column(Text)  # JSON object of what was typed
    kept_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
