"""The charter of a community: what staff ask of everybody, accepted before one's first contribution.

Each version stays, and so does who accepted which. A new one is asked for again, with what it changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.differences import Passage, differences, shortened
from lti_tool.models import Charter, CharterAcceptance
from lti_tool.permissions import Act
from lti_tool.services import audit, changes
from lti_tool.services.acting import ActingMember
from lti_tool.services.preferences import LANGUAGES
from lti_tool.services.upserts import insert_unless_there


@dataclass(frozen=True)
class CharterText:
    """A charter in the language in which it was written, and in others by their code.

    `language` is None for one that was written before languages were asked: it is everybody's.
    """

    body: str
    language: str | None
    translations: Mapping[str, str] = field(default_factory=dict)
    opens_to_sponsors: bool = False  # they read, without names, what is written by who accepted it

    def in_language(self, language: str) -> str:
        """Return it in a language, as it was written where there is no translation."""
        return self.translations.get(language, self.body)

    def changed_since(self, former: "CharterText", language: str) -> Sequence[Passage]:
        """Return what leads from a former text to this one, in a language that both are in, else none."""
        for one in (language, self.language or language):
            if former.language is None:  # somebody reworded it in the language that it was in
                return _changes(former.body, self.body)
            if one in former.languages and one in self.languages:
                return _changes(former.in_language(one), self.in_language(one))
        return ()

    @property
    def languages(self) -> set[str | None]:
        """Those in which it can be read."""
        return {self.language, *self.translations}


def _changes(before: str, after: str) -> Sequence[Passage]:
    return () if before == after else tuple(shortened(differences(before, after)))


@dataclass(frozen=True)
class CharterView:
    """A charter, and when whoever reads it accepted it (None: not yet).

    `before` is the version that they had accepted, where this one is to be accepted instead.
    """

    number: int
    text: CharterText
    written_at: datetime
    accepted_at: datetime | None
    before: "CharterView | None" = None

    def changes(self, language: str) -> Sequence[Passage]:
        """Return what it changed since the version that its reader had accepted."""
        return self.text.changed_since(self.before.text, language) if self.before else ()


def in_force(member: ActingMember) -> CharterView | None:
    """Return the charter of the member's community, None while there is none. One statement."""
    found = [_view(*row) for row in db.session.execute(_latest_and_accepted(member))]
    if not found:
        return None
    latest, *former = found
    if former and latest.accepted_at is None:
        return CharterView(latest.number, latest.text, latest.written_at, None, former[0])
    return latest


def _latest_and_accepted(member: ActingMember):
    """Select the charter in force and, below it, the latest one that the member accepted."""
    mine = and_(CharterAcceptance.charter_id == Charter.id, CharterAcceptance.member_id == member.id)
    here = Charter.community_id == member.community.id
    highest = select(func.max(Charter.number)).where(here).correlate(None)
    latest, accepted = highest.scalar_subquery(), highest.join(CharterAcceptance, mine).scalar_subquery()
    return (
        select(Charter, CharterAcceptance.accepted_at)
        .outerjoin(CharterAcceptance, mine)
        .where(here, or_(Charter.number == latest, Charter.number == accepted))
        .order_by(Charter.number.desc())
    )


def _view(charter: Charter, accepted_at: datetime | None) -> CharterView:
    return CharterView(charter.number, text_of(charter), charter.written_at, accepted_at)


def text_of(charter: Charter) -> CharterText:
    """Return what a charter says, in the languages in which it was written."""
    more = charter.translations or {}
    return CharterText(charter.body, charter.language, more, charter.opens_to_sponsors)


def shown(member: ActingMember) -> CharterView | None:
    """Return the charter for the page about it, None while there is none. One statement."""
    member.must(Act.READ_CHARTER)
    return in_force(member)


def to_accept(member: ActingMember) -> CharterView | None:
    """Return the charter that this member has not accepted, None when nothing is asked. One statement."""
    charter = in_force(member)
    return charter if charter is not None and charter.accepted_at is None else None


def accept(member: ActingMember, number: int, now: datetime) -> None:
    """Note that a member accepts the charter, once.

    :raises NotFound: there is none. :raises Stale: it is another one by now than the one they read.
    """
    member.must(Act.READ)
    charter = _latest(member)
    if charter is None:
        raise NotFound()
    if charter.number != number:
        raise Stale("charter-changed")
    _note_acceptance(charter, member, now)


def must_be_accepted(member: ActingMember, number: int | None, now: datetime) -> None:
    """See to it that whoever contributes has accepted the charter: before, or with what they send now.

    :param number: of the charter that they accept by sending it, None for none.
    :raises Unfit: they have not; or it is another one by now than the one they read.
    """
    charter = to_accept(member)
    if charter is None:
        return
    if charter.number != number:
        raise Unfit({"charter": ["charter-changed" if number else "charter-first"]})
    accept(member, number, now)


def write(member: ActingMember, text: CharterText, number: int, now: datetime) -> None:
    """Put another text in force, which everybody is then asked to accept; the same one changes nothing.

    Whoever writes it accepts it by that.

    :param number: of the charter that the form was made from, 0 for none.
    :raises Stale: somebody else wrote one meanwhile.
    """
    member.must(Act.ARRANGE)
    changes.in_order(member)
    before = _latest(member)
    if before is not None and _is_the_same(before, text):
        before.language = text.language
        return
    if number != (before.number if before else 0):
        raise Stale("edited-meanwhile")
    charter = Charter(
        community_id=member.community.id,
        number=number + 1,
        body=text.body,
        language=text.language,
        translations=dict(text.translations) or None,
        opens_to_sponsors=text.opens_to_sponsors,
        written_by_id=member.id,
        written_at=now,
    )
    db.session.add(charter)
    db.session.flush()
    _note_acceptance(charter, member, now)
    here = f"community:{member.community.id}"
    audit.record(member, "charter.written", here, now, number=number + 1)
    if text.opens_to_sponsors != bool(before and before.opens_to_sponsors):
        act = "charter.opened" if text.opens_to_sponsors else "charter.closed"
        audit.record(member, act, here, now, number=number + 1)


def other_language(language: str) -> str:
    """Return the language into which a charter in this one may be translated."""
    return next(one for one in LANGUAGES if one != language)


def _is_the_same(charter: Charter, text: CharterText) -> bool:
    """Tell whether nobody would read another text; in which language it is may not have been known."""
    known = replace(text, language=None) if charter.language is None else text
    return text_of(charter) == known


def _note_acceptance(charter: Charter, member: ActingMember, now: datetime) -> None:
    insert_unless_there(
        CharterAcceptance, {"charter_id": charter.id, "member_id": member.id}, {"accepted_at": now}
    )


def _latest(member: ActingMember) -> Charter | None:
    wanted = select(Charter).where(Charter.community_id == member.community.id)
    return db.session.scalars(wanted.order_by(Charter.number.desc()).limit(1)).one_or_none()
