"""Mails are read whatever they are made of; nothing that arrives makes it fail."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.knowledge.mail_html import words_of
from lti_tool.knowledge.mail_reading import SMALLEST_PICTURE, read


def mail(body: str = "Bonjour", **headers) -> EmailMessage:
    written = EmailMessage()
    written["From"] = headers.pop("From", "Inès <Ines@Etu.test>")
    for name, value in headers.items():
        written[name.replace("_", "-")] = value
    written.set_content(body)
    return written


class TestWords:
    @pytest.mark.parametrize(
        ("charset", "encoding"),
        [("utf-8", "8bit"), ("iso-8859-1", "quoted-printable"), ("windows-1252", "base64")],
    )
    def test_are_read_in_their_charset(self, charset, encoding):
        written = mail()
        written.set_content("Déjà là", charset=charset, cte=encoding)
        assert read(written.as_bytes()).text == "Déjà là"

    @pytest.mark.parametrize("charset", ["x-unknown", "idna", "hex", "\x00", "unicode_escape", "utf-8"])
    def test_are_read_somehow_when_the_charset_is_none(self, charset):
        raw = f"From: a@b.test\nContent-Type: text/plain; charset={charset}\n\nD".encode() + b"\xe9j\xe0"
        assert read(raw).text == "Déjà"

    def test_broken_by_a_program_are_put_together(self):
        head = b"From: a@b.test\nContent-Type: text/plain; format=flowed\n\n"
        raw = head + b"One line \nof two.\nAnother.\n-- \nMe\n"
        assert read(raw).text == "One line of two.\nAnother.\n-- \nMe"

    def test_are_the_plain_ones_of_two_wordings(self):
        written = mail("plain")
        written.add_alternative("<p>html</p>", subtype="html")
        assert read(written.as_bytes()).text == "plain"

    def test_are_those_of_html_where_there_are_no_others(self):
        written = mail(" ")
        written.add_alternative("<p>Un</p><p>deux<br>trois</p><ul><li>a</li></ul>", subtype="html")
        assert read(written.as_bytes()).text == "Un\n\ndeux\ntrois\n\n- a"


class TestFiles:
    def test_come_along_and_ornaments_do_not(self):
        written = mail()
        written.add_alternative("<p>x <img src='cid:logo'></p>", subtype="html")
        related = written.get_payload()[1]
        related.add_related(b"small", "image", "png", cid="<logo>")
        related.add_related(b"x" * SMALLEST_PICTURE, "image", "png", cid="<large>", filename="photo.png")
        written.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="été.pdf")
        found = read(written.as_bytes())
        assert [one.name for one in found.files] == ["photo.png", "été.pdf"]
        assert found.text == "Bonjour"

    def test_a_mail_inside_is_a_file_and_not_words(self):
        written = mail()
        written.add_attachment(mail("inside"))
        found = read(written.as_bytes())
        assert (found.text, len(found.files)) == ("Bonjour", 1)


class TestSender:
    def test_is_one_address_in_small_letters(self):
        assert read(mail().as_bytes()).sender == "ines@etu.test"

    @pytest.mark.parametrize("said", ["a@b.test, c@d.test", "nobody", ""])
    def test_is_none_when_it_is_not_one(self, said):
        assert read(f"From: {said}\n\nx".encode()).sender == ""


class TestAutomatic:
    @pytest.mark.parametrize(
        "header",
        [
            "Auto-Submitted: auto-replied",
            "Precedence: junk",
            "Return-Path: <>",
            "Subject: Réponse automatique : absente",
            "Content-Type: multipart/report; boundary=x",
            "X-Failed-Recipients: a@b.test",
        ],
    )
    def test_is_known(self, header):
        assert read(f"From: a@b.test\n{header}\n\nx".encode()).automatic

    @pytest.mark.parametrize(
        "header", ["Auto-Submitted: no", "Subject: Re: Out there", "Return-Path: <a@b.test>"]
    )
    def test_is_not_seen_in_what_people_write(self, header):
        assert not read(f"From: a@b.test\n{header}\n\nx".encode()).automatic

    def test_a_machine_is_known_by_its_name(self):
        assert read(b"From: MAILER-DAEMON@b.test\n\nx").automatic


class TestHtml:
    def test_what_is_answered_and_signatures_are_left_out(self):
        for left_out in (
            "<div class='gmail_quote'>no<div>no</div></div>",
            "<blockquote type='cite'>no</blockquote>",
            "<div class='moz-cite-prefix'>no</div>",
            "<hr><div id='divRplyFwdMsg'>no</div><div>no</div>",
            "<div id='appendonsend'></div><p>no</p>",
            "<div class='gmail_signature'>no</div>",
            "<style>no</style><script>no</script>",
            "<p style='display: none'>no</p>",
        ):
            assert words_of(f"<p>yes</p>{left_out}") == "yes", left_out

    def test_a_link_says_where_it_leads(self):
        html = "<a href='https://a.test/b'>here</a> <a href='https://a.test/'>a.test</a>"
        html += " <a href='javascript:x'>y</a>"
        assert words_of(html) == "here <https://a.test/b> a.test y"


PIECES = st.sampled_from(
    [
        *(
            b"From: a@b\n",
            b"Content-Type: multipart/mixed; boundary=b\n",
            b"\n",
            b"--b\n",
            b"--b--\n",
            b"=?x?b?\xff?=",
        ),
        *(
            b"Content-Type: text/html; charset=\xff\n",
            b"<div",
            b"<![",
            b"<!--",
            b"Content-Transfer-Encoding: base64\n",
        ),
        *(
            b"Content-Disposition: attachment; filename*0*=x''%zz\n",
            b"Content-Type: message/rfc822\n\n",
            b"\x00",
        ),
    ]
)


class TestNothing:
    @given(st.binary(max_size=2000))
    def test_in_any_bytes_makes_it_fail(self, raw):
        read(raw)

    @given(st.lists(PIECES, max_size=40))
    def test_in_pieces_of_mails_makes_it_fail(self, pieces):
        read(b"".join(pieces))

    @given(st.text(max_size=500))
    def test_in_any_html_makes_it_fail(self, text):
        words_of(text)
        words_of("<" + text + "><![" + text)

    def test_very_deep_makes_it_fail(self):
        part = "Content-Type: multipart/mixed; boundary=b{0}\n\n--b{0}\n"
        read("".join(part.format(number) for number in range(3000)).encode())
        words_of("<div>" * 20_000 + "x" + "<a href=" * 2000)
