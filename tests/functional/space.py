"""The community of the French course with somebody in every role, entered as each is asked for."""

from sqlalchemy import func, select, update

from lti_tool.extensions import db
from lti_tool.models import Membership, Role, User
from lti_tool.transactions import transaction
from tests.support.world import Page, World

PERSON_OF = {
    Role.TRAINER: "claire",
    Role.PEDAGOGICAL_LEAD: "bruno",
    Role.LEARNER: "ines",
    Role.OBSERVER: "patrick",
    Role.COMMUNITY_MANAGER: "karim",
    Role.SPONSOR: "awa",
    Role.GUEST_EXPERT: "thomas",
}
APPOINTED = frozenset({Role.COMMUNITY_MANAGER, Role.SPONSOR, Role.GUEST_EXPERT})


class Space:
    """Pages are home pages (or the lobby) of people in browsers of their own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._pages: dict[str, Page] = {}

    def home(self, person: str) -> Page:
        """Return somebody's home page; they enter when they have not yet."""
        if person not in self._pages:
            self._pages[person] = self.world.enter(person)
        return self._pages[person]

    def home_of(self, role: Role) -> Page:
        """Return the home page of the one who is here in this role."""
        person = PERSON_OF[role]
        if role in APPOINTED and person not in self._pages:
            self.home(person)
            self.appoint(person, role)
            self._pages[person] = self._pages[person].get("")
        return self.home(person)

    def appoint(self, person: str, role: Role) -> None:
        """Appoint a member, also to roles that no page gives yet."""
        with self.world.app.app_context(), transaction():
            number = self._numbers().where(User.sub == f"u-{person}").scalar_subquery()
            db.session.execute(update(Membership).where(Membership.id == number).values(appointed_role=role))

    def number(self, person: str) -> int:
        """Return the membership id of somebody who entered."""
        with self.world.database() as session:
            return session.scalars(self._numbers().where(User.sub == f"u-{person}")).one()

    def name(self, person: str) -> str:
        """Return what somebody who entered is called."""
        with self.world.database() as session:
            return session.scalars(select(User.name).where(User.sub == f"u-{person}")).one()

    def _numbers(self):
        return select(Membership.id).join(User, User.id == Membership.user_id)

    def write(self, person: str = "ines", title: str = "How do you begin?", body: str = "Tell me.", **more):
        """Let somebody ask a question; return its page."""
        page = self.home(person).post("posts", **{"kind": "question", "title": title, "body": body} | more)
        assert "/posts/" in page.path, page.text
        return page

    def reply(self, person: str, thread: Page, body: str = "Like this.") -> Page:
        """Let somebody reply under a post, whoever's page of it is given; return their page of it."""
        page = self.home(person).post(f"posts/{id_of(thread)}/comments", body=body)
        assert not page.path.partition("?")[0].endswith("/comments"), page.text
        return page

    def count(self, table, *conditions) -> int:
        """Count rows."""
        with self.world.database() as session:
            return session.scalar(select(func.count()).select_from(table).where(*conditions))


def id_of(thread: Page) -> int:
    """Return the number of the post that a page shows."""
    return int(thread.path.split("/posts/")[1].partition("?")[0].partition("/")[0])


def named(page: Page) -> str:
    """Return whom a page was made for."""
    return page.soup.select_one(".own-name").text.strip()
