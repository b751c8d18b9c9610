"""Images and files in contributions, and pictures of members. Their bytes are in the storage."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime


class Attachment(Base):
    """A file that a member brought. Of no contribution yet while what it belongs to is being written."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_post_id", "post_id", "comment_id", "position"),
        Index("ix_attachment_member_id_created_at", "member_id", "created_at"),
        Index(  # what waits to be claimed: few, of which the clock looks for the oldest
            "ix_attachment_unclaimed",
            "created_at",
            sqlite_where=text("post_id IS NULL AND deleted_at IS NULL"),
            postgresql_where=text("post_id IS NULL AND deleted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))  # cleaned, with the ending of its type
    media_type: Mapped[str] = mapped_column(String(100))  # by its content
    size: Mapped[int] = mapped_column(BigInteger)  # bytes, of everything kept of it
    width: Mapped[int | None] = mapped_column(Integer)  # pixels, of images
    height: Mapped[int | None] = mapped_column(Integer)
    alt: Mapped[str | None] = mapped_column(String(300))
    key: Mapped[str] = mapped_column(String(200), unique=True)  # in the storage
    small_key: Mapped[str | None] = mapped_column(String(200))  # of an image, for narrow places
    digest: Mapped[str] = mapped_column(String(64))  # sha256 of what is kept under `key`
    position: Mapped[int] = mapped_column(Integer)
    # Whether it is the member's picture of themselves (`Membership.picture_key` names it while it is in use).
    is_picture: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    # Nobody may open it any more; the bytes go by the clock.
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
