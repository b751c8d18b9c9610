"""The tables of the bare tool with a database (`bare_tool_with_database.py`): plain ORM, nothing of ours."""

from datetime import datetime

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

MOMENT = DateTime(timezone=True)


class Base(DeclarativeBase):
    """Apart from our own tables: both applications are made in the process of the benchmark."""


db = SQLAlchemy(model_class=Base)


class Registration(db.Model):
    """An LMS: what PyLTI1p3's tool configuration is made from."""

    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_login_url: Mapped[str] = mapped_column(String(1000))
    auth_token_url: Mapped[str] = mapped_column(String(1000))
    key_set_url: Mapped[str] = mapped_column(String(1000))
    active: Mapped[bool] = mapped_column(default=True)


class Deployment(db.Model):
    """An installation of the tool in an LMS; one that is not here is not let in."""

    __table_args__ = (UniqueConstraint("registration_id", "deployment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey(Registration.id))
    deployment_id: Mapped[str] = mapped_column(String(255))


class StoredValue(db.Model):
    """What PyLTI1p3 keeps: nonces, the launch of a state, launch data, key sets."""

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    value: Mapped[object] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(MOMENT, index=True)


class User(db.Model):
    """A person as one LMS knows them."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("registration_id", "sub"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey(Registration.id))
    sub: Mapped[str] = mapped_column(String(255))
    name: Mapped[str | None] = mapped_column(String(200))
    given_name: Mapped[str | None] = mapped_column(String(200))
    family_name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class Course(db.Model):
    """A context of a deployment, with the addresses of its services."""

    __table_args__ = (UniqueConstraint("deployment_id", "context_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey(Deployment.id))
    context_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(300))
    label: Mapped[str | None] = mapped_column(String(200))
    line_items_url: Mapped[str | None] = mapped_column(Text)
    roster_url: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class ResourceLink(db.Model):
    """An activity of a course that opens the tool."""

    __table_args__ = (UniqueConstraint("course_id", "resource_link_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey(Course.id))
    resource_link_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(300))
    line_item_url: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class Enrolment(db.Model):
    """A person in a course: roles as the last launch named them, and when that was."""

    __table_args__ = (UniqueConstraint("user_id", "course_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey(Course.id), index=True)
    roles: Mapped[list | None] = mapped_column(JSON)
    removed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    last_seen_at: Mapped[datetime | None] = mapped_column(MOMENT)


class LoginSession(db.Model):
    """What the session cookie names; only a hash of its value is here."""

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id), index=True)
    launch_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT, index=True)


class LaunchRecord(db.Model):
    """The launch log: who came when, or why somebody was refused."""

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(MOMENT, index=True)
    outcome: Mapped[str] = mapped_column(String(20))
    words: Mapped[str | None] = mapped_column(Text)
    registration_id: Mapped[int | None] = mapped_column(ForeignKey(Registration.id))
    user_id: Mapped[int | None] = mapped_column(ForeignKey(User.id), index=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey(Course.id), index=True)
