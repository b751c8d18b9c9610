"""The files of a form that was sent: looked at and kept with no transaction open, then the member's own."""

import logging
from dataclasses import dataclass, replace

from flask import g, request
from werkzeug.datastructures import FileStorage, MultiDict

from lti_tool import clock, transactions
from lti_tool.knowledge.cleaning import clean_name
from lti_tool.knowledge.filetypes import FileRefused
from lti_tool.schemas.fields import row_number
from lti_tool.services import attachments, uploads
from lti_tool.services.attachments import AttachedFile

log = logging.getLogger(__name__)

FIELD, CLAIMED = "files", "attachment"
# Stands among the files of a form for one that was refused: no schema takes it, the form comes back.
REFUSED = "refused"
SHOWN_NAME = 80


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken, and why; the sentence stands in components/files.html."""

    name: str
    code: str


@dataclass(frozen=True)
class Sent:
    """What became of the files of a form."""

    kept: list[AttachedFile]
    refused: list[Refusal]


def taken_in(member) -> MultiDict:
    """Keep the files of a form that publishes something; return the form with them named in it.

    What its images show is noted as well: fields `alt-<number>`, or `decorative-<number>` for one that adds
    nothing. Called before the form is read: a file that somebody chose is not lost by a missing title.
    """
    form = with_kept(member)
    if alts := _alts(form):
        attachments.describe(member, alts)
    for _ in refused():
        form.add(CLAIMED, REFUSED)
    return form


def with_kept(member) -> MultiDict:
    """Keep the files of a form; return the form with those named in it that were."""
    form = MultiDict(request.form)
    for file in keep(member).kept:
        form.add(CLAIMED, str(file.id))
    g.form_with_files = form
    return form


def keep(member) -> Sent:
    """Keep the files of this request as the member's; commits what it does."""
    files = [file for file in request.files.getlist(FIELD) if file.filename]
    sent = Sent([], [])
    if files:
        _keep_all(member, files, sent)
    g.refused_files = sent.refused
    return sent


def refused() -> list[Refusal]:
    """Return which files of this request were refused."""
    return g.get("refused_files", [])


def named_here(member, values=None) -> list[AttachedFile] | None:
    """Return the member's files that a form names: as it was sent, or its values; else the page's address.

    What an image shows is as the form has it. None when none of them says anything of files.
    """
    said = (g.get("form_with_files"), values, request.args)
    naming = next((one for one in said if isinstance(one, MultiDict) and CLAIMED in one), None)
    if naming is None:
        return None
    numbers = (row_number(one) for one in naming.getlist(CLAIMED))
    alts = _alts(naming)
    files = attachments.own_files(member, [number for number in numbers if number])
    return [replace(file, alt=alts.get(file.id, file.alt)) for file in files]


def _keep_all(member, files: list[FileStorage], sent: Sent) -> None:
    community_id = member.community.id
    for file in files:
        try:
            room = uploads.may_bring(member, clock.now())
            # That somebody is here has been noted; a picture takes a while, and no transaction waits for it.
            transactions.commit()
            prepared = uploads.prepare(community_id, file.stream, file.filename, room.largest)
            sent.kept.append(_registered(member, prepared))
        except FileRefused as refusal:
            sent.refused.append(Refusal(clean_name(file.filename, SHOWN_NAME), refusal.code))
        except OSError:
            log.exception("a file could not be kept")
            sent.refused.append(Refusal(clean_name(file.filename, SHOWN_NAME), "storage"))


def _registered(member, prepared: uploads.Prepared) -> AttachedFile:
    try:
        kept = uploads.register(member, prepared, clock.now())
        transactions.commit()
    except BaseException:
        transactions.roll_back()
        uploads.give_back(prepared)
        raise
    return kept


def _alts(form: MultiDict) -> dict[int, str | None]:
    numbers = [number for one in form.getlist(CLAIMED) if (number := row_number(one))][: attachments.MOST]
    alts: dict[int, str | None] = {}
    for number in numbers:
        if form.get(f"decorative-{number}"):
            alts[number] = ""
        elif f"alt-{number}" in form:
            alts[number] = form[f"alt-{number}"].strip() or None
    return alts
