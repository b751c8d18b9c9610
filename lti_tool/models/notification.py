"""What members are told of: one row for each person and each thing that concerns them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words

_UNREAD = text("read_at IS NULL")
_WAITS_FOR_A_MAIL = text("mail_due_at IS NOT NULL")
_WAS_MAILED = text("mailed_in_id IS NOT NULL")


class NotificationKind(StrEnum):
    """Why somebody is told of something; of several reasons the first in this order is given."""

    MENTION = "mention"  # they are named in it
    REPLY = "reply"  # it answers something of theirs
    ANNOUNCEMENT = "announcement"
    FOLLOWED = "followed"  # a reply in a thread that they follow
    COULD_HELP = "could-help"  # a question on a topic that they like to be asked about
    TOPIC = "topic"  # something new on a topic that they follow
    ACCEPTED = "accepted"  # their reply solved the question
    THANKS = "thanks"
    RECOGNISED = "recognised"
    MODERATED = "moderated"  # staff decided about something of theirs, or answered them
    LOOKED_AT = "looked-at"  # what they reported was looked at
    STANDING = "standing"  # staff decided about their membership; of no thread
    # Of the space itself, by nobody and of no thread.
    OPENED = "opened"
    CLOSING_SOON = "closing-soon"
    CLOSED = "closed"
    PURGE_SOON = "purge-soon"
    COURSES_CHANGED = "courses-changed"  # another course meets here now, or one no longer does


# What becomes of the space: whoever does not come any more learns it by mail.
OF_THE_SPACE = frozenset(
    {
        NotificationKind.OPENED,
        NotificationKind.CLOSING_SOON,
        NotificationKind.CLOSED,
        NotificationKind.PURGE_SOON,
        NotificationKind.COURSES_CHANGED,
    }
)


class Notification(Base):
    """Something that one member is told of, with the reason why. Its words are made when it is read.

    Whether it may still be read is decided then, too: what was deleted, or is for others by now, is not told.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("member_id", "about"),
        Index("ix_notification_member_id_at", "member_id", "at", "id"),
        Index(
            "ix_notification_unread",
            "member_id",
            "at",
            "id",
            sqlite_where=_UNREAD,
            postgresql_where=_UNREAD,
        ),
        Index("ix_notification_member_id_post_id", "member_id", "post_id"),
        Index("ix_notification_at", "at"),
        Index(
            "ix_notification_mail_due_at",
            "mail_due_at",
            "id",
            sqlite_where=_WAITS_FOR_A_MAIL,
            postgresql_where=_WAITS_FOR_A_MAIL,
        ),
        Index(
            "ix_notification_member_id_mail_due_at",
            "member_id",
            "mail_due_at",
            "id",
            sqlite_where=_WAITS_FOR_A_MAIL,
            postgresql_where=_WAITS_FOR_A_MAIL,
        ),
        Index(
            "ix_notification_mailed_in_id",
            "mailed_in_id",
            "at",
            "id",
            sqlite_where=_WAS_MAILED,
            postgresql_where=_WAS_MAILED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))  # who is told
    kind: Mapped[NotificationKind] = mapped_column(words(NotificationKind, "kind"))
    about: Mapped[str] = mapped_column(String(60))  # "comment:12": of each thing one is told once
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)  # None: of no thread
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    # Who did it; None: the clock.
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)  # a prompt that has not opened: when it will
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When a worker looks whether it is to go into a mail; none: it went, or never will.
    mail_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mailed_in_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
