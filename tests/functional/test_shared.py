"""What the charter opens to sponsors: contributions without who wrote them, from when it was accepted on."""

from lti_tool.models import Charter, Role
from tests.functional.space import id_of
from tests.support.statements import counted


class TestTheFeedForSponsors:
    def feed(self, space):
        return space.home_of(Role.SPONSOR).get("shared")

    def opened(self, space, *accepting: str, **more) -> None:
        number = space.count(Charter)
        told = {"body": f"Be kind, {number}.", "language": "en", "opens_to_sponsors": "true"}
        told |= {"number": str(number)} | more
        assert space.home("claire").post("charter/edit", **told).status == 200
        for one in accepting:
            space.home(one).post("charter/acceptance", number=str(number + 1))

    def test_is_closed_until_the_charter_says_so(self, space):
        space.write("ines")
        for _ in range(2):
            page = self.feed(space)
            assert page.status == 403 and page.soup.select_one(".badge")
            self.opened(space, "ines", opens_to_sponsors="")

    def test_shows_what_was_written_after_its_author_accepted_and_not_who_wrote(self, space):
        before = space.write("ines", title="Before")
        self.opened(space, "ines")
        space.home("karim")
        number = space.number("karim")
        thread = space.write("ines", title="After", body=f"Tell @Karim Haddad, and `@[{number}]`.")
        space.home("karim").post(f"posts/{id_of(thread)}/comments", body="Mine.", charter="1")
        space.home("karim").post(f"posts/{id_of(before)}/comments", body="Under what is older.")
        page = self.feed(space)
        assert [one.text for one in page.soup.select("#shared .title")] == ["After"]
        read = page.browser.get(page.soup.select_one("#shared .title")["href"])
        assert "Mine." in read.text and "Tell @…, and @… ." in read.text
        assert "Haddad" not in read.html + page.html and f"@[{number}]" not in read.html + page.html
        assert page.get(f"shared/{id_of(before)}").status == 404
        assert space.name("ines") not in read.html and not read.soup.select("a[href*='/members/']")

    def test_ends_with_a_charter_that_says_nothing_of_it(self, space):
        self.opened(space, "ines")
        space.write("ines")
        self.opened(space, "ines", opens_to_sponsors="")
        assert self.feed(space).status == 403
        self.opened(space, "ines")
        assert not self.feed(space).soup.select("#shared .title")
        space.write("ines", title="Again")
        assert [one.text for one in self.feed(space).soup.select("#shared .title")] == ["Again"]

    def test_goes_on_when_the_charter_is_reworded(self, space):
        self.opened(space, "ines")
        space.write("ines", title="First")
        self.opened(space)
        assert [one.text for one in self.feed(space).soup.select("#shared .title")] == ["First"]

    def test_is_told_to_those_who_write(self, space):
        assert "Sponsors and observers do not read it." in english(space, "ines").get("welcome").text
        self.opened(space)
        charter = english(space, "karim").get("charter")
        assert "Sponsors of the training read what you write" in charter.text
        assert "without your name, as the charter says" in charter.get("welcome").text
        self.opened(space, opens_to_sponsors="")
        assert "Sponsors of the training read" not in charter.get("charter").text

    def test_of_what_changed_those_are_told_who_had_accepted(self, space):
        self.opened(space, opens_to_sponsors="")
        english(space, "ines").post("charter/acceptance", number="1")
        self.opened(space)
        assert "New in this version: sponsors of the training read" in space.home("ines").get("charter").text

    def test_is_noted_in_the_audit_log(self, space):
        english(space, "claire")
        self.opened(space)
        self.opened(space, opens_to_sponsors="")
        log = space.home("claire").get("audit").text
        assert "had the charter say that sponsors read" in log and "say no longer that sponsors" in log

    def test_page_by_page_for_as_many_statements_as_a_short_one(self, space, monkeypatch):
        monkeypatch.setattr("lti_tool.services.shared.PAGE", 2)
        monkeypatch.setattr("lti_tool.services.shared.REPLIES", 2)
        self.opened(space, "ines", "karim")
        costs, threads = [], []
        for number in range(1, 6):
            threads.append(space.write("ines", title=f"Title {number}"))
            space.reply("karim", threads[0], f"Reply {number}")
            with space.world.app.app_context(), counted() as sent:
                page = self.feed(space)
            costs.append(len(sent))
        assert len(set(costs[1:])) == 1 and costs[-1] <= 6
        assert walked(page, "#shared .title") == [f"Title {number}" for number in range(5, 0, -1)]
        replies = walked(page.get(f"shared/{id_of(threads[0])}"), "ol .prose")
        assert replies == [f"Reply {number}" for number in range(1, 6)]

    def test_is_for_sponsors_alone(self, space):
        self.opened(space, "ines")
        thread = space.write("ines")
        for person in ("claire", "ines", "patrick"):
            for below in ("shared", f"shared/{id_of(thread)}"):
                assert space.home(person).get(below).status == 403


def english(space, person: str):
    space.home(person).post("preferences/language", language="en")
    return space.home(person)


def walked(page, wanted: str) -> list[str]:
    """Return the texts on a page and on those that follow."""
    found = []
    while True:
        found += [" ".join(one.text.split()) for one in page.soup.select(wanted)]
        more = page.soup.select_one(".row.centred a")
        if more is None:
            return found
        page = page.browser.get(more["href"])
