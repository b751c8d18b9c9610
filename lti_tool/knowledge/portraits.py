"""Pictures of people: whatever somebody sends becomes one small square, without what it said beside."""

from io import BytesIO

from PIL import Image, ImageOps

from lti_tool.knowledge.images import FORMAT, MOST_PIXELS, PLACES

SIDE = 256  # pixels: twice what the largest place shows
MEDIA_TYPE = "image/webp"
# What is opened at all: a small file may claim to be an image of any size.
_MOST_PIXELS = {FORMAT[kind]: most for kind, most in MOST_PIXELS.items()}


class UnreadablePicture(Exception):
    """It is no image that we read, or one of a size that nobody's camera takes; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def square(content: bytes) -> bytes:
    """Return the middle of an image as a square of SIDE pixels, upright, encoded anew, as WebP.

    Position, camera and comments of the file stay behind; what is transparent becomes white.

    :raises UnreadablePicture: `not-a-picture`, or `picture-too-large`.
    """
    try:
        with PLACES, Image.open(BytesIO(content), formats=list(_MOST_PIXELS)) as image:
            if image.width * image.height > _MOST_PIXELS[image.format or ""]:
                raise UnreadablePicture("picture-too-large")
            image.draft("RGB", (SIDE * 2, SIDE * 2))  # of a JPEG no more is decoded than needed
            upright = ImageOps.exif_transpose(image)
            small = ImageOps.fit(_opaque(upright), (SIDE, SIDE), Image.Resampling.LANCZOS)
    except UnreadablePicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise UnreadablePicture("picture-too-large") from problem
    except Exception as problem:  # what a torn picture makes of its decoder: any of a dozen errors
        raise UnreadablePicture("not-a-picture") from problem
    made = BytesIO()
    small.save(made, "WEBP", quality=82, method=4)
    return made.getvalue()


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode in ("RGB", "L") and "transparency" not in image.info:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")
