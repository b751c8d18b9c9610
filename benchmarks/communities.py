"""Communities that differ in size alone, each in an application and a database of its own."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from joserfc.jwk import RSAKey
from sqlalchemy import func, select

from benchmarks.measuring import Act
from lti_tool import clock, create_app
from lti_tool.extensions import db
from lti_tool.models import Change, Comment
from lti_tool.services import signing
from lti_tool.transactions import transaction
from tests.functional.filling import fill
from tests.support import databases
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import Page, World


@dataclass(frozen=True)
class Size:
    """How many members (two of them the trainer and the learner who look), posts, replies to one post."""

    members: int
    posts: int
    replies: int


SMALL = Size(members=5, posts=5, replies=20)
LARGE = Size(members=60, posts=200, replies=200)
EMPTY = Size(members=2, posts=0, replies=0)


class Community:
    """A filled community with grading on, as learner Inès and trainer Claire see it."""

    def __init__(self, app: Flask, size: Size, lms_key: RSAKey) -> None:
        self._world = World(app, lms_key)
        self._world.open_lms()
        self._room = Classroom(self._world)
        if size.posts:
            self._room.ready().ask("ines")
            self._fill(size)
        self._room.learner("ines").post("welcome")  # a first visit shows more, once
        self.home = self._room.learner("ines").get("")

    def close(self) -> None:
        self._world.close()

    def _fill(self, size: Size) -> None:
        """Inès has asked one question; the last post is the one with all the replies."""
        others = size.members - 2
        fill(self._world, members=others // 2, posts=size.posts - 2, comments=1, label="first")
        fill(self._world, members=others - others // 2, posts=1, comments=size.replies, label="second")

    def add_learners(self, count: int) -> None:
        """Let more learners join, each with a post."""
        fill(self._world, members=count, posts=count, comments=1, label="third")

    def opens_home(self) -> Page:
        return self._well(self.home.get(""))

    def opens_front_page(self) -> Page:
        """Open the page of those who come by the address instead of by their course."""
        return self._well(self.home.browser.get("/"))

    def opens_long_thread(self) -> Page:
        return self._well(self.home.get(f"posts/{self._longest_thread}"))

    def opens_grading(self) -> Page:
        return self._well(self._room.trainer.get("grading"))

    def asks_for_changes(self) -> Page:
        """Ask what an open home page asks every 15 seconds, when nothing happened."""
        return self._well(self.home.get("changes", after=self._cursor), 304)

    def opens_discussions(self) -> Page:
        return self._well(self.home.get("discussions"))

    def opens_charter(self) -> Page:
        """Open the page that shows least to somebody signed in."""
        return self._well(self.home.get("charter"))

    def newest_change(self) -> int:
        """Return what an open page knows of last."""
        with self._world.database() as session:
            return session.scalar(select(func.max(Change.id))) or 0

    def changes_after(self, cursor: int) -> int:
        """Ask what an open page asks; return what it knows of last from then on."""
        page = self.home.get("changes", after=cursor)
        return cursor if page.status == 304 else self._well(page).response.json["cursor"]

    def writes(self, title: str, kind: str = "discussion") -> Page:
        """Let the trainer write something."""
        written = {"kind": kind, "title": title, "body": "Words for everybody."}
        return self._well(self._room.trainer.post("posts", follow=False, **written), 303)

    def about_to_launch(self) -> Act:
        """Walk to the form that carries the signed launch; return what posting it does."""
        browser = self._room.learner("ines").browser
        form = browser.launch_form()
        return lambda: self._well(browser.launch(form, follow=False), 303)

    def remember_places(self) -> None:
        """Look up once what the acts below need."""
        with self._world.database() as session:
            replies = select(Comment.post_id).group_by(Comment.post_id).order_by(func.count().desc())
            self._longest_thread = session.scalars(replies.limit(1)).one_or_none()
        self._cursor = self.opens_home().soup.select_one("[data-cursor]")["data-cursor"]

    def statements(self, act: Act) -> int:
        """Count the SQL statements of an act."""
        with self._world.app.app_context(), counted() as sent:
            act()
        return len(sent)

    def _well(self, page: Page, status: int = 200) -> Page:
        if page.status != status:
            raise AssertionError(f"{page.path} answered {page.status}: {page.text[:300]}")
        return page


@contextmanager
def opened(folder: Path, *sizes: Size) -> Iterator[list[Community]]:
    """Open a community of each size, on the database that TEST_DATABASE names."""
    with databases.prepared_server(), ExitStack() as resources:
        lms_key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        made = databases.databases(folder)
        communities = []
        for number, size in enumerate(sizes):
            app = resources.enter_context(application(made, folder, f"community_{number}"))
            community = Community(app, size, lms_key)
            resources.callback(community.close)
            community.remember_places()
            communities.append(community)
        yield communities


@contextmanager
def application(made: databases.Databases, folder: Path, label: str) -> Iterator[Flask]:
    """Open the tool on a database of its own that is gone afterwards."""
    address = made.create(f"bench_{label}")
    app = create_app("testing", {"DATABASE_URL": address, "VAR_DIR": str(folder / label)})
    try:
        with app.app_context():
            upgrade()
            with transaction():
                signing.make_first_key(clock.now())
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()
        made.drop(address)
