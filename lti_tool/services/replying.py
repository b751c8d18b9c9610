"""Answering by mail what a mail told of: who may, where it goes, what becomes of what they wrote."""

import hashlib
import hmac
import io
import logging
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from lti_tool import settings
from lti_tool.errors import CommunityClosed, NotAllowed, NotFound, Stale, ToolError, Unfit
from lti_tool.extensions import db
from lti_tool.knowledge import mail_reading
from lti_tool.knowledge.answering import typed_in
from lti_tool.knowledge.cleaning import clean_name, clean_text
from lti_tool.knowledge.filetypes import FileRefused
from lti_tool.knowledge.mail_reading import ReadMail
from lti_tool.models import Comment, Community, InboundMail, Membership, User
from lti_tool.permissions import Act
from lti_tool.services import (
    attachments,
    comments,
    former_places,
    mail_links,
    messages,
    readers,
    reply_addresses,
    uploads,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import CommentDraft
from lti_tool.services.reply_addresses import ReplyTo
from lti_tool.services.upserts import insert_unless_there

log = logging.getLogger(__name__)

# Nobody types so many answers in an hour; what a program sends is not answered for ever either.
MOST_MAILS, MOST_ANSWERS, WITHIN = 30, 10, timedelta(hours=1)
# So long a mail is known as dealt with; its token is good for less.
KEPT_FOR = timedelta(days=90)
# What is carried back of what was typed, in letters.
CARRIED_BACK = 100_000
_LONGEST_FILE_NAME = 80

Clock = Callable[[], datetime]
Transaction = Callable[[], AbstractContextManager[None]]
# Makes a reply of what was typed, by the rules of the form on the page. Raises `Unfit`.
Drafted = Callable[[str], CommentDraft]


@dataclass(frozen=True)
class Edges:
    """What this work needs from outside: the time, transactions, the form's rules."""

    now: Clock
    transaction: Transaction
    drafted: Drafted


@dataclass(frozen=True)
class _Mail:
    """A mail of somebody who may be answered: what it says, and what it is known by."""

    read: ReadMail
    to: ReplyTo
    key: str
    whole: bool

    @property
    def typed(self) -> str:
        return _without_ours(typed_in(self.read.text))


@dataclass
class _Files:
    """What became of the files of a mail: those whose bytes are kept, and those refused, with why."""

    kept: list[uploads.Prepared]
    refused: list[list[str]]
    largest: int = 0

    def give_back(self) -> None:
        for one in self.kept:
            uploads.give_back(one)


def take_in(raw: bytes, *, whole: bool, edges: Edges) -> bool:
    """Make a comment of a mail, or tell its sender why not; once, however often it is read.

    Whoever shows no token of theirs learns nothing, nor does a program that answers by itself.

    :param whole: False when the mail is too large to be read, and this is how it begins.
    :returns: False for a mail that is none of our business: it carries nothing that looks like a token.
    :raises OSError: files cannot be kept now.
    """
    read = mail_reading.read(raw)
    tokens = reply_addresses.tokens_in(read.recipients)
    if not tokens:
        return False
    opened = [reply_addresses.opened(token, read.sender, edges.now()) for token in tokens]
    places = [place for place in opened if place is not None]
    if read.automatic or not places:
        log.info("a mail was dropped: %s", "automatic" if read.automatic else "no good token")
        return True
    mail = _Mail(read, places[0], _key(places[0], read.message_id.encode() or raw), whole)
    with edges.transaction():
        if not _is_to_be_answered(mail):
            return True
    files = _prepared(mail, edges)
    try:
        _settle(mail, files, edges)
    except BaseException:
        files.give_back()
        raise
    return True


def _key(place: ReplyTo, name: bytes) -> str:
    """Return what a mail is known by: the same for every copy of it, and no way back to what it says."""
    secret = hashlib.sha256(b"inbound-mail:" + settings.current().secret_key.encode()).digest()
    return hmac.new(secret, f"{place} ".encode() + name, hashlib.sha256).hexdigest()


def _is_to_be_answered(mail: _Mail) -> bool:
    """Tell whether nobody dealt with it yet, and its sender still has the address that it comes from."""
    known = select(InboundMail.id).where(InboundMail.key == mail.key)
    if db.session.scalar(known) is not None:
        return False
    address = select(User.email).join(Membership, Membership.user_id == User.id)
    email = db.session.scalar(address.where(Membership.id == mail.to.member_id))
    return email is not None and email.strip().lower() == mail.read.sender


def _prepared(mail: _Mail, edges: Edges) -> _Files:
    """Keep the bytes of files that may be brought, with no transaction open; nothing names them yet."""
    files = _Files([], [])
    if not mail.whole or not mail.typed:
        return files
    for file in mail.read.files:
        name = clean_name(file.name, _LONGEST_FILE_NAME)
        try:
            if len(files.kept) >= attachments.MOST:
                raise FileRefused("too-many-files")
            with edges.transaction():
                member = readers.reader(mail.to.member_id, edges.now())
                if member is None or not member.may(Act.WRITE_COMMENT):
                    break  # said when the mail is settled
                community_id, room = member.community.id, uploads.may_bring(member, edges.now())
                files.largest = room.largest
            content = io.BytesIO(file.content)
            files.kept.append(uploads.prepare(community_id, content, file.name, room.largest))
        except FileRefused as refusal:
            files.refused.append([name, refusal.code])
        except BaseException:
            files.give_back()
            raise
    return files


def _settle(mail: _Mail, files: _Files, edges: Edges) -> None:
    """Write the comment with its files, or the answer that says why not; each with the mark that it is done.

    A worker that dies before the commit has done nothing, and after it the mail is known.
    """
    try:
        with edges.transaction():
            if not _noted(mail, edges.now()):
                files.give_back()
                return
            comment = _written(mail, files, edges)
            row = db.session.execute(select(InboundMail).where(InboundMail.key == mail.key)).scalar_one()
            row.comment_id = comment.id
            if files.refused:
                _answer(mail, "files", files, edges.now())
    except ToolError as refusal:
        problem = _problem(refusal)
        if problem is None:
            raise
        files.give_back()
        with edges.transaction():
            if _noted(mail, edges.now()):
                _answer(mail, problem, files, edges.now())


def _noted(mail: _Mail, now: datetime) -> bool:
    """Note that the mail is dealt with; False when somebody else did. The second waits for the first."""
    return insert_unless_there(
        InboundMail, {"key": mail.key}, {"member_id": mail.to.member_id, "comment_id": None, "at": now}
    )


def _written(mail: _Mail, files: _Files, edges: Edges) -> Comment:
    now = edges.now()
    member = readers.reader(mail.to.member_id, now)
    if member is None:
        raise NotAllowed("no-longer-here")
    if not mail.whole:
        raise Unfit({"body": ["too-large"]})
    if _sent_since(mail.to.member_id, now) > MOST_MAILS:
        raise Unfit({"body": ["hourly-limit"]})
    draft = edges.drafted(mail.typed)
    member.must(Act.WRITE_COMMENT)
    post_id, parent = _place(member, mail.to, now)
    numbers = _registered(member, files, now)
    return comments.write(member, post_id, replace(draft, parent=parent, attachments=numbers), now)


def _place(member: ActingMember, to: ReplyTo, now: datetime) -> tuple[int, int | None]:
    """Return where an answer stands by now, also where staff moved what is answered."""
    moved = former_places.stands_at(member, to.post_id, to.comment_id, now)
    return (to.post_id, to.comment_id) if moved is None else (moved.post_id, moved.comment_id)


def _registered(member: ActingMember, files: _Files, now: datetime) -> tuple[int, ...] | None:
    numbers = []
    for one in list(files.kept):
        try:
            numbers.append(uploads.register(member, one, now).id)
        except FileRefused as refusal:
            files.kept.remove(one)
            uploads.give_back(one)
            files.refused.append([one.name, refusal.code])
    return tuple(numbers) or None


def _sent_since(member_id: int, now: datetime) -> int:
    lately = (InboundMail.member_id == member_id, InboundMail.at > now - WITHIN)
    return db.session.scalar(select(func.count()).select_from(InboundMail).where(*lately))


_CODES = frozenset(
    ("muted", "thread-locked", "subgroup-closed", "no-longer-here", "prompt-not-open", "community-not-open")
)


def _problem(refusal: ToolError) -> str | None:
    """Return why a mail was not taken, as its answer says it; None for what is nobody's doing and passes."""
    if isinstance(refusal, Unfit):
        codes: Sequence[str] = [code for some in refusal.problems.values() for code in some]
        return codes[0] if codes else "unfit"
    if refusal.code in _CODES:
        return refusal.code
    kinds = {CommunityClosed: "community-closed", NotAllowed: "not-allowed", NotFound: "gone", Stale: "stale"}
    return next((code for kind, code in kinds.items() if isinstance(refusal, kind)), None)


def _answer(mail: _Mail, problem: str, files: _Files, now: datetime) -> None:
    """Have one mail sent that says what happened and carries back what was typed; not very many to one."""
    subject = f"reply-of-member:{mail.to.member_id}"
    if messages.asked_since(messages.REPLY_ANSWER, now - WITHIN, subject) >= MOST_ANSWERS:
        return
    member = db.session.get_one(Membership, mail.to.member_id)
    about = {
        "problem": problem,
        "community": db.session.get_one(Community, member.community_id).name,
        "place": f"{member.community_id}/posts/{mail.to.post_id}",
        "text": "" if problem == "files" else clean_text(mail.typed or mail.read.text)[:CARRIED_BACK].strip(),
        "files": files.refused,
        "largest": files.largest,
        "answers": mail.read.message_id,
    }
    messages.ask_for(
        messages.REPLY_ANSWER,
        member.user.email,
        member.locale or member.user.locale,
        about,
        now,
        subject=subject,
        useless_after=now + messages.ANSWERS_ARE_WORTH_SENDING_FOR,
        member_id=member.id,
    )


def _without_ours(text: str) -> str:
    """Leave out lines with addresses that are one member's alone: nobody else may have them.

    They stand in what our mails say, in case a mail program quoted that in a way that is not known.
    """
    address = settings.current().reply_address or ""
    name, _, host = address.partition("@")
    secrets = (rf"{re.escape(name)}\+[0-9a-z-]+@{re.escape(host)}", re.escape(mail_links.PATH), "/o/guest/")
    ours = re.compile("|".join(secrets), re.IGNORECASE)
    return "\n".join(line for line in text.split("\n") if not ours.search(line)).strip("\n")


def sweep(now: datetime) -> None:
    """Forget mails that were dealt with long ago."""
    old = delete(InboundMail).where(InboundMail.at <= now - KEPT_FOR)
    db.session.execute(old.execution_options(synchronize_session=False))
