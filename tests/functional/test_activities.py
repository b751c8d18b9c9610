"""What a link of a course opens: in the community of the course it is launched from, and nowhere else."""

import pytest
from sqlalchemy import select

from demo_lms.people import INSTRUCTOR, LEARNER
from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Community, Course, Organisation, Post, Prompt
from lti_tool.transactions import transaction
from tests.functional.launches import CLAIM, claims_of, signed
from tests.support.classroom import Classroom
from tests.support.content import Dialog, link_form, open_link, recorded, set_prompt
from tests.support.statements import counted
from tests.support.world import ENGLISH

pytestmark = pytest.mark.slow_on_postgresql

TITLE, BODY = "A useful disagreement", "Tell of one, **in ten lines**."
SECRET = "Only the people of the French course may read this."


@pytest.fixture
def room(world):
    return Classroom(world)


@pytest.fixture
def link(room):
    """A prompt of the French course, placed in it."""
    number = set_prompt(room.trainer, title=TITLE, body=BODY)
    return Dialog(room.trainer.browser).place(f"prompt-{number}")[0]


@pytest.fixture
def copy(room, link):
    """A copy of the course; its one link carries the same key. Inès and the trainer are in it."""
    lms = room.lms
    course = lms.copy_course("2")
    for key, role in (("ines", LEARNER), ("bruno", INSTRUCTOR)):
        lms.enrol(key, course.id, role)
    return course


def arrive(page):
    """Follow redirects as a browser does."""
    while page.status in (302, 303):
        page = page.browser.get(page.response.location)
    return page


def opened(room, person, course):
    """Let somebody open the one link of a course."""
    (there,) = room.lms.links_of(course.id if course else "2")
    return arrive(open_link(room.world.browser(person), there))


def keys(world, community_id=None):
    with world.database() as session:
        wanted = select(Prompt.key).order_by(Prompt.id)
        if community_id is not None:
            wanted = wanted.where(Prompt.community_id == community_id)
        return list(session.scalars(wanted))


class TestALinkThatIsKnown:
    def test_opens_its_prompt(self, room, link):
        page = opened(room, "ines", None)

        assert page.soup.select_one("h1").text.strip() == TITLE
        assert "/posts/" in page.path

    def test_leads_who_only_passes_by_to_the_lobby(self, room, link):
        page = opened(room, "patrick", None)

        assert page.status == 200
        assert TITLE not in page.text
        assert page.path.split("?")[0] == page.community

    def test_says_that_it_opens_later(self, room):
        number = set_prompt(room.trainer, title=TITLE, body=BODY, opens_at="2031-01-01T08:00")
        Dialog(room.trainer.browser).place(f"prompt-{number}")

        page = opened(room, "ines", None)

        assert page.status == 200
        assert page.soup.select_one("h1").text.strip() == "Elle s’ouvrira plus tard"
        assert TITLE not in page.text
        assert TITLE in opened(room, "claire", None).text

    def test_of_the_community_opens_home_also_in_a_copy(self, room):
        Dialog(room.trainer.browser).place("space")
        course = room.lms.copy_course("2")
        room.lms.enrol("ines", course.id, LEARNER)

        assert opened(room, "ines", None).path.split("?")[0].count("/") == 3
        assert opened(room, "ines", course).path.split("?")[0].count("/") == 3

    def test_costs_a_launch_one_statement_more(self, room, link):
        browser = room.world.browser("ines")
        open_link(browser, link)
        plain = browser.launch_form()
        with room.world.app.app_context(), counted() as usual:
            browser.launch(plain, follow=False)
        form = link_form(browser, link)

        with room.world.app.app_context(), counted() as sent:
            browser.launch(form, follow=False)

        assert len(sent) <= len(usual) + 1


class TestALinkOfACopiedCourse:
    def test_shows_learners_a_calm_page(self, room, copy):
        page = opened(room, "ines", copy)

        assert page.status == 200
        assert page.soup.select_one("h1").text.strip() == "Rien n’est encore préparé ici"
        assert not page.soup.select("main form")
        assert TITLE not in page.html

    def test_offers_staff_of_both_to_bring_it_over(self, room, copy, world):
        page = opened(room, "claire", copy)
        assert TITLE in page.text and BODY.replace("*", "") in page.text
        (source,) = page.soup.select("input[name=prompt]")
        key = keys(world)[0]

        post = arrive(page.post(f"activities/{key}/bring", prompt=source["value"], follow=False))

        assert post.soup.select_one("h1").text.strip() == TITLE
        assert post.community == page.community != room.trainer.community
        assert keys(world) == [key, key]
        assert opened(room, "ines", copy).soup.select_one("h1").text.strip() == TITLE
        with world.database() as session:
            assert session.scalars(select(AuditEntry).filter_by(act="activity.brought-over")).one()
            assert session.scalars(select(Post.body).order_by(Post.id)).all() == [BODY, BODY]

    def test_brings_it_over_once(self, room, copy, world):
        page = opened(room, "claire", copy)
        (source,) = page.soup.select("input[name=prompt]")
        for _ in range(2):
            done = page.post(f"activities/{keys(world)[0]}/bring", prompt=source["value"], follow=False)
            assert done.status == 303

        assert len(keys(world)) == 2

    def test_brings_over_nothing_that_was_withdrawn(self, room, copy, world):
        page = opened(room, "claire", copy)
        (source,) = page.soup.select("input[name=prompt]")
        room.trainer.post(f"prompts/{source['value']}/withdraw")

        assert TITLE not in opened(room, "claire", copy).text
        page.post(f"activities/{keys(world)[0]}/bring", prompt=source["value"], follow=False)
        assert len(keys(world)) == 1

    def test_shows_staff_who_are_not_staff_there_nothing_of_it(self, room, copy):
        page = opened(room, "bruno", copy)

        assert page.status == 200
        assert page.soup.select("form[action*=activities]")
        assert not page.soup.select("input[name=prompt]")
        assert TITLE not in page.html and "Manager de proximité" not in _main(page)

    def test_brings_nothing_over_for_them_by_a_forged_form(self, room, copy, world):
        page = opened(room, "bruno", copy)
        with world.database() as session:
            number = session.scalars(select(Prompt.id)).one()

        done = page.post(f"activities/{keys(world)[0]}/bring", prompt=str(number), follow=False)

        assert done.status == 404
        assert len(keys(world)) == 1

    def test_brings_nothing_over_from_another_organisation(self, room, copy, world):
        opened(room, "claire", copy)
        with world.app.app_context(), transaction():
            other = Organisation(name="Another", created_at=db.session.scalar(select(Community.created_at)))
            db.session.add(other)
            db.session.flush()
            source = db.session.scalars(select(Community).order_by(Community.id)).first()
            source.organisation_id = other.id

        page = opened(room, "claire", copy)

        assert not page.soup.select("input[name=prompt]")

    def test_is_started_empty_with_a_text_of_its_own(self, room, copy, world):
        page = opened(room, "bruno", copy)
        key = keys(world)[0]

        post = arrive(page.post(f"activities/{key}", title="Our own", body="Do it here.", follow=False))

        assert post.soup.select_one("h1").text.strip() == "Our own"
        assert opened(room, "ines", copy).soup.select_one("h1").text.strip() == "Our own"
        assert opened(room, "ines", None).soup.select_one("h1").text.strip() == TITLE

    def test_comes_back_with_what_was_typed(self, room, copy, world):
        page = opened(room, "bruno", copy)

        again = page.post(
            f"activities/{keys(world)[0]}", title="Our own", body=" ", deadline="2001-01-01T10:00"
        )

        assert again.status == 422
        assert again.soup.select_one("#title")["value"] == "Our own"
        assert again.soup.select_one("#body-error")

    def test_is_not_set_up_by_learners(self, room, copy, world):
        page = opened(room, "ines", copy)
        token = page.get("posts/new").seat_token
        key = keys(world)[0]

        for below, fields in ((key, {"title": "x", "body": "y"}), (f"{key}/bring", {"prompt": "1"})):
            assert page.post(f"activities/{below}", seat_token=token, follow=False, **fields).status == 403
        assert len(keys(world)) == 1

    def test_is_a_copy_as_moodle_recorded_it(self, room, link, world):
        """The recorded launch of a copied course: same custom parameters, other context and link."""
        said = recorded("moodle/launch_copied_course.json")
        browser = world.browser("ines")
        form = browser.launch_form()
        claims = claims_of(form)
        kept = ("nonce", "iat", "exp", "iss", "aud", CLAIM + "deployment_id", CLAIM + "target_link_uri")
        moved = said | {name: claims[name] for name in kept}
        moved[CLAIM + "custom"] = said[CLAIM + "custom"] | {"activity": keys(world)[0]}

        page = arrive(browser.launch(form | {"id_token": signed(world, moved)}))

        assert page.soup.select_one("h1").text.strip() == "Nothing is set up here yet"
        assert TITLE not in page.html
        with world.database() as session:
            assert session.scalars(select(Course.context_id).order_by(Course.id)).all() == ["2", "3"]


class TestAKey:
    def test_of_another_community_says_no_more_than_one_that_nobody_has(self, room, link, world):
        home = world.enter("grace", ENGLISH)
        known, unknown = keys(world)[0], "0" * 8 + "-0000-4000-8000-" + "0" * 12

        pages = [home.get(f"activities/{key}") for key in (known, unknown)]

        assert [page.status for page in pages] == [200, 200]
        assert _main(pages[0]) == _main(pages[1])

    @pytest.mark.parametrize("key", ["1", "../../3/", "x" * 400, "space", "column-1", "' OR 1=1 --", "é"])
    def test_that_is_forged_leads_nowhere_else(self, room, link, key):
        def forged(claims):
            claims[CLAIM + "custom"] = {"activity": key}

        page = arrive(open_link(room.world.browser("ines"), link, change=forged))

        assert page.status == 200
        assert page.community == room.trainer.community
        assert TITLE not in _main(page) or page.path.split("?")[0] == page.community

    @pytest.mark.parametrize("key", ["x" * 37, "column-1", "a_b"])
    def test_that_can_be_none_is_not_taken(self, room, key):
        page = room.trainer.post(f"activities/{key}", title="x", body="y", follow=False)

        assert page.status in (303, 404)
        assert page.status == 404 or key == "column-1"

    def test_of_a_prompt_that_was_deleted_may_be_used_again(self, room, world):
        number = set_prompt(room.trainer, title=TITLE, body=BODY, opens_at="2031-01-01T08:00")
        (link,) = Dialog(room.trainer.browser).place(f"prompt-{number}")
        room.trainer.post(f"prompts/{number}/withdraw")
        key = link.custom["activity"]

        page = arrive(open_link(world.browser("claire"), link))
        assert page.soup.select_one("form[action*=activities]")
        page.post(f"activities/{key}", title="Again", body="Now.", follow=False)

        assert arrive(open_link(world.browser("ines"), link)).soup.select_one("h1").text.strip() == "Again"


def _main(page) -> str:
    return " ".join(page.soup.select_one("main").get_text(" ").split())
