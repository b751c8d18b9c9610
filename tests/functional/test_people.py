"""A page about each member, and what members say of themselves: name, picture, what they like to be asked."""

import io
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    Attachment,
    Comment,
    Community,
    Membership,
    MembershipState,
    Post,
    Reaction,
    ReactionKind,
    Role,
    Topic,
    TopicStanding,
    User,
)
from lti_tool.services import erasure, file_sweep, person_export, storage
from lti_tool.transactions import reading, transaction
from tests.functional.space import Space, id_of
from tests.support.samples import samples
from tests.support.world import ENGLISH, TOOL

pytestmark = pytest.mark.slow_on_postgresql


def set_to(space: Space, table, which, **values) -> None:
    with space.world.app.app_context(), transaction():
        db.session.execute(update(table).where(which).values(**values))


def without_name(space: Space, person: str) -> None:
    """Have the LMS send no name of somebody."""
    space.home(person)
    set_to(space, User, User.sub == f"u-{person}", name=None, given_name=None, family_name=None)


def image(size=(40, 20), form="PNG", colour="purple", **more) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, form, **more)
    return made.getvalue()


def send_picture(space: Space, person: str, content: bytes, name: str = "me.png"):
    home = space.home(person)
    fields = {"seat_token": home.seat_token, "picture": (io.BytesIO(content), name)}
    return home.browser.tool.post(
        f"{home.community}profile/picture?seat={home.seat}",
        data=fields,
        base_url=TOOL,
        headers=home.browser.headers,
    )


def pictures_kept(space: Space) -> set[str]:
    """The names of the pictures that are in the storage."""
    with space.world.app.app_context():
        return set(storage.names_in("pictures/1"))


def take_away(space: Space) -> None:
    """Let the clock take what nobody needs any more."""
    with space.world.app.app_context():
        file_sweep.sweep(clock.now, transaction)


def picture_of(space: Space, reader: str, person: str):
    return space.home(reader).get(f"members/{space.number(person)}/picture").response


class TestAMemberPage:
    def test_shows_what_they_wrote_and_replied(self, space):
        space.home("karim")
        thread = space.write("ines", title="How do you begin?")
        space.reply("karim", thread, "With a question of my own")
        home = space.home("claire")
        page = home.get(f"members/{space.number('ines')}")
        assert "Inès Lefèvre" in page.soup.h1.text and "How do you begin?" in page.text
        replies = home.get(f"members/{space.number('karim')}", tab="replies")
        assert "With a question of my own" in replies.text
        assert replies.soup.select_one("article h3 a")["href"].partition("#")[2].startswith("comment-")

    def test_goes_on_to_older_ones_without_losing_any(self, space):
        home = space.home("ines")
        with space.world.app.app_context(), transaction():
            for number in range(45):
                at = clock.now() - timedelta(minutes=number // 3)  # three of each moment
                db.session.add(
                    Post(
                        community_id=1,
                        author_id=space.number("ines"),
                        kind="discussion",
                        title=f"Title {number}",
                        body="Text",
                        created_at=at,
                        last_activity_at=at,
                        last_activity_by_id=space.number("ines"),
                    )
                )
        page, titles = home.get(f"members/{space.number('ines')}"), []
        while page is not None:
            titles += [title.text for title in page.soup.select("article h3")]
            older = page.soup.select_one("a[href*='before=']")
            page = home.browser.get(older["href"]) if older else None
        assert titles == [f"Title {number}" for number in titles_in_order()] and len(titles) == 45

    def test_is_reached_by_the_name_in_feed_thread_and_list(self, space):
        thread = space.reply("karim", space.write("ines"))
        home, address = space.home("claire"), f"/members/{space.number('ines')}?"
        for page in (home.get(""), home.get(f"posts/{id_of(thread)}"), home.get("members")):
            assert page.soup.select(f"a.person[href*='{address}']"), page.path

    def test_of_oneself_says_that_others_see_it_so_and_offers_no_question(self, space):
        home = space.home("ines")
        page = home.get(f"members/{space.number('ines')}")
        assert page.soup.select_one("main a[href*='/profile']")
        assert not page.soup.select("a[href*='ask=']")

    def test_offers_to_ask_them_by_a_mention(self, space):
        space.home("karim")
        page = space.home("ines").get(f"members/{space.number('karim')}")
        form = space.home("ines").browser.get(page.soup.select_one("a[href*='ask=']")["href"])
        assert f"{space.number('karim')}]" in form.soup.select_one("textarea[name=body]").text

    @pytest.mark.parametrize("role", samples(Role.OBSERVER, Role.SPONSOR, gate=1), ids=str)
    def test_of_who_cannot_read_here_offers_no_question(self, space, role):
        person = {Role.OBSERVER: "patrick", Role.SPONSOR: "awa"}[role]
        space.home_of(role)
        page = space.home("ines").get(f"members/{space.number(person)}")
        assert page.status == 200 and not page.soup.select("a[href*='ask=']")
        assert space.home("ines").get("posts/new", ask=str(space.number(person))).status == 200

    def test_of_who_is_gone_or_erased_keeps_what_they_wrote(self, space):
        for person in ("ines", "karim"):
            space.write(person, title=f"Stays of {person}")
        with space.world.database() as session:
            karim = session.scalars(select(User.id).where(User.sub == "u-karim")).one()
        numbers = {person: space.number(person) for person in ("ines", "karim")}
        set_to(space, Membership, Membership.id == numbers["ines"], state=MembershipState.REMOVED)
        with space.world.app.app_context():
            erasure.erase(karim, clock.now(), transaction)
        for person, called in (("ines", "Inès"), ("karim", "")):
            page = space.home("claire").get(f"members/{numbers[person]}")
            assert f"Stays of {person}" in page.text and called in page.soup.h1.text
            assert not page.soup.select("a[href*='ask=']")
        assert "Karim" not in page.text.replace("Stays of karim", "")

    def test_of_another_community_is_not_found(self, space):
        space.world.enter("grace", ENGLISH)
        assert space.home("ines").get(f"members/{space.number('grace')}").status == 404


def titles_in_order() -> list[int]:
    """The numbers of 45 titles, the newest first, of one moment the last written first."""
    return [number for first in range(0, 45, 3) for number in (first + 2, first + 1, first)]


class TestTopicsOneHelpsWith:
    @pytest.fixture
    def helped(self, space):
        """Karim solved a question about one topic, and was thanked for it."""
        thread = space.reply("karim", space.write("ines"))
        with space.world.app.app_context(), transaction():
            for number, name in enumerate(("Interviews", "Visits"), 1):
                db.session.add(
                    Topic(
                        community_id=1,
                        name=name,
                        folded=name.lower(),
                        position=number,
                        created_at=clock.now(),
                    )
                )
            post = db.session.get(Post, id_of(thread))
            post.topic_id = 1
            reply = db.session.scalars(select(Comment)).one()
            reply.solves_id, reply.accepted_at = post.id, clock.now()
            db.session.add(
                Reaction(
                    community_id=1,
                    post_id=post.id,
                    comment_id=reply.id,
                    giver_id=space.number("ines"),
                    receiver_id=space.number("karim"),
                    kind=ReactionKind.HELPED,
                    counted=False,
                    at=clock.now(),
                )
            )
        return space

    def test_are_suggested_to_oneself_alone_until_they_are_chosen(self, helped):
        karim = helped.home("karim")
        first = karim.get("profile").soup.select_one("#topics label.check")
        assert "Interviews" in first.text and first.select_one(".soft")
        address = f"members/{helped.number('karim')}"
        assert "Interviews" not in helped.home("ines").get(address).text
        karim.post("profile", topic="1", asks_about="How I\nbegin")
        shown = helped.home("ines").get(address)
        assert "Interviews" in shown.text and "Visits" not in shown.soup.select_one("aside").text
        assert "How I\nbegin" in shown.soup.select_one(".prewrap").text
        assert "Interviews" in helped.home("ines").get("members", view="cards").text

    def test_leave_what_one_follows_as_it_is(self, helped):
        karim = helped.number("karim")
        with helped.world.app.app_context(), transaction():
            db.session.add(TopicStanding(member_id=karim, topic_id=2, attention="followed", helps=True))
        helped.home("karim").post("profile", topic=["1", "77", "x"])
        with helped.world.database() as session:
            found = session.execute(
                select(TopicStanding.topic_id, TopicStanding.helps, TopicStanding.attention)
            )
            assert sorted(map(tuple, found)) == [(1, True, None), (2, False, "followed")]


class TestANameOfOnesChoice:
    def test_is_shown_at_once_where_the_lms_sends_none(self, space):
        without_name(space, "ines")
        thread = space.write("ines")
        space.home("ines").post("profile", name="  Le  Colibri\u202e ")
        assert "Le Colibri" in space.home("karim").get(f"posts/{id_of(thread)}").text
        assert space.home("ines").get("profile").soup.select_one("#name")["value"] == "Le Colibri"

    def test_is_not_to_be_had_where_the_lms_sends_one(self, space):
        home = space.home("ines")
        assert home.get("profile").soup.select_one("#name") is None
        home.post("profile", name="Somebody Else")
        assert space.count(Membership, Membership.pseudonym.is_not(None)) == 0

    def test_is_nobody_else_s_and_taken_for_nobody_else_s(self, space):
        for person in ("ines", "marc"):
            without_name(space, person)
        space.home("claire")
        space.home("marc").post("profile", name="Le Colibri")
        for name in ("claire  DUBOIS", "Cla\u200bire Dubois", "LE COLIBRI", "Member 12", "Un ancien membre"):
            page = space.home("ines").post("profile", name=name, asks_about="Kept")
            assert page.status == 422, name
            assert page.soup.select_one("#asks-about").text.strip() == "Kept"
        assert space.home("ines").post("profile", name="x" * 81).status == 422
        assert space.home("ines").post("profile", name="\u200b").status == 200
        assert space.count(Membership, Membership.pseudonym.is_not(None)) == 1

    @pytest.mark.long
    def test_switches_the_keyboard_shortcuts(self, space):
        space.home("ines").post("profile", shortcuts="true")
        assert space.count(Membership, Membership.shortcuts.is_(False)) == 0
        space.home("ines").post("profile")
        assert space.count(Membership, Membership.shortcuts.is_(False)) == 1


class TestWithoutAPicture:
    def test_it_is_said_what_is_shown(self, space):
        page = space.home("ines").get("profile").soup.select_one("[aria-labelledby=picture-title]").text
        assert "initiales" in page
        without_name(space, "ines")
        page = space.home("ines").get("profile").soup.select_one("[aria-labelledby=picture-title]").text
        assert "initiales" not in page and "silhouette" in page


class TestAPicture:
    def test_is_made_small_square_and_silent_and_shown_to_members(self, space):
        exif = Image.Exif()
        exif[0x010E] = "At home, secret street"
        space.home("karim")
        assert send_picture(space, "ines", image((900, 500), "JPEG", exif=exif)).status_code == 303
        answer = picture_of(space, "karim", "ines")
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert b"secret" not in answer.data and "private" in answer.headers["Cache-Control"]
        with Image.open(io.BytesIO(answer.data)) as made:
            assert made.size == (256, 256)
        shown = space.home("karim").get("members").soup.select_one(".avatar img[src*='picture']")
        assert shown["alt"] == "" and shown.parent["aria-hidden"] == "true"

    @pytest.mark.parametrize(
        "content",
        samples(b"<svg onload=alert(1)>", image() + b"<script>", image()[:60], b"GIF89a", b""),
    )
    def test_that_is_none_is_refused_or_made_harmless(self, space, content):
        answer = send_picture(space, "ines", content, "x.html")
        assert answer.status_code == (303 if content.endswith(b"<script>") else 422)
        assert b"<script>" not in picture_of(space, "ines", "ines").data

    def test_of_another_person_replaces_nothing_and_is_for_readers_alone(self, space):
        send_picture(space, "ines", image())
        assert picture_of(space, "ines", "ines").status_code == 200
        assert space.home("patrick").get(f"members/{space.number('ines')}/picture").status == 403
        grace = space.world.enter("grace", ENGLISH)
        assert grace.get(f"members/{space.number('ines')}/picture").status == 404

    def test_goes_when_it_is_replaced_or_removed(self, space):
        before = pictures_kept(space)  # of other tests
        send_picture(space, "ines", image())
        send_picture(space, "ines", image((30, 30)))
        assert space.count(Attachment, Attachment.deleted_at.is_(None)) == 1
        assert space.count(Community, Community.stored_bytes > 0) == 1
        space.home("ines").post("profile/picture/remove")
        assert space.count(Attachment, Attachment.deleted_at.is_(None)) == 0
        assert picture_of(space, "ines", "ines").status_code == 404
        take_away(space)
        assert pictures_kept(space) == before
        assert space.count(Community, Community.stored_bytes > 0) == 0

    def test_is_in_what_is_held_about_its_bearer_and_gone_once_they_are_erased(self, space):
        before = pictures_kept(space)  # of other tests
        send_picture(space, "ines", image())
        (name,) = pictures_kept(space) - before
        number = space.number("ines")
        with space.world.app.app_context(), reading():
            bearer = db.session.get(Membership, number).user_id
            held = person_export.of_person(bearer, clock.now())["held"]
        assert [row["is_picture"] for row in held["attachment"]] == [True]
        assert held["attachment"][0]["key"] == held["membership"][0]["picture_key"]
        assert held["attachment"][0]["key"].endswith(name)
        with space.world.app.app_context():
            erasure.erase(bearer, clock.now(), transaction)
        assert space.home("karim").get(f"members/{number}/picture").status == 404
        take_away(space)
        assert pictures_kept(space) == before and space.count(Attachment) == 0

    def test_takes_room_of_its_community_and_says_when_there_is_none(self, space):
        space.home("ines")
        with space.world.app.app_context(), transaction():
            db.session.execute(update(Community).values(storage_limit=10))
        answer = send_picture(space, "ines", image())
        assert answer.status_code == 422 and "plus de place" in answer.text
        assert space.count(Attachment) == 0

    def test_lost_from_the_storage_leaves_initials(self, space):
        send_picture(space, "ines", image())
        with space.world.database() as session:
            key = session.scalars(select(Membership.picture_key).where(Membership.picture_key.is_not(None)))
            storage.drop([key.one()])
        assert picture_of(space, "ines", "ines").status_code == 404
        assert "IL" in space.home("ines").get("members").soup.select_one(".avatar").text
