"""What is written for a sub-group is closed to everybody outside it, at every address of the tool."""

import re
from urllib.parse import urlencode

import pytest

from lti_tool.models import Attachment, Comment, Role
from tests.functional.space import id_of
from tests.functional.test_files import bring, opened
from tests.functional.test_subgroups import ASKED, Groups
from tests.functional.test_url_map import INSIDE
from tests.unit.knowledge.sample_files import TAKEN

pytestmark = pytest.mark.slow_on_postgresql

A_PDF = TAKEN["report.pdf"]
# Words that nothing else has: title, text and its first wording, reply and its first wording, the files of
# both, what the sub-group is called and what it is for.
SECRETS = (
    "zebramarkt",
    "quaggatext",
    "tapirdraft",
    "okapireply",
    "kuduearlier",
    "elandfile",
    "gnureplyfile",
    "Nordsternrunde",
    "ibexpurpose",
)
# To throw away a file that is none of one's own is answered as if it were gone, and nothing happens.
THE_SAME_FOR_ALL = {"files.discard"}
FILES = {"karim": "elandfile.pdf", "claire": "gnureplyfile.pdf"}
# What lists may be asked for, beside what their addresses say.
ASKED_FOR = ("zebramarkt", "quaggatext", "okapireply", "Nordsternrunde")


class Closed(Groups):
    """Karim and Claire talk in a sub-group of Karim's; Inès has one of her own, which is not theirs."""

    def __init__(self, space) -> None:
        super().__init__(space)
        self.hers = self.make("Southerners", "ines")
        self.group = self.follow()
        self.trainer.post(
            f"subgroups/{self.group}/edit", name="Nordsternrunde", description="ibexpurpose of it"
        )
        self.files = {name: self.brought(who, name) for who, name in FILES.items()}
        words = {"title": "zebramarkt?", "attachment": self.files["elandfile.pdf"]}
        first = ASKED | words | {"body": "tapirdraft for @Claire Dubois"}
        self.post = id_of(self.write("karim", self.group, **first))
        home, thread = space.home("karim"), f"posts/{self.post}"
        home.post(f"{thread}/edit", **words, body="quaggatext for us", version="0")
        replied = self.trainer.post(
            f"{thread}/comments",
            body="kuduearlier to @Karim Haddad",
            attachment=self.files["gnureplyfile.pdf"],
        )
        self.comment = int(re.search(r'id="comment-(\d+)"', replied.html)[1])
        self.trainer.post(
            f"{thread}/comments/{self.comment}/edit",
            body="okapireply for you",
            attachment=self.files["gnureplyfile.pdf"],
            version="0",
        )

    def brought(self, person: str, name: str) -> str:
        """Let somebody bring a file for what they write; return its number."""
        return str(bring(self.space.home(person), (name, A_PDF)).json["files"][0]["id"])

    def file_addresses(self) -> list[str]:
        return [f"files/{number}/{name}" for name, number in self.files.items()]

    def addresses(self, person: str = "karim"):
        """Every address inside the community, with the numbers of what is closed in the places it has."""
        numbers = {
            "post_id": self.post,
            "comment_id": self.comment,
            "subgroup_id": self.group,
            "file_id": self.files["elandfile.pdf"],
            "name": "elandfile.pdf",
            "number": self.space.number(person),
            "member_id": self.space.number(person),
        }
        for rule in self.world.app.url_map.iter_rules():
            if not rule.rule.startswith("/communities/<id:community_id>/"):
                continue
            below = rule.rule.removeprefix("/communities/<id:community_id>/")
            names = {part.partition(":")[2] or part for part in re.findall(r"<([^>]+)>", below)}
            filled = re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda part: str(numbers.get(part[1], 1)), below)
            for method in sorted(rule.methods & {"GET", "POST"}):
                theirs = not names.isdisjoint({"post_id", "subgroup_id", "file_id"})
                yield rule.endpoint, method, filled, theirs

    def told(self, home, method: str, below: str, **more: str):
        """Ask for an address as somebody; return status and the secrets that the answer tells."""
        query = urlencode({"seat": home.seat} | more)
        fields = {
            "seat_token": home.seat_token,
            "version": "1",
            "title": "t",
            "body": "b",
            "kind": "question",
            "until": "2026-01-01T00:00:00Z",
        }
        given = {"data": fields} if method == "POST" else {}
        answer = home.browser.tool.open(
            f"{home.community}{below}{'&' if '?' in below else '?'}{query}",
            method=method,
            base_url="https://tool.test",
            headers=home.browser.headers,
            **given,
        )
        text = answer.get_data(as_text=True)
        return answer.status_code, [word for word in SECRETS if word.lower() in text.lower()]


@pytest.fixture
def closed(space):
    return Closed(space)


def crawl(closed, home, person="karim", leaving=()) -> None:
    """Go to every address from outside the sub-group, reading ones first: nothing is told, nothing found."""
    for below in closed.file_addresses():
        status, told = closed.told(home, "GET", below)
        assert status in (403, 404) and told == [], below
    every = sorted(closed.addresses(person), key=lambda one: (one[1], one[0] == "preferences.sign_out"))
    for endpoint, method, below, of_theirs in every:
        if endpoint in leaving:
            continue
        status, told = closed.told(home, method, below)
        assert told == [], (endpoint, method, below)
        if of_theirs and endpoint not in THE_SAME_FOR_ALL:
            assert status in (403, 404), (endpoint, method, below, status)
        assert status < 500, (endpoint, method, below)


class TestALearnerOutside:
    def test_is_told_nothing_at_any_address(self, closed):
        crawl(closed, closed.space.home("ines"))
        for below in closed.file_addresses():
            assert closed.told(closed.trainer, "GET", below)[0] == 303, below

    @pytest.mark.long
    def test_is_told_nothing_by_any_search_or_filter(self, closed):
        home = closed.space.home("ines")
        for below in ("", "search", "members", "subgroups", "topics", "posts/new", "bookmarks", "to-answer"):
            for word in ASKED_FOR:
                for name in ("q", "name", "tag", "filter", "query", "title"):
                    told = set(closed.told(home, "GET", below, **{name: word})[1])
                    assert told <= {word}, (below, name, word)  # a page repeats what was typed
            asked = {"subgroup": str(closed.group), "filter": "mine"}
            assert closed.told(home, "GET", below, **asked)[1] == [], below

    @pytest.mark.long
    def test_finds_none_of_it(self, closed):
        home = closed.space.home("ines")
        for word in ("zebramarkt", "okapireply"):
            assert closed.told(home, "GET", "search", q=word)[1] == [word]  # in the field, nowhere else
        told = home.get("search", q="quaggatext")
        assert not told.soup.select(".results article, .results li")

    @pytest.mark.long
    def test_cannot_take_its_files_to_another_place(self, closed):
        number = closed.files["elandfile.pdf"]
        closed.space.home("ines").post("posts", **ASKED, attachment=number)
        with closed.world.database() as session:
            assert session.get(Attachment, int(number)).post_id == closed.post
        assert closed.told(closed.space.home("ines"), "GET", f"files/{number}/elandfile.pdf") == (404, [])

    @pytest.mark.long
    def test_counts_nothing_of_it_as_new(self, closed):
        home = closed.space.home("ines")
        changes = home.get("changes", after="0")
        told = changes.response.get_json() if changes.status == 200 else {"posts": []}
        assert closed.post not in told["posts"]
        assert closed.told(home, "GET", "")[0] == 200


class TestOneWhoHasLeftTheGroup:
    @pytest.fixture
    def gone(self, closed):
        home = closed.space.home("karim")
        assert closed.told(home, "GET", f"posts/{closed.post}")[0] == 200
        closed.in_the_lms(lyon=(), secret=("ines",))
        closed.course.ask_and_read()
        return closed.space.home("karim").get("")

    def test_reads_none_of_it_and_writes_nothing_into_it(self, closed, gone):
        for below in (f"posts/{closed.post}", f"subgroups/{closed.group}", *closed.file_addresses()):
            assert closed.told(gone, "GET", below) == (404, []), below
        assert closed.told(gone, "GET", "")[1] == []
        thread = f"posts/{closed.post}"
        replies = closed.space.count(Comment)
        for below in (f"{thread}/comments", f"{thread}/edit", f"{thread}/delete", f"{thread}/reactions"):
            status, told = closed.told(gone, "POST", below)
            assert status in (403, 404) and told == [], below
        assert closed.space.count(Comment) == replies
        assert {"zebramarkt", "quaggatext"} <= set(closed.told(closed.trainer, "GET", thread)[1])
        assert closed.write("karim", closed.group, title="Once more").status == 422

    @pytest.mark.long
    def test_is_told_nothing_at_any_address(self, closed, gone):
        # What somebody wrote stays theirs in their own record; nobody else's words are in it.
        own = {"participation.mine", "evidence.mine", "evidence.my_facts"}
        crawl(closed, gone, "claire", leaving=own)


class TestWhoeverElse:
    def test_is_let_in_who_belongs_there_or_looks_after_the_community(self, closed):
        for home in (closed.space.home("karim"), closed.trainer):
            status, told = closed.told(home, "GET", f"posts/{closed.post}")
            shown = {"zebramarkt", "quaggatext", "okapireply", "elandfile", "gnureplyfile"}
            assert status == 200 and shown <= set(told)
            for below in closed.file_addresses():
                assert opened(home, f"{home.community}{below}?seat={home.seat}").status_code == 200, below

    @pytest.mark.long
    @pytest.mark.parametrize("role", [Role.GUEST_EXPERT, Role.SPONSOR, Role.OBSERVER], ids=str)
    def test_comes_from_outside_the_course_reads_none_of_it(self, closed, role):
        crawl(closed, closed.space.home_of(role))


def test_the_crawl_knows_every_address():
    assert {endpoint for endpoint, _ in INSIDE} >= {"posts.show", "people.show", "subgroups.show"}
