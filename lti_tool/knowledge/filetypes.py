"""What a file is, by its content: a short list of types is taken, whatever its name says.

Nothing is unpacked and little is read at once, however large a file says that it is. A file that is two
things at a time (a program behind a document, a page in a picture), that hides what it holds, or swells when
it is opened is refused with a code.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

import puremagic

HEAD, TAIL = 4096, 2048
# What of a package is looked at, and how far it may swell when somebody opens it.
MOST_PARTS, MOST_PART_READ = 5_000, 2_000_000
MOST_UNPACKED, MOST_SWELLING = 1_000_000_000, 200
_AT_ONCE = 1 << 16


class Family(StrEnum):
    """What a file is to people."""

    IMAGE = "image"
    PDF = "pdf"
    TEXT = "text"
    SHEET = "sheet"
    SLIDES = "slides"
    PLAIN = "plain"


@dataclass(frozen=True)
class FileType:
    """A type that is taken; `ending` is how a name of it ends, without the dot."""

    ending: str
    media_type: str
    family: Family


class FileRefused(Exception):
    """A file that is not taken; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
PNG = FileType("png", "image/png", Family.IMAGE)
JPEG = FileType("jpg", "image/jpeg", Family.IMAGE)
WEBP = FileType("webp", "image/webp", Family.IMAGE)
GIF = FileType("gif", "image/gif", Family.IMAGE)
PDF = FileType("pdf", "application/pdf", Family.PDF)
DOCX = FileType("docx", f"{_OOXML}wordprocessingml.document", Family.TEXT)
XLSX = FileType("xlsx", f"{_OOXML}spreadsheetml.sheet", Family.SHEET)
PPTX = FileType("pptx", f"{_OOXML}presentationml.presentation", Family.SLIDES)
ODT = FileType("odt", f"{_ODF}text", Family.TEXT)
ODS = FileType("ods", f"{_ODF}spreadsheet", Family.SHEET)
ODP = FileType("odp", f"{_ODF}presentation", Family.SLIDES)
TXT = FileType("txt", "text/plain", Family.PLAIN)
CSV = FileType("csv", "text/csv", Family.PLAIN)
MARKDOWN = FileType("md", "text/markdown", Family.PLAIN)
TYPES = (PNG, JPEG, WEBP, GIF, PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, TXT, CSV, MARKDOWN)

_BY_ENDING = {one.ending: one for one in TYPES} | {"jpeg": JPEG, "jpe": JPEG, "markdown": MARKDOWN}
_BY_MEDIA_TYPE = {one.media_type: one for one in TYPES}
_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PNG),
    (re.compile(rb"\xff\xd8\xff"), JPEG),
    (re.compile(rb"RIFF.{4}WEBPVP8", re.DOTALL), WEBP),
    (re.compile(rb"GIF8[79]a"), GIF),
    (re.compile(rb"%PDF-[12]\.\d"), PDF),
)
_HEIC = re.compile(rb".{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1|avi[fs])", re.DOTALL)
_OLD_OFFICE, _ENCRYPTED_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "EncryptedPackage".encode("utf-16-le")
_PAGE = re.compile(
    rb"<\s*(?:!doctype|\?xml|html|head|body|script|svg|iframe|object|embed|meta|style|link|math)\b", re.I
)
_PDF_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_ZIP_START, _ZIP_END, _ZIP_END_LENGTH = b"PK\x03\x04", b"PK\x05\x06", 22
_TORN = (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError)
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def known(media_type: str) -> FileType | None:
    """Return the type of something that was kept, by its media type."""
    return _BY_MEDIA_TYPE.get(media_type)


def type_of(file: BinaryIO, name: str) -> FileType:
    """Say what a file is. Its name counts for plain text only, and must not say that it is something else.

    :raises FileRefused: `empty`, `type`, `heic`, `old-office`, `encrypted`, `macros`, `damaged`, `disguised`,
        `swells`, `not-utf-8` or `renamed`.
    """
    head, tail, size = _ends_of(file)
    if not size:
        raise FileRefused("empty")
    found = _binary(file, head, tail, size) or _plain(file, head, name)
    said = _BY_ENDING.get(ending_of(name))
    # One kind of picture under another's name is an everyday mistake; they are all made anew.
    if said is not None and said is not found and {said.family, found.family} != {Family.IMAGE}:
        raise FileRefused("renamed")
    return found


def ending_of(name: str) -> str:
    """Return how a name ends, in small letters and without the dot."""
    return name.rpartition(".")[2].strip().lower() if "." in name else ""


def _ends_of(file: BinaryIO) -> tuple[bytes, bytes, int]:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(HEAD)
    file.seek(max(0, size - TAIL))
    return head, file.read(TAIL), size


def _binary(file: BinaryIO, head: bytes, tail: bytes, size: int) -> FileType | None:
    if _HEIC.match(head):
        raise FileRefused("heic")
    if head.startswith(_OLD_OFFICE):
        raise FileRefused("encrypted" if _somewhere(file, _ENCRYPTED_OFFICE) else "old-office")
    if head.startswith(_ZIP_START):
        return _package(file, tail, size)
    found = next((one for signature, one in _SIGNATURES if signature.match(head)), None)
    # Two opinions: where the library of signatures sees something else, we do not insist.
    if found is not None and found.media_type not in _seen_by_the_library(head):
        raise FileRefused("disguised")
    if found is PDF:
        _must_be_a_pdf_alone(file, head, tail)
    return found


def _seen_by_the_library(head: bytes) -> set[str]:
    try:
        return {one.mime_type for one in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()


def _must_be_a_pdf_alone(file: BinaryIO, head: bytes, tail: bytes) -> None:
    end = tail.rstrip(b"\0\r\n\t ").rfind(b"%%EOF")
    if end < 0:
        raise FileRefused("damaged")
    if len(tail.rstrip(b"\0\r\n\t ")) - end > len(b"%%EOF") or _ZIP_END in tail or _PAGE.search(head[:1024]):
        raise FileRefused("disguised")
    if _somewhere(file, _PDF_ENCRYPTED):
        raise FileRefused("encrypted")


def _somewhere(file: BinaryIO, wanted: bytes | re.Pattern) -> bool:
    """Look through a whole file, some of it at a time."""
    search: Callable = wanted.search if isinstance(wanted, re.Pattern) else lambda some: wanted in some
    file.seek(0)
    before = b""
    while some := file.read(_AT_ONCE):
        if search(before + some):
            return True
        before = some[-64:]
    return False


def _package(file: BinaryIO, tail: bytes, size: int) -> FileType:
    """Say which office document a ZIP file is."""
    if tail[-_ZIP_END_LENGTH:][: len(_ZIP_END)] != _ZIP_END:
        raise FileRefused("disguised" if _ZIP_END in tail else "damaged")
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as package:
            _must_be_bearable(package, size)
            found = _office(package)
    except _TORN as problem:
        raise FileRefused("damaged") from problem
    return found


def _must_be_bearable(package: zipfile.ZipFile, size: int) -> None:
    parts = package.infolist()
    if not parts or min(part.header_offset for part in parts) != 0:
        raise FileRefused("disguised")
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused("encrypted")
    unpacked = sum(part.file_size for part in parts)
    # Parts that share their bytes are the trick of bombs that do not look like one.
    shared = sum(part.compress_size for part in parts) > size
    swells = unpacked > min(MOST_UNPACKED, MOST_SWELLING * size)
    if len(parts) > MOST_PARTS or shared or swells:
        raise FileRefused("swells")
    names = [part.filename.replace("\\", "/") for part in parts]
    if len(set(names)) != len(names) or any(_leads_out(name) for name in names):
        raise FileRefused("disguised")


def _leads_out(name: str) -> bool:
    return name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]


def _office(package: zipfile.ZipFile) -> FileType:
    names = set(package.namelist())
    if "encrypted-package" in names:
        raise FileRefused("encrypted")
    if "[Content_Types].xml" in names:
        return _microsoft(names, _part(package, "[Content_Types].xml"))
    if "mimetype" in names:
        return _open_document(package, names)
    raise FileRefused("type")


def _microsoft(names: set[str], said: bytes) -> FileType:
    if b"macroenabled" in said.lower() or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused("macros")
    for one in (DOCX, XLSX, PPTX):
        main = f"{one.media_type}.main+xml".encode()
        if main in said:
            return one
    raise FileRefused("type")


def _open_document(package: zipfile.ZipFile, names: set[str]) -> FileType:
    found = _BY_MEDIA_TYPE.get(_part(package, "mimetype").decode("ascii", "replace").strip())
    if found not in (ODT, ODS, ODP):
        raise FileRefused("type")
    if "META-INF/manifest.xml" in names and b"encryption-data" in _part(package, "META-INF/manifest.xml"):
        raise FileRefused("encrypted")
    if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in names):
        raise FileRefused("macros")
    return found


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    with package.open(name) as opened:
        content = opened.read(MOST_PART_READ + 1)
    if len(content) > MOST_PART_READ:
        raise FileRefused("swells")
    return content


def _plain(file: BinaryIO, head: bytes, name: str) -> FileType:
    """Take what is text from its first to its last character, when its name says which kind."""
    said = _BY_ENDING.get(ending_of(name))
    if said is None or said.family is not Family.PLAIN:
        raise FileRefused("type")
    if _PAGE.search(head[:1024]):
        raise FileRefused("disguised")
    file.seek(0)
    reader = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        while some := reader.read(_AT_ONCE):
            if _NOT_IN_TEXT.search(some):
                raise FileRefused("not-utf-8")
    except UnicodeDecodeError as problem:
        raise FileRefused("not-utf-8") from problem
    finally:
        reader.detach()
    return said
