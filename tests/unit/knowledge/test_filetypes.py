"""Files are what they hold, and nothing dangerous is taken."""

import io
import unicodedata

import pytest
from PIL import Image

from lti_tool.knowledge import images
from lti_tool.knowledge.cleaning import clean_file_name
from lti_tool.knowledge.filetypes import GIF, JPEG, PNG, WEBP, FileRefused, known, type_of
from tests.unit.knowledge.sample_files import (
    REFUSED,
    TAKEN,
    moving,
    office,
    photograph,
    picture,
    png_that_says,
)


def opened(content):
    return io.BytesIO(content)


def why(content, name):
    with pytest.raises(FileRefused) as refusal:
        type_of(opened(content), name)
    return refusal.value.code


class TestWhatIsTaken:
    @pytest.mark.parametrize("name", TAKEN)
    def test_is_known_by_its_content(self, name):
        found = type_of(opened(TAKEN[name]), name)
        assert found.ending == name.rpartition(".")[2]
        assert known(found.media_type) is found

    def test_needs_no_name_unless_it_is_text(self):
        assert type_of(opened(TAKEN["report.pdf"]), "").ending == "pdf"
        assert type_of(opened(TAKEN["report.docx"]), "report").ending == "docx"

    def test_pictures_may_be_called_as_another_kind_of_picture(self):
        assert type_of(opened(TAKEN["photo.jpg"]), "photo.png") is JPEG


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("name", "content", "code"), REFUSED, ids=[f"{name}-{code}" for name, _, code in REFUSED]
    )
    def test_says_why(self, name, content, code):
        assert why(content, name) == code

    def test_too_many_parts(self):
        assert why(office(**{f"word/{n}.xml": b"" for n in range(5001)}), "many.docx") == "swells"


def exact(made):
    image = Image.open(io.BytesIO(made.content))
    image.load()
    return image


class TestPicturesMadeAnew:
    def test_are_turned_upright_and_forget_where_they_were_taken(self):
        made = images.made_anew(opened(photograph((40, 30))), JPEG)
        assert (made.width, made.height) == (30, 40)
        for secret in (b"Secret", b"Exif", b"GPS"):
            assert secret not in made.content
        image = exact(made)
        assert not image.getexif() and "comment" not in image.info
        assert image.getpixel((15, 5))[0] > 200  # what was on the left is above

    def test_are_made_smaller_in_two_sizes(self):
        made = images.made_anew(opened(photograph((4000, 3000))), JPEG)
        assert (made.width, made.height) == (1536, 2048)
        small = Image.open(io.BytesIO(made.small))
        assert (small.size, small.format) == ((480, 640), "WEBP")

    def test_that_are_small_have_one_size(self):
        assert images.made_anew(opened(picture()), PNG).small is None

    @pytest.mark.parametrize(
        ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "L"), ("PNG", "I;16"), ("PNG", "1"), ("WEBP", "RGBA")]
    )
    def test_may_be_of_any_colours(self, kind, mode):
        made = images.made_anew(opened(picture(kind, mode=mode)), {"PNG": PNG, "WEBP": WEBP}[kind])
        assert exact(made).mode == ("RGBA" if mode == "RGBA" else "RGB")

    def test_in_four_colours_become_what_screens_show(self):
        made = io.BytesIO()
        Image.new("CMYK", (10, 10)).save(made, "JPEG")
        assert exact(images.made_anew(made, JPEG)).mode == "RGB"

    def test_that_move_go_on_moving_within_bounds(self):
        made = images.made_anew(opened(moving(3)), GIF)
        assert (made.kind, exact(made).n_frames) == (GIF, 3)
        still = images.made_anew(opened(moving(images.MOST_FRAMES + 1, (4, 4))), GIF)
        assert still.kind is PNG

    def test_lose_what_was_hidden_behind_them(self):
        for kind, content in ((PNG, picture()), (JPEG, photograph()), (GIF, picture("GIF"))):
            assert b"<script>" not in images.made_anew(opened(content + b"<script>PK\3\4"), kind).content

    @pytest.mark.parametrize("size", [(60_000, 60_000), (9_000, 9_000), (30_000, 10), (0, 10)])
    def test_that_unpack_to_too_much_are_refused(self, size):
        with pytest.raises(FileRefused) as refusal:
            images.made_anew(opened(png_that_says(*size)), PNG)
        assert refusal.value.code == ("damaged" if 0 in size else "too-many-pixels")

    @pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
    def test_that_are_torn_are_refused(self, part):
        whole = picture("JPEG", (400, 300))
        with pytest.raises(FileRefused, match="damaged"):
            images.made_anew(opened(whole[: int(len(whole) * part)]), JPEG)


class TestNamesOfFiles:
    @pytest.mark.parametrize(
        ("name", "kept"),
        [
            ("report.pdf", "report.pdf"),
            ("photo.JPEG", "photo.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
            ("a\0b\r\n\x07c.pdf", "ab c.pdf"),
            ("invoice\u202efdp.exe", "invoicefdp.pdf"),
            ("", "file.pdf"),
            ("...", "file.pdf"),
            (".htaccess", "htaccess.pdf"),
            ("\u200b\u200f .pdf", "pdf.pdf"),
            ('<a href="x">|?*.pdf', "a href=x.pdf"),
            ("名前 日本語.pdf", "名前 日本語.pdf"),
            ("تقرير.pdf", "تقرير.pdf"),
            ("v1.2 of the plan", "v1.2 of the plan.pdf"),
        ],
    )
    def test_are_cleaned(self, name, kept):
        assert clean_file_name(name, "pdf") == kept

    @pytest.mark.parametrize("letter", ["x", "é", "👩🏽‍🚒", "e\u0301\u0302"])
    def test_are_cut_between_letters(self, letter):
        kept = clean_file_name(letter * 5000 + ".pdf", "pdf")
        assert len(kept) <= 200 and kept.endswith(".pdf")
        assert unicodedata.normalize("NFC", kept) == kept
        assert clean_file_name(kept, "pdf") == kept
