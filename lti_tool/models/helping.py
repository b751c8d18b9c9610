"""What members say to each other's contributions: thanks, votes, recognition, mentions."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words


class ReactionKind(StrEnum):
    HELPED = "helped"  # "this helped me", with what was done with it
    MET = "met"  # "I have met this too", of a question
    VOTE = "vote"  # for an idea
    ENDORSED = "endorsed"  # recognition of help on a topic


class Reaction(Base):
    """What one member says, once, to a contribution of another: a comment, else the post itself.

    One that is taken back loses its row; the facts that it brought stay, with its number (`received_id`).
    """

    __tablename__ = "reaction"
    __table_args__ = (
        UniqueConstraint("comment_id", "giver_id", "kind"),
        Index(
            "uq_reaction_post_id_giver_id_kind",
            "post_id",
            "giver_id",
            "kind",
            unique=True,
            sqlite_where=text("comment_id IS NULL"),
            postgresql_where=text("comment_id IS NULL"),
        ),
        Index("ix_reaction_post_id_kind", "post_id", "kind", "id"),
        Index("ix_reaction_post_id_giver_id", "post_id", "giver_id"),
        Index("ix_reaction_giver_id_at", "giver_id", "at"),
        Index("ix_reaction_receiver_id_at", "receiver_id", "at"),
        # Numbers of rows are never given twice: facts name them for ever.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    giver_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    receiver_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    kind: Mapped[ReactionKind] = mapped_column(words(ReactionKind, "kind"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"), index=True)  # of an endorsement
    note: Mapped[str | None] = mapped_column(Text)
    counted: Mapped[bool] = mapped_column(Boolean)  # whether a fact was noted for grading
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Mention(Base):
    """A contribution names a member; set when it is published or edited."""

    __tablename__ = "mention"
    __table_args__ = (
        Index("ix_mention_member_id_at", "member_id", "at", "id"),
        Index("ix_mention_post_id_comment_id", "post_id", "comment_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    written_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
