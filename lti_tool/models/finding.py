"""How contributions are found again: topics, tags, what a member follows and has read, the search."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words


class Topic(Base):
    """What a contribution is about, out of a list that staff keep."""

    __tablename__ = "topic"
    __table_args__ = (UniqueConstraint("community_id", "folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str] = mapped_column(String(80))
    folded: Mapped[str] = mapped_column(String(80))  # knowledge.folding: the same name once
    description: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # no longer offered


class Tag(Base):
    """A word that somebody put on a contribution."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("community_id", "folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str] = mapped_column(String(40))  # as it was written first
    folded: Mapped[str] = mapped_column(String(40))
    post_count: Mapped[int] = mapped_column(Integer)  # of posts that stand and are for everybody here


class PostTag(Base):
    """A tag on a post."""

    __tablename__ = "post_tag"
    __table_args__ = (Index("ix_post_tag_tag_id_created_at", "tag_id", "created_at", "post_id"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)  # of the post: lists are by time


class Attention(StrEnum):
    """What a member wants to hear of a topic or a thread; nothing chosen is neither."""

    FOLLOWED = "followed"
    MUTED = "muted"


class TopicStanding(Base):
    """What a topic is to a member: followed or muted, and whether they like to be asked about it."""

    __tablename__ = "topic_standing"

    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True, index=True)
    attention: Mapped[Attention | None] = mapped_column(words(Attention, "attention"))
    helps: Mapped[bool] = mapped_column(Boolean)


class ThreadReader(Base):
    """What a thread is to a member: read until when, followed or muted, bookmarked."""

    __tablename__ = "thread_reader"
    __table_args__ = (
        Index("ix_thread_reader_member_id_bookmarked_at", "member_id", "bookmarked_at", "post_id"),
        Index("ix_thread_reader_member_id_attention", "member_id", "attention", "post_id"),
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True, index=True)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attention: Mapped[Attention | None] = mapped_column(words(Attention, "attention"))
    bookmarked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SearchDocument(Base):
    """A contribution as the full-text index knows it, under this row's number (services.search_index).

    Numbers rise with the age of what they stand for: the newest matches are those with the highest ones.
    """

    __tablename__ = "search_document"
    __table_args__ = (
        UniqueConstraint("comment_id"),
        Index(
            "uq_search_document_post_id",
            "post_id",
            unique=True,
            sqlite_where=text("comment_id IS NULL"),
            postgresql_where=text("comment_id IS NULL"),
        ),
        Index(
            "ix_search_document_wanted_at",
            "wanted_at",
            "id",
            sqlite_where=text("wanted_at IS NOT NULL"),
            postgresql_where=text("wanted_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))  # None: the post itself
    # Set while a worker is to bring the index in line with it: what was there before the index was.
    wanted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
