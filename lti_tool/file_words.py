"""How files appear on pages: their sizes in words, and the addresses by which texts show them."""

from collections.abc import Iterable

from babel.units import format_unit
from flask import Flask, g, url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup

from lti_tool import mentioned, sent_files
from lti_tool.knowledge import markdown
from lti_tool.knowledge.filetypes import TYPES
from lti_tool.knowledge.images import SMALL
from lti_tool.knowledge.markdown import OwnFile
from lti_tool.services import attachments, uploads
from lti_tool.services.attachments import AttachedFile

_UNITS = ((10**9, "gigabyte"), (10**6, "megabyte"), (10**3, "kilobyte"))


def install(app: Flask) -> None:
    """Give templates what they need to show files."""
    app.jinja_env.filters |= {"markdown": rendered, "file_size": file_size, "below_text": below_text}
    app.jinja_env.globals |= {
        "file_address": address,
        "image_alt": image_alt,
        "chosen_files": chosen,
        "own_files_in": own_files_in,
        "refused_files": sent_files.refused,
        "files_room": lambda: uploads.room(g.admission.member.community),
        "MOST_FILES": attachments.MOST,
        "FILE_ENDINGS": ",".join(sorted({f".{one.ending}" for one in TYPES} | {".jpeg"})),
    }


def rendered(text: str, files: Iterable[AttachedFile] = ()) -> Markup:
    """Return the HTML of a text, with those of these files that it shows."""
    own = {file.id: _own(file) for file in files}
    return Markup(markdown.render(text, mentioned.people_in(text), own))


def _own(file: AttachedFile) -> OwnFile:
    if not file.is_image:
        return OwnFile(address(file), file.name)
    scale = SMALL / max(file.width, file.height)
    return OwnFile(
        address=address(file),
        name=file.name,
        width=file.width,
        height=file.height,
        alt=image_alt(file),
        small_address=address(file, small=True) if file.has_small else None,
        small_width=max(1, round(file.width * scale)) if file.has_small else None,
    )


def image_alt(file: AttachedFile) -> str:
    """Return what stands for an image: it is a link, which has a name whatever its author said."""
    if file.alt is None:
        return gettext("Image “%(name)s”, without a description", name=file.name)
    return file.alt or gettext("Image, in full size")


def address(file: AttachedFile, small: bool = False) -> str:
    """Return where members open a file, or the small version of an image that has one."""
    size = {"size": "small"} if small and file.has_small else {}
    return url_for("files.show", file_id=file.id, name=file.name, **size)


def below_text(files: Iterable[AttachedFile], text: str) -> list[AttachedFile]:
    """Return those of the files that a text does not show itself."""
    found = list(files)
    shown = markdown.files_shown_in(text) if found else set()
    return [file for file in found if file.id not in shown]


def chosen(values, post_id: int | None = None, comment_id: int | None = None) -> list[AttachedFile]:
    """Return the files that a form has: those that it or its draft names, else those of what it edits."""
    member = g.admission.member
    named = sent_files.named_here(member, values)
    if named is None and post_id is not None:
        return attachments.of_own(member, post_id, comment_id)
    return named or []


def own_files_in(text: str) -> list[AttachedFile]:
    """Return those of the reader's own files that a text shows: of a preview."""
    return attachments.own_files(g.admission.member, sorted(markdown.files_shown_in(text)))


def file_size(size: int) -> str:
    """Write a number of bytes as people of this language do: "184 kB", "1.2 MB"."""
    scale, unit = next(((scale, unit) for scale, unit in _UNITS if size >= scale), (1, "byte"))
    number = size / scale
    digits = "#,##0.#" if number < 10 and scale > 1 else "#,##0"
    if scale == 1000:
        number, digits = max(1, round(number)), "#,##0"
    length = "long" if scale == 1 else "short"  # "303 bytes": the short form knows no plural
    return format_unit(number, f"digital-{unit}", length=length, format=digits, locale=get_locale())
