"""What people, scripts and an LMS may send that nobody asked for: a clear sentence, nothing lost, no harm."""

import json
from io import BytesIO

import pytest

from demo_lms.people import LEARNER, Course, Person
from lti_tool.models import Post, Role, User
from tests.functional.launches import launch_with
from tests.functional.space import id_of
from tests.support.world import FRENCH, TOOL

pytestmark = pytest.mark.slow_on_postgresql

SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>"
OVERRIDE = "‮"
FAMILY_EMOJI = "👩‍👩‍👧‍👦"
ODD_NAMES = (
    SCRIPT,
    f"Ada {OVERRIDE}ecalevoL",
    "A\0d\x07a",
    "x" * 300,
    FAMILY_EMOJI,
    "'; --",
    "{{ 7*7 }}",
)


@pytest.fixture
def ines(space):
    return space.home("ines")


def scripts_of(page):
    """Return what would run on a page that is not one of our own files."""
    ours = [tag for tag in page.soup.select("script") if tag.get("src", "").startswith("/static/")]
    handlers = [tag for tag in page.soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
    links = [tag for tag in page.soup.select("[href]") if tag["href"].lower().startswith("javascript:")]
    return [tag for tag in page.soup.select("script") if tag not in ours] + handlers + links


class TestWritingAPost:
    def test_of_nothing_comes_back_with_a_sentence(self, space, ines):
        for nothing in ("", "   ", "\n\n\t", "\0\0", OVERRIDE, "\u200b\u200b", "\u00a0"):
            page = ines.post("posts", kind="question", title=nothing, body="Something")
            assert page.status == 422, ascii(nothing)
            assert page.soup.select_one("#title-error")
            assert page.soup.select_one("textarea[name=body]").text.strip() == "Something"
        assert space.count(Post) == 0

    def test_that_is_too_long_comes_back_whole(self, space, ines):
        long = "é" * 20_001
        page = ines.post("posts", kind="discussion", title="t" * 141, body=long)
        assert page.status == 422
        assert page.soup.select_one("textarea[name=body]").text.strip() == long
        assert page.soup.select_one("input[name=title]")["value"] == "t" * 141
        assert page.soup.select_one("input[name=kind][value=discussion]").has_attr("checked")
        assert space.count(Post) == 0

    def test_of_exactly_what_is_allowed_is_published(self, ines):
        page = ines.post("posts", kind="discussion", title="t" * 140, body="b" * 20_000)
        assert page.status == 200

    def test_beyond_two_million_bytes_says_that_it_is_too_large(self, space, ines):
        page = ines.post("posts", kind="question", title="Large", body="x" * 2_100_000)
        assert page.status == 413
        assert page.soup.select_one("h1")
        assert space.count(Post) == 0

    def test_of_a_kind_that_does_not_exist_is_not_guessed(self, space, ines):
        for kind in ("", "poll", "Question", "question\0", "news"):
            page = ines.post("posts", kind=kind, title="Title", body="Body")
            assert page.status == 422, kind
            assert page.soup.select_one("textarea[name=body]").text.strip() == "Body"
        assert space.count(Post) == 0

    def test_drops_what_no_page_can_show(self, ines):
        page = ines.post("posts", kind="question", title=f"Ti\0tle{OVERRIDE}", body=f"Bo\0dy{OVERRIDE}\x07")
        assert page.soup.select_one("h1").text == "Title"
        assert page.soup.select_one(".prose").text.strip() == "Body"

    def test_keeps_every_letter_that_people_use(self, ines):
        words = f"Ça marche {FAMILY_EMOJI} שלום مرحبا 你好"
        page = ines.post("posts", kind="question", title=words, body=words)
        assert page.soup.select_one("h1").text == words
        assert page.soup.select_one(".prose").text.strip() == words

    def test_runs_no_script_anywhere(self, ines):
        thread = ines.post("posts", kind="question", title=SCRIPT, body=f"{SCRIPT}\n\n[x](javascript:alert)")
        assert thread.soup.select_one("h1").text == SCRIPT
        below = f"posts/{id_of(thread)}"
        for page in (thread, ines.get(""), ines.get(f"{below}/edit"), ines.get(f"{below}/history")):
            assert page.status == 200
            assert scripts_of(page) == [], page.path

    def test_is_cleaned_of_half_characters(self, ines):
        # A lone surrogate cannot be sent as UTF-8: what arrives in its place is a replacement character.
        raw = b"kind=question&title=half+%ED%A0%80&body=half+%ED%A0%80&seat_token="
        response = ines.browser.tool.post(
            f"{ines.community}posts",
            data=raw + ines.seat_token.encode(),
            content_type="application/x-www-form-urlencoded",
            base_url=TOOL,
        )
        assert response.status_code == 303

    def test_takes_the_first_of_repeated_fields(self, ines):
        page = ines.post("posts", kind=["question", "poll"], title=["First", "Second"], body=["One", "Two"])
        assert page.soup.select_one("h1").text == "First"
        assert page.soup.select_one(".prose").text.strip() == "One"


class TestSendingSomethingElseThanAForm:
    def sent(self, ines, **how) -> int:
        headers = {"X-Seat-Token": ines.seat_token}
        return ines.browser.tool.post(
            f"{ines.community}posts", base_url=TOOL, headers=headers, **how
        ).status_code

    def test_json_is_a_form_without_fields(self, ines):
        body = json.dumps({"kind": "question", "title": "T", "body": "B"})
        assert self.sent(ines, data=body, content_type="application/json") == 422

    def test_a_file_is_not_a_text(self, ines):
        file = (BytesIO(b"text"), "body.txt")
        assert self.sent(ines, data={"kind": "question", "title": "T", "body": file}) == 422

    def test_a_torn_multipart_body_is_no_form(self, ines):
        boundary = "multipart/form-data; boundary=x"
        assert self.sent(ines, data=b"--x\r\nContent-Dis", content_type=boundary) in (400, 422)

    def test_a_thousand_fields_too_many_are_too_large(self, ines):
        assert self.sent(ines, data={f"f{number}": "x" for number in range(1500)}) in (413, 422)


class TestAddressesMadeUp:
    NUMBERS = ("x", "-5", "1.5", "9" * 12, "9" * 30, "\0", "1e9", "²")

    def test_do_not_break_a_page(self, ines):
        for below in ("changes?after=", "posts/new?kept=", "?before=1-", "?filter=", "?seat=", "?done="):
            for number in self.NUMBERS:
                page = ines.browser.get(ines.community + below + number)
                assert page.status in (200, 304), (below, number)

    def test_a_cursor_that_was_tampered_with_shows_a_page(self, ines):
        for moment in ("nan", "inf", "-inf", "1e400", "", "1-", "9" * 14, "-9999999999", "-62135596801"):
            assert ines.get("", before=f"{moment}-1").status == 200, moment

    def test_an_unknown_notice_says_nothing(self, ines):
        page = ines.get("", done=SCRIPT)
        assert page.soup.select_one("#announce .toast") is None
        assert scripts_of(page) == []

    def test_a_made_up_version_overwrites_nothing(self, space, ines):
        below = f"posts/{id_of(space.write('ines', body='As it was.'))}"
        for version in ("", "x", "-1", "1e3", "9" * 5000):
            page = ines.post(f"{below}/edit", title="New", body="New words", version=version)
            assert page.status == 422, version[:9]
            assert page.soup.select_one("textarea[name=body]").text.strip() == "New words"
        assert "As it was." in ines.get(below).text

    def test_a_made_up_kept_number_changes_nothing(self, ines):
        for number in self.NUMBERS:
            page = ines.post("posts", kind="question", title=f"Nr {number}", body="Body", kept=number)
            assert page.status == 200, number

    def test_an_address_of_another_site_to_go_back_to_is_not_followed(self, ines):
        for wish in ("https://evil.example/", "//evil.example", "/\\evil.example", "/communities/1evil", ""):
            page = ines.post("preferences/theme", follow=False, theme="dark", next=wish)
            assert page.response.location.startswith(ines.community), wish

    def test_preferences_that_do_not_exist_are_not_found(self, space, ines):
        trainer, theirs = space.home_of(Role.TRAINER), f"members/{space.number('ines')}/appointment"
        assert ines.post("preferences/language", language="xx").status == 404
        assert ines.post("preferences/theme", theme="pink").status == 404
        assert trainer.post("zone", time_zone="Mars/Base").status == 404
        assert trainer.post(theirs, role="trainer").status == 404
        assert trainer.post(theirs, role="x").status == 404


class TestNamesThatComeFromAnLMS:
    def add(self, world, given, family=None, key="odd"):
        world.lms.add_person(Person(key, f"u-{key}", given, family, None, "en", {FRENCH: (LEARNER,)}))
        return world.enter(key)

    def stored(self, world, key="odd") -> str | None:
        with world.database() as session:
            return session.query(User).filter_by(sub=f"u-{key}").one().name

    def test_are_shown_harmlessly_on_every_page(self, world):
        for number, name in enumerate(ODD_NAMES):
            home = self.add(world, name, key=f"odd{number}")
            thread = home.post("posts", kind="question", title="Title", body=f"Body {number}")
            for page in (home, thread, home.get("members"), home.get("")):
                assert page.status == 200, name
                assert scripts_of(page) == [], name
                assert OVERRIDE not in page.html and "\0" not in page.html, name
                assert "49" not in page.soup.select_one(".own-name").text
            assert 0 < len(self.stored(world, f"odd{number}")) <= 200

    def test_with_half_characters_are_mended(self, world):
        home = launch_with(world.browser("ines"), lambda claims: claims.update(name="half \ud800name"))
        assert home.soup.select_one(".own-name").text.strip() == "half name"

    def test_of_which_nothing_is_visible_are_no_names(self, world):
        for number, nothing in enumerate(["\u200b", "\0", OVERRIDE, " \t\u200f"]):
            home = self.add(world, nothing, key=f"odd{number}")
            assert self.stored(world, f"odd{number}") is None, ascii(nothing)
            shown = home.soup.select_one(".own-name").text
            assert "Membre" in shown or "Member" in shown, ascii(nothing)

    def test_of_a_course_are_cleaned_too(self, world):
        world.lms.add_course(
            Course("9", f"L{OVERRIDE}", f"{SCRIPT}{OVERRIDE}" + "x" * 400, "en", "19", "Link")
        )
        world.lms.enrol("ines", "9", LEARNER)
        home = world.browser("ines").open_community("9")
        assert home.soup.select_one(".brand b").text.startswith("<script>")
        assert scripts_of(home) == []
        assert OVERRIDE not in home.html


class TestHeaders:
    def pages(self, space):
        """Return pages of every kind: inside, refused, signed out, launch."""
        thread = space.write("ines")
        ines = space.home("ines")
        inside = [
            ines.get(below) for below in ("", "members", "posts/new", f"posts/{id_of(thread)}", "changes")
        ]
        inside += [
            ines.get("grading"),
            ines.post("seen"),
            ines.post("posts"),
            ines.post("seen", seat_token="x"),
        ]
        inside += [ines.post("posts", body="x" * 2_100_000), ines.get("nothing"), ines.post("nothing")]
        return inside + [space.home_of(Role.OBSERVER)]

    def test_every_page_forbids_inline_script_and_storing(self, space):
        stranger = space.world.browser()
        outside = [
            stranger.get(address) for address in ("/", "/lti/launch", "/lti/login", "/nothing", "/healthz")
        ]
        outside += [stranger.get("/communities/1/"), stranger.post("/lti/launch", {})]
        for page in [*self.pages(space), *outside]:
            headers = page.response.headers
            policy = headers["Content-Security-Policy"]
            assert "unsafe" not in policy and "default-src 'none'" in policy, page.path
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cache-Control"] == "no-store", page.path
            assert headers["Strict-Transport-Security"]
            assert scripts_of(page) == []

    def test_pages_of_a_seat_are_framed_by_its_lms_alone(self, space):
        issuer = space.world.lms.settings.issuer
        for page in self.pages(space):
            assert self.frames(page) == f"frame-ancestors {issuer}", page.path

    def test_pages_without_anyone_may_be_framed_by_all(self, world):
        stranger = world.browser()
        pages = [stranger.get("/communities/1/"), stranger.get("/lti/launch"), stranger.get("/lti/login")]
        for page in [*pages, stranger.post("/lti/launch", {}), stranger.post("/communities/1/posts", {})]:
            assert self.frames(page) == "frame-ancestors *", page.path

    def test_every_other_page_is_framed_by_nobody(self, space):
        outsider = space.world.enter("grace", "3").browser
        space.home("ines")
        stranger = space.world.browser()
        pages = [outsider.get("/communities/77777/"), outsider.get("/communities/77777/x")]
        for page in [*pages, stranger.get("/"), stranger.get("/nothing")]:
            assert self.frames(page) == "frame-ancestors 'none'", page.path

    def frames(self, page) -> str:
        return page.response.headers["Content-Security-Policy"].rpartition("; ")[2]
