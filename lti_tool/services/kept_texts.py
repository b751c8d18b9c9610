"""What somebody typed when their session was gone: kept a day for them alone, so that nothing is lost."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from lti_tool.extensions import db
from lti_tool.knowledge.typed_fields import Typed, first_of, read
from lti_tool.models import KeptText
from lti_tool.services.acting import ActingMember
from lti_tool.services.kind_forms import told_in

KEPT_FOR = timedelta(hours=24)
AT_MOST = 5


@dataclass(frozen=True)
class Kept:
    """A kept text as its author sees it again."""

    id: int
    kept_at: datetime
    title: str | None
    body: str
    address: str
    is_post: bool
    is_prompt: bool
    place: str  # of the draft that it was
    fields: Typed  # all that was typed, by name


def keep(user_id: int, community_id: int, address: str, fields: Typed, now: datetime) -> None:
    """Keep what was typed for that user and community; the oldest goes when there are more than five.

    The same text sent to the same address once more is kept once.
    """
    typed, theirs = json.dumps(fields), (KeptText.user_id == user_id, KeptText.community_id == community_id)
    db.session.execute(delete(KeptText).where(*theirs, KeptText.address == address, KeptText.fields == typed))
    db.session.add(
        KeptText(
            user_id=user_id,
            community_id=community_id,
            address=address,
            fields=typed,
            kept_at=now,
            expires_at=now + KEPT_FOR,
        )
    )
    db.session.flush()
    newest = select(KeptText.id).where(*theirs).order_by(KeptText.id.desc()).limit(AT_MOST)
    db.session.execute(delete(KeptText).where(*theirs, KeptText.id.not_in(newest.scalar_subquery())))


def kept_for(member: ActingMember, now: datetime) -> list[Kept]:
    """Return what is kept for this member, newest first. One statement."""
    wanted = select(KeptText).where(*_theirs(member), KeptText.expires_at > now).order_by(KeptText.id.desc())
    return [_shown(text) for text in db.session.scalars(wanted)]


def one(member: ActingMember, kept_id: int, now: datetime) -> Kept | None:
    """Return one kept text of this member, or None."""
    wanted = select(KeptText).where(*_theirs(member), KeptText.id == kept_id, KeptText.expires_at > now)
    text = db.session.scalars(wanted).one_or_none()
    return _shown(text) if text else None


def discard(member: ActingMember, kept_id: int) -> None:
    """Forget a kept text of this member; nothing happens when there is none."""
    db.session.execute(delete(KeptText).where(*_theirs(member), KeptText.id == kept_id))


def _theirs(member: ActingMember) -> tuple:
    return KeptText.user_id == member.user.id, KeptText.community_id == member.community.id


def _shown(text: KeptText) -> Kept:
    fields = read(json.loads(text.fields))
    return Kept(
        id=text.id,
        kept_at=text.kept_at,
        title=first_of(fields, "title") or None,
        body=told_in({name: first_of(fields, name) for name in fields}),
        address=text.address,
        is_post=text.address.endswith("/posts"),
        is_prompt=text.address.endswith("/prompts"),
        place=first_of(fields, "draft"),
        fields=fields,
    )
