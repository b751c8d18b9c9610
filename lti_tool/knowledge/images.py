"""Images made anew: upright, of a bearable size, without what a camera or a program wrote into them.

What comes out holds the pixels and nothing else: no place, no owner, no other file behind the picture.
"""

import io
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import BinaryIO

from PIL import Image, ImageCms, ImageOps, ImageSequence

from lti_tool.knowledge.filetypes import GIF, JPEG, PNG, WEBP, FileRefused, FileType

LARGEST, SMALL = 2048, 640
# Pixels that are unpacked. A photograph can be made smaller while it is; others need all of their memory.
MOST_PIXELS = {JPEG: 64_000_000, PNG: 36_000_000, WEBP: 36_000_000, GIF: 36_000_000}
# A moving picture stays one within these; beyond them it is its first frame.
MOST_FRAMES, MOST_MOVING_PIXELS = 120, 24_000_000
_LONGEST_SIDE = 20_000
Image.MAX_IMAGE_PIXELS = max(MOST_PIXELS.values())
FORMAT = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", GIF: "GIF"}
# Unpacked pictures are large: of all threads of a process, so many have one at a time.
PLACES = BoundedSemaphore(2)


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept: whole, and small when it is not small by itself."""

    kind: FileType
    content: bytes
    width: int
    height: int
    small: bytes | None  # always WebP, at most SMALL pixels


def made_anew(file: BinaryIO, kind: FileType, largest: int = LARGEST) -> Picture:
    """Make a picture anew from its pixels.

    :raises FileRefused: `too-many-pixels`, or `damaged`.
    """
    file.seek(0)
    with PLACES:
        try:
            with Image.open(file, formats=[FORMAT[kind]]) as opened:
                _must_be_bearable(opened, kind)
                if kind is GIF and _moves(opened):
                    return _moving(opened)
                return _still(opened, kind, largest)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
            raise FileRefused("too-many-pixels") from bomb
        except FileRefused:
            raise
        except Exception as problem:  # what a torn picture makes of its decoder: any of a dozen errors
            raise FileRefused("damaged") from problem


def _must_be_bearable(opened: Image.Image, kind: FileType) -> None:
    width, height = opened.size
    if width * height > MOST_PIXELS[kind] or max(width, height) > _LONGEST_SIDE:
        raise FileRefused("too-many-pixels")


def _moves(opened: Image.Image) -> bool:
    frames = getattr(opened, "n_frames", 1)
    return 1 < frames <= MOST_FRAMES and frames * opened.width * opened.height <= MOST_MOVING_PIXELS


def _moving(opened: Image.Image) -> Picture:
    frames, times = [], []
    for frame in ImageSequence.Iterator(opened):
        times.append(min(max(int(frame.info.get("duration", 100)), 20), 60_000))
        frames.append(_plain(frame.convert("RGBA"), "RGBA"))
    made = io.BytesIO()
    moving = {"save_all": True, "append_images": frames[1:], "duration": times, "loop": 0, "disposal": 2}
    frames[0].save(made, "GIF", optimize=False, **moving)
    return Picture(GIF, made.getvalue(), *opened.size, None)


def _still(opened: Image.Image, kind: FileType, largest: int) -> Picture:
    if kind is JPEG:
        opened.draft(None, (largest, largest))  # unpacks no more than is needed
    profile = opened.info.get("icc_profile")
    turned = ImageOps.exif_transpose(opened)
    clear = kind is not JPEG and ("transparency" in turned.info or turned.mode in ("RGBA", "LA", "PA", "La"))
    mode = "RGBA" if clear else "RGB"
    image = _plain(_in_usual_colours(turned, profile, mode), mode)
    image.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    kept_as = PNG if kind is GIF else kind
    small = None
    if max(image.size) > SMALL:
        smaller = image.copy()
        smaller.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
        small = _written(smaller, WEBP)
    return Picture(kept_as, _written(image, kept_as), *image.size, small)


def _in_usual_colours(image: Image.Image, profile: bytes | None, mode: str) -> Image.Image:
    """Return the picture in the colours that screens expect of one without a profile (sRGB)."""
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return ImageCms.profileToProfile(image, theirs, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that is no good: the colours as they are
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    return image.convert(mode)


def _plain(image: Image.Image, mode: str) -> Image.Image:
    """Return the pixels alone: what else a file said of them stays behind."""
    image = image.convert(mode)
    image.info = {}
    bare = Image.new(mode, image.size)
    bare.paste(image)
    return bare


def _written(image: Image.Image, kind: FileType) -> bytes:
    how = {
        JPEG: {"quality": 86, "optimize": True, "progressive": True},
        PNG: {"compress_level": 6},
        WEBP: {"quality": 84, "method": 4},
    }[kind]
    made = io.BytesIO()
    image.save(made, FORMAT[kind], **how)
    return made.getvalue()
