"""Files of every kind that is taken, and of many that are not, made in memory."""

import io
import random
import struct
import zipfile
import zlib

from PIL import Image

OOXML = "application/vnd.openxmlformats-officedocument."


def picture(kind="PNG", size=(40, 30), mode="RGB", **saved) -> bytes:
    """Return a picture whose left half is red."""
    image = Image.new(mode, size, "#0000ff80"[: 9 if mode == "RGBA" else 7] if mode.startswith("RGB") else 0)
    if mode.startswith("RGB"):
        image.paste("red", (0, 0, size[0] // 2, size[1]))
    made = io.BytesIO()
    image.save(made, kind, **saved)
    return made.getvalue()


def photograph(size=(40, 30)) -> bytes:
    """Return a JPEG that lies on its side, with a place and a camera written into it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 24.0)
    return picture("JPEG", size, exif=exif, comment=b"SecretPlace")


def moving(frames=3, size=(20, 20)) -> bytes:
    images = [Image.new("RGB", size, (number * 40 % 256, 0, 0)) for number in range(frames)]
    made = io.BytesIO()
    images[0].save(made, "GIF", save_all=True, append_images=images[1:], duration=50)
    return made.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """Return a tiny PNG that claims to be of any size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def pdf(inside: bytes = b"", after: bytes = b"") -> bytes:
    return b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + inside + b"\n%%EOF\n" + after


def package(parts: dict[str, bytes], stored: tuple[str, ...] = ()) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in parts.items():
            how = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            opened.writestr(zipfile.ZipInfo(name), content, how)
    return made.getvalue()


def office(main: str = "wordprocessingml.document", **more: bytes) -> bytes:
    said = f'<Types><Override ContentType="{OOXML}{main}.main+xml"/></Types>'.encode()
    return package({"[Content_Types].xml": said, "word/document.xml": b"<w/>" * 100} | more)


def open_document(kind: str = "text", **more: bytes) -> bytes:
    said = f"application/vnd.oasis.opendocument.{kind}".encode()
    manifest = {"META-INF/manifest.xml": b"<manifest/>", "content.xml": b"<office/>"}
    return package({"mimetype": said} | manifest | more, stored=("mimetype",))


def encrypted_package() -> bytes:
    """Return an office document whose parts say that they need a password."""
    torn = bytearray(office())
    for start in (b"PK\x03\x04", b"PK\x01\x02"):
        place = torn.find(start)
        while place >= 0:
            torn[place + (6 if start[2] == 3 else 8)] |= 1
            place = torn.find(start, place + 4)
    return bytes(torn)


def overlapping() -> bytes:
    """Return a package whose directory names the same bytes again and again."""
    honest = office(**{"word/0.bin": random.Random(1).randbytes(5000)})
    end, entry = honest.rfind(b"PK\x05\x06"), honest.rfind(b"PK\x01\x02")
    directory = honest.find(b"PK\x01\x02")
    copies = b"".join(honest[entry:end].replace(b"word/0", b"word/%d" % number) for number in range(1, 9))
    numbers = (0, 0, 11, 11, end - directory + len(copies), directory, 0)
    return honest[:end] + copies + b"PK\x05\x06" + struct.pack("<HHHHIIH", *numbers)


TAKEN = {
    "photo.png": picture(),
    "photo.jpg": photograph(),
    "photo.webp": picture("WEBP"),
    "moving.gif": moving(),
    "report.pdf": pdf(),
    "report.docx": office(),
    "table.xlsx": office("spreadsheetml.sheet"),
    "talk.pptx": office("presentationml.presentation"),
    "text.odt": open_document(),
    "table.ods": open_document("spreadsheet"),
    "talk.odp": open_document("presentation"),
    "notes.txt": "Ça va, 日本 🌱\n".encode(),
    "table.csv": b"a;b\n1;2\n",
    "notes.md": b"# Title\n\n- one\n",
}
_SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_PAGE = b"<!doctype html><script>alert(1)</script>"
_ZIP = package({"evil.js": b"alert(1)"})
# Name, content, and why it is refused.
REFUSED = [
    ("nothing.txt", b"", "empty"),
    ("picture.svg", _SVG, "type"),
    ("picture.png", _SVG, "type"),
    ("notes.txt", _SVG, "disguised"),
    ("page.html", _PAGE, "type"),
    ("notes.md", b"\n  " + _PAGE, "disguised"),
    ("table.csv", b"\xef\xbb\xbf<HTML>", "disguised"),
    ("program.exe", b"MZ\x90\x00" + b"\0" * 100, "type"),
    ("report.pdf", b"MZ\x90\x00" + b"\0" * 100, "type"),
    ("archive.zip", _ZIP, "type"),
    ("report.docx", _ZIP, "type"),
    ("report.docx", pdf(), "renamed"),
    ("photo.jpg", pdf(), "renamed"),
    ("report.pdf", office(), "renamed"),
    ("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
    ("photo.jpg", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"),
    ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old-office"),
    (
        "secret.docx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600,
        "encrypted",
    ),
    ("secret.docx", encrypted_package(), "encrypted"),
    ("secret.pdf", pdf(b"trailer << /Encrypt 5 0 R >>"), "encrypted"),
    (
        "secret.odt",
        open_document(**{"META-INF/manifest.xml": b"<manifest:encryption-data/>"}),
        "encrypted",
    ),
    ("macros.docm", office(**{"word/vbaProject.bin": b"x"}), "macros"),
    (
        "macros.docx",
        package({"[Content_Types].xml": b"application/vnd.ms-word.document.macroEnabled"}),
        "macros",
    ),
    ("macros.odt", open_document(**{"Basic/Standard/Module1.xml": b"x"}), "macros"),
    ("half.pdf", pdf()[:-8], "damaged"),
    ("half.docx", office()[:-40], "damaged"),
    ("both.pdf", pdf(after=_ZIP), "disguised"),
    ("both.pdf", pdf(after=b"x" * 500), "disguised"),
    ("both.pdf", b"%PDF-1.7\n<script>alert(1)</script>" + pdf(), "disguised"),
    ("both.docx", office() + _PAGE, "disguised"),
    ("leads-out.docx", office(**{"../../etc/passwd": b"x"}), "disguised"),
    ("bomb.docx", office(**{"word/zeros.xml": b"\0" * 30_000_000}), "swells"),
    ("bomb.docx", overlapping(), "swells"),
    ("notes.txt", "Ça va".encode("latin-1"), "not-utf-8"),
    ("notes.txt", "Ça va".encode("utf-16"), "not-utf-8"),
    ("notes.txt", b"a\0b", "not-utf-8"),
    ("no-ending", b"Some text", "type"),
    ("script.js", b"alert(1)", "type"),
]
