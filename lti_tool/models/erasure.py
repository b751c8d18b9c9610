"""Who was erased, as keyed hashes; the same stands in the storage folder, outside the database's copies."""

from datetime import datetime

from sqlalchemy import Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.extensions import Base, UTCDateTime


class ErasureKey(Base):
    """The key of the journal of erasures: one row, encrypted, made once and never changed for another."""

    __tablename__ = "erasure_key"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)  # 1
    key_encrypted: Mapped[str] = mapped_column(Text)


class Erasure(Base):
    """One line of the journal: a keyed hash of registration and `sub`, and when whoever it was was erased."""

    __tablename__ = "erasure"
    __table_args__ = (UniqueConstraint("person_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_hash: Mapped[str] = mapped_column(String(64))
    erased_at: Mapped[datetime] = mapped_column(UTCDateTime)
