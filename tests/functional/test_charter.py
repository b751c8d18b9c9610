"""The charter: in two languages, accepted before one's first contribution, and again when it changes."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Charter, CharterAcceptance, Comment, Draft, Membership, Post, Role
from lti_tool.services import charter_records
from lti_tool.transactions import transaction
from tests.functional.space import id_of

pytestmark = pytest.mark.slow_on_postgresql

ASKED = {"kind": "question", "title": "How do you begin?", "body": "Tell me everything."}
KIND, BRIEF = "**Be kind.**", "**Be kind.** And be brief."


def card(page):
    return page.soup.select_one("section[aria-labelledby=charter]")


def write(space, body: str = KIND, number: int = 0, person: str = "claire", **more):
    """Let somebody put a charter in force; return the answer."""
    return space.home(person).post(
        "charter/edit", **{"body": body, "language": "en", "number": str(number)} | more
    )


def accept(space, person: str = "ines", number: int = 1):
    return space.home(person).post("charter/acceptance", number=str(number))


@pytest.fixture
def written(space):
    return write(space)


class TestTheCharter:
    def test_is_not_asked_for_while_there_is_none(self, space):
        home = space.home("ines")
        assert card(home) is None and home.soup.select_one("footer a[href*='/charter']") is None
        for page in ("charter", "charter/versions"):
            assert home.get(page).status == 200
        assert home.post("posts", **ASKED).status == 200

    @pytest.mark.long
    def test_begins_with_a_text_in_both_languages(self, space):
        form = space.home("claire").get("charter/edit")
        texts = {
            name: form.soup.select_one(f"textarea[name={name}]").text for name in ("body", "translation")
        }
        assert len(texts["body"]) > 200 and "Toute question" in texts["body"]
        assert len(texts["translation"]) > 200 and "Every question" in texts["translation"]

    def test_is_accepted_once(self, space, written):
        home = space.home("ines").get("")
        assert card(home).select_one(".prose strong").text == "Be kind."
        for _ in range(2):
            home = home.post("charter/acceptance", number="1")
            assert card(home) is None
        assert home.soup.select_one("footer a[href*='/charter']")
        ines = CharterAcceptance.member_id == space.number("ines")
        assert space.count(CharterAcceptance, ines) == 1

    def test_is_not_asked_of_whoever_wrote_it(self, space, written):
        assert card(space.home("claire").get("")) is None
        assert space.home("claire").post("posts", **ASKED).status == 200

    def test_of_somebody_else_meanwhile_loses_no_word(self, space, written):
        answer = write(space, "Mine.", person="claire", translation="Le mien.")
        assert answer.status == 409 and "Be kind." in answer.text
        assert answer.soup.select_one("textarea[name=body]").text.strip() == "Mine."
        assert answer.soup.select_one("textarea[name=translation]").text.strip() == "Le mien."
        again = {
            "body": "Mine.",
            "language": "en",
            "number": answer.soup.select_one("[name=number]")["value"],
        }
        assert answer.post("charter/edit", **again).status == 200

    @pytest.mark.parametrize(
        "wrong",
        [
            {"body": " \u200b "},
            {"body": "x" * 20_001},
            {"translation": "x" * 20_001},
            {"language": "de"},
            {"language": ""},
            {"number": "-1"},
            {"number": "many"},
        ],
    )
    def test_that_makes_no_sense_is_refused(self, space, wrong):
        answer = write(space, **{"body": "Be kind."} | wrong)
        assert answer.status == 422 and answer.soup.select_one("[role=alert]")
        assert space.count(Charter) == 0

    def test_with_script_is_harmless(self, space):
        page = write(space, "<script>alert(1)</script> <img src=x onerror=alert(1)> kind")
        prose = page.soup.select_one(".prose.charter")
        assert not prose.select("script, [onerror]") and "kind" in prose.text


class TestInTwoLanguages:
    def test_is_read_in_ones_own(self, space):
        write(space, "Be kind.", translation="Soyez bienveillants.")
        home = space.home("ines")
        assert "Soyez bienveillants." in card(home.get("")).text
        home.post("preferences/language", language="en", next=home.community)
        assert "Be kind." in card(home.get("")).text

    def test_without_a_translation_everybody_reads_the_one_there_is(self, space, written):
        shown = space.home("ines").get("charter").soup.select_one(".prose.charter")
        assert "Be kind." in shown.text and shown["lang"] == "en"

    def test_a_text_of_before_languages_keeps_its_number_when_it_gets_one(self, space, written):
        with space.world.app.app_context(), transaction():
            db.session.scalars(select(Charter)).one().language = None
        accept(space)
        form = space.home("claire").get("charter/edit").soup
        assert form.select_one("textarea[name=body]").text.strip() == KIND
        write(space, KIND, 1, language="fr")
        assert space.count(Charter, Charter.language == "fr") == space.count(Charter) == 1


class TestBeforeTheFirstContribution:
    def test_a_question_waits_for_it_and_nothing_of_it_is_lost(self, space, written):
        home = space.home("ines")
        answer = home.post("posts", **ASKED, tags="beginning")
        assert answer.status == 422 and space.count(Post) == 0
        assert answer.soup.select_one("textarea[name=body]").text.strip() == ASKED["body"]
        assert answer.soup.select_one("input[name=title]")["value"] == ASKED["title"]
        box = answer.soup.select_one("input[name=charter]")
        assert box["value"] == "1" and box["aria-invalid"] == "true"
        assert home.post("posts", **ASKED, charter="1").status == 200
        assert space.count(CharterAcceptance) == 2
        assert home.post("posts", **ASKED | {"title": "And then?"}).status == 200

    def test_a_reply_waits_for_it_too(self, space, written):
        thread = space.write("claire")
        place = f"posts/{id_of(thread)}/comments"
        answer = space.home("ines").post(place, body="Like this.")
        assert answer.status == 422 and space.count(Comment) == 0
        assert answer.soup.select_one("#reply textarea").text.strip() == "Like this."
        assert answer.soup.select_one("#reply input[name=charter]")
        page = space.home("ines").post(place, body="Like this.", charter="1")
        assert page.status == 200 and not page.soup.select("input[name=charter]")

    @pytest.mark.parametrize("number", ["2", "0", "-1", "1; --", "9" * 30])
    def test_no_other_number_accepts_it(self, space, written, number):
        assert space.home("ines").post("posts", **ASKED, charter=number).status == 422
        assert (space.count(CharterAcceptance), space.count(Post)) == (1, 0)

    def test_what_fails_for_another_reason_keeps_the_tick_and_accepts_nothing(self, space, written):
        answer = space.home("ines").post("posts", **ASKED | {"title": ""}, charter="1")
        assert answer.status == 422 and answer.soup.select_one("input[name=charter]").has_attr("checked")
        assert space.count(CharterAcceptance) == 1

    def test_a_draft_never_keeps_the_tick(self, space, written):
        place = f"new-{'a' * 32}"
        space.home("ines").post("drafts", **ASKED, draft=place, charter="1")
        with space.world.database() as session:
            assert "charter" not in session.scalars(select(Draft.fields)).one()

    def test_a_guest_expert_is_asked_too(self, space, written):
        thread = space.write("claire")
        guest = space.home_of(Role.GUEST_EXPERT)
        assert guest.post(f"posts/{id_of(thread)}/comments", body="As an expert").status == 422

    def test_reading_and_thanking_do_not_wait(self, space, written):
        thread = space.write("claire")
        ines = space.home("ines")
        assert ines.get(f"posts/{id_of(thread)}").status == 200
        assert ines.post(f"posts/{id_of(thread)}/reactions", kind="helped", on="true").status == 200


class TestANewVersion:
    @pytest.fixture
    def changed(self, space, written):
        accept(space)
        return write(space, BRIEF, 1)

    def test_is_asked_for_again_with_what_it_changed(self, space, changed):
        shown = card(space.home("ines").get(""))
        assert [one.text for one in shown.select("ins")] and "be brief" in shown.select_one("ins").text
        assert "2" not in [one.text for one in shown.select("del")]
        late = accept(space)
        assert late.status == 409 and "brief" in late.text
        assert accept(space, number=2).status == 200
        assert card(space.home("ines").get("")) is None

    def test_that_says_the_same_asks_nobody(self, space, changed):
        write(space, BRIEF, 2)
        assert space.count(Charter) == 2

    def test_comes_while_somebody_writes(self, space, changed):
        """Their form was made before, and its tick is for the version before."""
        answer = space.home("ines").post("posts", **ASKED, charter="1")
        assert answer.status == 422 and answer.soup.select_one("[name=body]").text.strip()
        assert answer.soup.select_one("form ins") and not answer.soup.select_one(
            "input[name=charter]"
        ).has_attr("checked")
        assert space.home("ines").post("posts", **ASKED, charter="2").status == 200

    def test_skipped_compares_with_what_one_had_accepted(self, space, changed):
        write(space, BRIEF + " And be there.", 2)
        changes = card(space.home("ines").get("")).select("ins")
        assert "be brief" in changes[0].text and "be there" in changes[-1].text

    def test_keeps_what_was_before_for_everybody_to_read(self, space, changed):
        page = space.home("ines").get("charter/versions")
        assert [one.text for one in page.soup.select("article h2")] == ["Version 2", "Version 1"]
        newest, first = page.soup.select("article")
        assert "be brief" in newest.select_one("ins").text and first.select_one("ins") is None
        assert "2 personnes" in first.select_one(".meta").text
        assert "1 personne" in newest.select_one(".meta").text

    def test_many_go_on_page_by_page(self, space, written, monkeypatch):
        monkeypatch.setattr(charter_records, "VERSIONS", 2)
        for number in range(1, 5):
            write(space, f"Version {number}", number)
        seen, address = [], "charter/versions"
        for _ in range(3):
            page = space.home("ines").get(address)
            seen += [one["id"] for one in page.soup.select("article h2")]
            older = page.soup.select_one("nav.centred a")
            address = "charter/versions?" + older["href"].partition("?")[2] if older else None
        assert seen == [f"version-{number}" for number in (5, 4, 3, 2, 1)] and address is None


class TestWhoAcceptedWhat:
    def rows(self, space, show: str = "waiting") -> list[str]:
        page = space.home("claire").get("charter/acceptances", show=show)
        return [one.select_one("a").text.strip() for one in page.soup.select("main ul.rows > li")]

    def test_is_told_to_those_who_look_after_the_space(self, space, written):
        for person in ("ines", "karim"):
            space.home(person)
        accept(space)
        assert self.rows(space) == [space.name("karim")]
        assert self.rows(space, "accepted") == [space.name("claire"), space.name("ines")]
        assert space.home("ines").get("charter/acceptances").status == 403

    def test_begins_anew_with_a_version_and_says_what_was_accepted_last(self, space, written):
        accept(space)
        write(space, BRIEF, 1)
        assert self.rows(space, "accepted") == [space.name("claire")]
        page = space.home("claire").get("charter/acceptances")
        assert "Version 1" in page.soup.select_one("main ul.rows").text

    def test_leaves_out_those_of_whom_it_is_not_asked(self, space, written):
        space.home_of(Role.OBSERVER)
        space.home_of(Role.SPONSOR)
        assert self.rows(space) == []

    def test_is_empty_without_a_charter(self, space):
        assert self.rows(space) == []

    def test_goes_on_page_by_page(self, space, written, monkeypatch):
        monkeypatch.setattr(charter_records, "MEMBERS", 1)
        for person in ("ines", "karim"):
            space.home(person)
        page = space.home("claire").get("charter/acceptances")
        after = page.soup.select_one(".centred a")["href"].partition("after=")[2].partition("&")[0]
        (first,) = page.soup.select("main ul.rows > li")
        (second,) = page.get("charter/acceptances", after=after).soup.select("main ul.rows > li")
        assert first.text != second.text

    def test_is_kept_with_its_moment(self, space, written, time_machine):
        later = clock.now() + timedelta(hours=2)
        time_machine.move_to(later, tick=False)
        accept(space)
        with space.world.database() as session:
            mine = select(CharterAcceptance.accepted_at).join(
                Membership, Membership.id == CharterAcceptance.member_id
            )
            assert session.scalars(mine.where(Membership.id == space.number("ines"))).one() == later
