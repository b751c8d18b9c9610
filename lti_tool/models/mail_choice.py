"""What members chose about the mails that tell them what they are told in the tool as well."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime


class MailFrequency(StrEnum):
    """How soon something is told by mail."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


class MailChoice(Base):
    """What one member chose. Without a row everything is as by default (`services.mail_choices`).

    Hours are whole ones by the clock of `zone`; the same for both ends: no quiet hours.
    """

    __tablename__ = "mail_choice"

    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True, autoincrement=False)
    off: Mapped[bool] = mapped_column(Boolean)  # no mail at all
    frequencies: Mapped[dict] = mapped_column(
        JSON
    )  # NotificationKind -> MailFrequency, those that they chose
    zone: Mapped[str | None] = mapped_column(String(64))  # IANA name; none: the community's
    quiet_from: Mapped[int] = mapped_column(Integer)
    quiet_until: Mapped[int] = mapped_column(Integer)
    quiet_weekends: Mapped[bool] = mapped_column(Boolean)
    digest_hour: Mapped[int] = mapped_column(Integer)
    digest_day: Mapped[int] = mapped_column(Integer)  # of the week, Monday is 0
    # The address that its server refused for good: nothing is sent there until they ask for it.
    refused_address: Mapped[str | None] = mapped_column(String(320))
    refused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
