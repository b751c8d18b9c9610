"""A sponsor at every address: nothing names a learner, and of contributions only what the charter opens."""

import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from io import BytesIO
from itertools import product
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from lti_tool import clock, personal_copy_page
from lti_tool.errors import ToolError
from lti_tool.extensions import db
from lti_tool.models import (
    Charter,
    Comment,
    Membership,
    Message,
    Post,
    Role,
    User,
)
from lti_tool.services import assessment, feedback, letters, mail_choices, mail_rounds, personal_copies
from lti_tool.transactions import reading, transaction
from tests.functional.desk import Desk
from tests.functional.space import id_of
from tests.functional.test_plans import bring, walk
from tests.functional.test_url_map import INSIDE
from tests.support.classroom import Classroom
from tests.support.world import TOOL

# Names of the learners, their pseudonyms and addresses, as pages might write them. Awa is the sponsor.
LEARNERS = ("ines", "karim", "lea", "anonymous")
PSEUDONYM = "Marguerite"
# Whatever a member writes has such a mark in it: what begins with OPEN may be read by a sponsor.
MARK, OPEN = "zq", "zqopen"
MARKED = re.compile(rf"{MARK}(?!open)[a-z0-9]+")
NUMBERS = range(1, 9)
WAYS = {"state": "closed", "guide": "learner", "name": "a.png", "key": "nobody-knows-it"}


class Watched:
    """The French course with much in it; Awa took part as a learner and was appointed sponsor then."""

    def __init__(self, world) -> None:
        self.world, self.classroom = world, Classroom(world)
        self.desk = Desk(self.classroom)
        for key in LEARNERS[1:]:
            self.classroom.learner(key)
        self.awa = self.classroom.learner("awa")
        self._among_learners()
        karim = self.classroom.number("karim")
        with world.app.app_context():
            walk(self.classroom, karim)
        self.classroom.pages["ines"] = world.enter("ines")  # the walk signs her out
        self._judged()
        self.appoint()
        self.charter(opens=False)

    def _among_learners(self) -> None:
        """Let Awa follow, be told, make a calendar, keep something: all before she is sponsor."""
        who, awa = self.classroom.learner, self.awa
        first = self.write("ines", "zqfirst")
        both = f"@[{self.number('awa')}] @[{self.number('ines')}]"
        chosen = {f"kind-{kind}": "at-once" for kind in mail_choices.KINDS}
        awa.post("mails", quiet_from="0", quiet_until="0", digest_hour="8", digest_day="0", **chosen)
        settings = self.world.app.extensions["settings"]
        object.__setattr__(settings, "mail_url", "smtp://127.0.0.1:1")
        who("karim").post(f"{first}/comments", body=f"zqreply {both}")
        object.__setattr__(settings, "mail_url", None)
        assert "zqreply" in mails_to_awa(self)
        awa.post(f"{first}/attention", attention="followed")
        awa.post(f"{first}/bookmark", bookmark="on")
        awa.post(f"{first}/comments", body=f"zqown to @[{self.number('ines')}]")
        who("ines").post(f"{first}/reactions", kind="met")
        awa.post("calendar")
        awa.post("drafts", draft="new-" + "e" * 32, draft_version="0", body=f"@[{self.number('karim')}] half")
        self.calendar = awa.get("calendar").soup.select_one("input[value*='.ics']")["value"]
        photo = bring(who("ines"), "zqfile.txt", b"zqcontent")
        self.write("ines", "zqwithfile", attachment=["", str(photo)])
        with self.world.app.app_context(), transaction():
            membership = db.session.get(Membership, self.number("anonymous"))
            membership.pseudonym = PSEUDONYM

    def _judged(self) -> None:
        now, ines = clock.now(), self.number("ines")
        post = self.rows(select(Post.id).where(Post.author_id == ines, Post.deleted_at.is_(None)))[0]
        self.desk.do(assessment.mark, f"post:{post}", Fraction(5, 4), "zqmark", now)
        self.desk.do(assessment.excuse, [ines], [2], "zqexcuse", now)
        self.desk.do(feedback.write_feedback, self.desk.column, ines, "zqfeedback", True, now)

    def number(self, key: str) -> int:
        return self.rows(select(Membership.id).join(User).where(User.sub == self.sub(key)))[0]

    @staticmethod
    def sub(key: str) -> str:
        return "u-7f3a91" if key == "anonymous" else f"u-{key}"

    def rows(self, wanted) -> list:
        with self.world.database() as session:
            return list(session.scalars(wanted))

    def write(self, who: str, mark: str, **more) -> str:
        told = {"kind": "question", "title": f"Title {mark}", "body": f"Body {mark}"} | more
        page = self.classroom.learner(who).post("posts", **told)
        assert "/posts/" in page.path, page.text
        return f"posts/{id_of(page)}"

    def appoint(self, role: Role = Role.SPONSOR) -> None:
        with self.world.app.app_context(), transaction():
            here = Membership.id == self.number("awa")
            db.session.execute(update(Membership).where(here).values(appointed_role=role))

    def charter(self, opens: bool, **more) -> int:
        """Put a charter in force; return its number."""
        number = len(self.rows(select(Charter.id)))
        told = {"body": f"Be kind, {number}.", "language": "en", "number": str(number)}
        told |= {"opens_to_sponsors": "true"} if opens else {}
        page = self.classroom.trainer.post("charter/edit", **told | more)
        assert page.status == 200, page.text
        return number + 1

    def accept(self, number: int, *keys: str) -> None:
        for key in keys:
            self.classroom.learner(key).post("charter/acceptance", number=str(number))

    def opened(self) -> str:
        """Open it to sponsors; write what they may read, and what they may not; return the thread."""
        number = self.charter(opens=True)
        self.accept(number, "ines", "karim")
        mention = f"@[{self.number('karim')}] @[{self.number('awa')}]"
        thread = self.write("ines", "zqopen1", body=f"zqopen2 {mention} `{mention}`")
        self.classroom.learner("karim").post(f"{thread}/comments", body=f"zqopen3 @[{self.number('ines')}]")
        self.classroom.learner("karim").post(f"{thread}/reactions", kind="met", note="zqnote")
        self.write("ines", "zqgroup", subgroup="1")
        gone = self.write("karim", "zqgone")
        self.classroom.learner("karim").post(f"{gone}/delete")
        hidden = self.write("karim", "zqhidden")
        self.classroom.trainer.post(
            f"{hidden}/moderation", act="hidden", version="0", until=clock.now().isoformat(), body="zqwhy"
        )
        self.classroom.trainer.post("prompts", title="zqcoming", body="zqcoming", opens_at="2090-01-01T10:00")
        with self.world.app.app_context(), transaction():  # as if she had not been asked
            post = int(thread.partition("/")[2])
            lea, now = self.number("lea"), clock.now()
            db.session.add(
                Comment(community_id=1, post_id=post, author_id=lea, body="zqnever", created_at=now)
            )
        return thread

    def forbidden(self) -> list[str]:
        """Return what tells which learner somebody is."""
        with self.world.database() as session:
            wanted = select(User).where(User.sub.in_([self.sub(key) for key in LEARNERS]))
            learners = session.scalars(wanted).all()
            names = [(one.given_name, one.family_name, one.email, one.sub) for one in learners]
        return [PSEUDONYM, *(name for one in names for name in one if name)]


class Crawl:
    """Awa's browser at every address of the tool's map, and behind every link of every page that opens."""

    def __init__(self, watched: Watched) -> None:
        self.watched, self.home = watched, watched.awa.get("")
        words = "|".join(re.escape(word) for word in watched.forbidden())
        self.names = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
        self.seen: dict[str, int] = {}

    def ask(self, address: str, method: str = "GET", fields=None, **headers: str):
        browser = self.home.browser
        return browser.tool.open(
            address,
            method=method,
            data=fields or {},
            base_url=TOOL,
            headers=browser.headers | headers,
            buffered=True,
        )

    def check(self, what: object, text: str, *, own: bool = False) -> None:
        assert not self.names.search(text), (what, self.names.findall(text)[:5])
        assert own or not MARKED.search(text), (what, MARKED.findall(text)[:5])

    def look(self, address: str) -> None:
        """Open an address and whatever its page leads to."""
        waiting = [address]
        while waiting:
            here = waiting.pop()
            if here in self.seen:
                continue
            answer = self.ask(here)
            self.seen[here] = answer.status_code
            text = answer.get_data(as_text=True)
            self.check(here, text + str(answer.headers))
            if answer.status_code < 400:
                as_data = self.ask(here, **{"Accept": "application/json", "HX-Request": "true"})
                self.check(here, as_data.get_data(as_text=True))
            if answer.location:
                waiting.append(self._inside(urljoin(here, answer.location)))
            waiting += [self._inside(urljoin(here, one)) for one in self._links(answer, text)]
            waiting = [one for one in waiting if one and one not in self.seen]

    @staticmethod
    def _links(answer, text: str) -> Iterator[str]:
        if answer.mimetype != "text/html":
            return
        for element in BeautifulSoup(text, "html.parser").select("[href], [src], form[action], [hx-get]"):
            if element.get("method", "get").lower() == "get":
                yield from (
                    element[name] for name in ("href", "src", "action", "hx-get") if element.get(name)
                )

    @staticmethod
    def _inside(address: str) -> str | None:
        parts = urlsplit(address)
        ours = parts.netloc in ("", urlsplit(TOOL).netloc) and not parts.path.startswith("/static/")
        return f"{parts.path}{'?' + parts.query if parts.query else ''}" if ours else None

    def every_address(self, method: str) -> Iterator[str]:
        """Yield every address below the community: each with every number, and as the walk over it asks."""
        community = self.home.community
        for (_, one), inside in INSIDE.items():
            if one != method:
                continue
            below = re.sub(r"(?<=/)(?:1|9|999)(?=/|$)", "{number}", inside.below)
            places = re.findall(r"\{(\w+)\}", below)
            for numbers in product(NUMBERS, repeat=len(places)):
                filled = dict(zip(places, numbers, strict=True))
                yield f"{community}{below.format(**filled)}"
        for query in (
            "search?q=zqfirst",
            "mentions?q=i",
            "mentions?q=",
            "members?name=ka",
            "notifications/count",
        ):
            yield community + query
        for number in range(9, 40):
            yield from (f"{community}{below}/{number}" for below in ("members", "posts", "shared"))

    def forms(self) -> None:
        """Send every form, with a genuine token; whoever signs out does it last."""
        addresses = [one for one in self.every_address("POST") if not one.endswith("/sign-out")]
        sends = {inside.below: inside.sends for inside in INSIDE.values()}
        for address in addresses:
            below = address.removeprefix(self.home.community)
            fields = {"seat_token": self.home.seat_token, "title": "T", "body": "B", "q": "a"}
            answer = self.ask(address, "POST", fields | sends.get(below, {}))
            self.check(("POST", address), answer.get_data(as_text=True) + str(answer.headers))

    def everything(self) -> None:
        for address in self.every_address("GET"):
            self.look(address)
        self.look(urlsplit(self.watched.calendar).path)
        self.forms()
        self.look(self.home.community + "?done=written")


@pytest.fixture
def watched(world):
    return Watched(world)


@pytest.fixture
def copies(world):
    def made() -> str:
        """Have a worker make what was asked for; return all that stands in Awa's copy."""
        awa = world.browser("awa").open_community()
        awa.post("my-data/copy")
        with world.app.app_context():
            personal_copies.make_due(clock.now, transaction, reading, personal_copy_page.written)
        answer = awa.browser.tool.get(f"{awa.community}my-data/copy", base_url=TOOL)
        assert answer.status_code == 200
        with zipfile.ZipFile(BytesIO(answer.get_data())) as copy:
            return "\n".join(copy.read(name).decode() for name in copy.namelist())

    return made


class TestASponsor:
    """Who was a learner among the others before: everything that was theirs then might tell of others."""

    @pytest.mark.timeout(240)
    @pytest.mark.long
    def test_meets_no_learner_and_no_contribution_while_the_feed_is_closed(self, watched, copies):
        crawl = Crawl(watched)
        crawl.everything()
        opened = [address for address, status in crawl.seen.items() if status == 200]
        assert {one.partition("?")[0].rpartition("/")[2] for one in opened} >= {
            "",
            "charter",
            "my-data",
            "help",
        }
        assert not [one for one in opened if "/posts/" in one or "/members" in one or "/shared" in one]
        crawl.check("copy", copies(), own=True)
        crawl.check("mails", mails_to_awa(watched), own=True)

    @pytest.mark.timeout(240)
    @pytest.mark.slow_on_postgresql
    def test_reads_what_the_charter_opens_and_nobody_s_name(self, watched, copies):
        thread = watched.opened()
        crawl = Crawl(watched)
        crawl.everything()
        opened = [address for address, status in crawl.seen.items() if status == 200]
        shared = thread.replace("posts", "shared")
        assert [one for one in opened if shared in one]
        assert not [one for one in opened if "/posts/" in one or "/members" in one or "participation" in one]
        crawl.check("copy", copies(), own=True)
        crawl.check("mails", mails_to_awa(watched), own=True)

    def test_of_the_lms_s_staff_is_no_trainer_while_the_appointment_lasts(self, space):
        """The role of an appointment holds, also for what an LMS's messages open."""
        home = space.home("claire")
        space.home("ines")
        space.appoint("claire", Role.SPONSOR)
        page = home.get("")
        assert page.soup.select_one("nav.nav") is None
        for below in ("grading", "grading/exports", "members", "audit", "grading/facts.csv", "posts/new"):
            assert home.get(below).status == 403, below


def mails_to_awa(watched: Watched) -> str:
    """Return what the mails say by now that were made for Awa when she was a learner."""
    with watched.world.app.app_context():
        for hours in (1, 30, 200):
            mail_rounds.make_due(lambda hours=hours: clock.now() + timedelta(hours=hours), transaction)
    awa = watched.number("awa")
    with watched.world.app.test_request_context(), reading():
        mails = db.session.scalars(select(Message).where(Message.member_id == awa)).all()
        assert mails
        return "\n".join(str(_letter(mail.id, awa)) for mail in mails)


def _letter(number: int, awa: int):
    try:
        return letters.of_message(number, awa, "awa@example.org", clock.now())
    except ToolError as nothing:
        return nothing
