"""Private links by which a member's own calendar follows the dates of their community."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime


class CalendarFeed(Base):
    """One member's link. Another key makes another link of it, and ends the one before."""

    __tablename__ = "calendar_feed"

    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(43))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
