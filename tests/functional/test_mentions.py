"""Members mentioned in what is written: found, told apart, shown, kept without names; never outsiders."""

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    ContributionFact,
    Enrolment,
    Membership,
    MembershipState,
    Mention,
    Post,
    Role,
    Subgroup,
    SubgroupMember,
    User,
)
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.support.samples import samples
from tests.support.world import ENGLISH

pytestmark = pytest.mark.slow_on_postgresql


@pytest.fixture
def karim(space):
    """Karim is here; the number of his membership."""
    space.home("karim")
    return space.number("karim")


def body_of(space, table=Post) -> str:
    with space.world.database() as session:
        return session.scalars(select(table.body).order_by(table.id.desc())).first()


def told(space) -> list[int]:
    with space.world.database() as session:
        return list(session.scalars(select(Mention.member_id).order_by(Mention.id)))


def rename(space, person, name):
    with space.world.app.app_context(), transaction():
        db.session.execute(update(User).where(User.sub == f"u-{person}").values(name=name))


def many(space, count) -> list[int]:
    """Let many experts called Zoé be here; return their numbers."""
    now = clock.now()
    with space.world.app.app_context(), transaction():
        users = [
            User(platform_id=1, sub=f"many-{one}", name=f"Zoé {one}", created_at=now) for one in range(count)
        ]
        db.session.add_all(users)
        db.session.flush()
        here = {"community_id": 1, "joined_at": now, "appointed_role": Role.GUEST_EXPERT}
        members = [Membership(user_id=user.id, **here) for user in users]
        db.session.add_all(members)
        db.session.flush()
        return [member.id for member in members]


class TestAMention:
    def test_is_kept_as_a_number_and_shown_as_a_name(self, space, karim):
        page = space.write("ines", body=f"Ask @[Karim Benali #{karim}] about it.")
        assert body_of(space) == f"Ask @[{karim}] about it."
        mention = page.soup.select_one(".prose .mention")
        assert mention.text == "@" + space.name("karim")
        assert told(space) == [karim]

    def test_follows_a_name_that_changes(self, space, karim):
        page = space.write("ines", body=f"@[{karim}]")
        rename(space, "karim", "Karim <i>Neuf</i>")
        again = page.browser.get(page.path)
        assert again.soup.select_one(".mention").text == "@Karim <i>Neuf</i>"

    @pytest.mark.parametrize(
        "typed", samples("@{name}", "(@{plain})", "@{name}, thank you", "Hi @{plain}.", gate=1)
    )
    def test_typed_by_hand_is_one_when_one_member_is_called_so(self, space, karim, typed):
        name = space.name("karim")
        space.write("ines", body=typed.format(name=name, plain=name.upper()))
        assert (told(space), f"@[{karim}]" in body_of(space)) == ([karim], True)

    def test_typed_by_hand_stays_text_when_two_are_called_so(self, space, karim):
        space.home("thomas")
        rename(space, "thomas", space.name("karim"))
        space.write("ines", body=f"@{space.name('karim')} knows.")
        assert (told(space), body_of(space)) == ([], f"@{space.name('karim')} knows.")

    @pytest.mark.long
    def test_comes_back_from_the_form_as_it_was(self, space, karim):
        page = space.write("ines", body=f"Ask @[{karim}].")
        form = page.get(f"posts/{id_of(page)}/edit")
        shown = form.soup.select_one("textarea[name=body]").text.strip()
        assert shown == f"Ask @[{space.name('karim')} #{karim}]."
        form.post(f"posts/{id_of(page)}/edit", title="Same", body=shown + " Now.", version="0")
        assert (body_of(space), told(space)) == (f"Ask @[{karim}]. Now.", [karim])

    def test_is_in_line_after_an_edit_and_gone_with_the_text(self, space, karim):
        thread = space.write("claire", body="Well?")
        page = space.reply("ines", thread, f"@[{karim}] did.")
        reply = page.soup.select_one("article[id^=comment-]")["id"].removeprefix("comment-")
        address = f"posts/{id_of(thread)}/comments/{reply}"
        claire = space.number("claire")
        page.post(f"{address}/edit", body=f"@[{claire}] did.", version="0")
        assert told(space) == [claire]
        history = page.get(f"{address}/history")
        names = {mention.text for mention in history.soup.select(".mention")}
        assert names == {"@" + space.name("karim"), "@" + space.name("claire")}
        page.post(f"{address}/delete")
        assert told(space) == []

    def test_of_oneself_tells_nobody(self, space, karim):
        space.write("karim", body=f"I, @[{karim}], did.")
        assert told(space) == []

    @pytest.mark.long
    def test_in_code_tells_nobody(self, space, karim):
        space.write("ines", body=f"`@[{karim}]`")
        assert told(space) == []

    def test_shows_in_the_feed_by_name(self, space, karim):
        space.write("ines", body=f"Ask @[{karim}].")
        assert space.home("ines").get("").soup.select_one(".excerpt").text == f"Ask @{space.name('karim')}."

    @pytest.mark.long
    def test_shows_in_the_preview_by_name(self, space, karim):
        page = space.home("ines").post("preview", body=f"Ask @[x #{karim}].")
        assert page.soup.select_one(".mention").text == "@" + space.name("karim")

    @pytest.mark.long
    def test_counts_for_no_word(self, space, karim):
        space.write("ines", body=f"Ask @[{karim}] now.")
        with space.world.database() as session:
            assert session.scalars(select(ContributionFact.words)).one() == 2

    def test_double_click_makes_one(self, space, karim):
        for _ in range(2):
            space.write("ines", body=f"@{space.name('karim')} knows.")
        assert (space.count(Post), told(space)) == (1, [karim])

    def test_of_more_than_twenty_is_refused_and_nothing_is_lost(self, space, karim):
        numbers = many(space, 21)
        body = " ".join(f"@[{number}]" for number in numbers)
        page = space.home("ines").post("posts", kind="question", title="All", body=body)
        assert page.status == 422
        assert page.soup.select_one("#body-error")
        assert f"#{numbers[-1]}]" in page.soup.select_one("textarea[name=body]").text


class TestAnErasedMember:
    def test_leaves_no_name(self, space, karim):
        name = space.name("karim")
        page = space.write("ines", body=f"@{name} knows.")
        with space.world.app.app_context(), transaction():  # as services.erasure leaves it
            gone = {"erased_at": clock.now(), "name": None, "given_name": None, "family_name": None}
            db.session.execute(update(User).where(User.sub == "u-karim").values(gone))
        again = page.browser.get(page.path)
        assert again.soup.select_one(".mention").text == "@un ancien membre"
        assert again.soup.select_one("a.mention") is None
        form = page.get(f"posts/{id_of(page)}/edit")
        assert name not in form.html
        form.post(
            f"posts/{id_of(page)}/edit",
            title="Same",
            body=form.soup.select_one("textarea").text.strip() + " Still.",
            version="0",
        )
        assert body_of(space) == f"@[{karim}] knows. Still."


class TestSomebodyWhoCannotRead:
    @pytest.fixture(
        params=samples("another community", "removed", "observer", "sponsor", "test user", "nobody")
    )
    def stranger(self, space, karim, request):
        """The number of a member who cannot be mentioned."""
        with_role = {"observer": Role.OBSERVER, "sponsor": Role.SPONSOR}
        if request.param in with_role:
            space.home_of(with_role[request.param])
            return space.number({"observer": "patrick", "sponsor": "awa"}[request.param])
        if request.param == "another community":
            space.world.enter("claire", ENGLISH)
            with space.world.database() as session:
                return session.scalars(select(Membership.id).where(Membership.community_id == 2)).first()
        if request.param == "nobody":
            return 999_999
        with space.world.app.app_context(), transaction():
            if request.param == "removed":
                change = update(Membership).where(Membership.id == karim)
                db.session.execute(change.values(state=MembershipState.REMOVED))
            else:
                theirs = select(Membership.user_id).where(Membership.id == karim).scalar_subquery()
                db.session.execute(
                    update(Enrolment).where(Enrolment.user_id == theirs).values(test_user=True)
                )
        return karim

    def test_is_not_mentioned_by_number(self, space, stranger):
        page = space.write("ines", body=f"Ask @[Forged #{stranger}].")
        assert page.soup.select_one(".mention") is None
        assert f"Ask @[{stranger}]." in page.soup.select_one(".prose").text
        assert told(space) == []
        feed = space.home("ines").get("")
        assert "@" in feed.soup.select_one(".excerpt").text
        assert space.write("claire", body="Other").soup.select_one(".mention") is None

    def test_is_not_suggested(self, space, stranger):
        page = space.home("ines").get("mentions", q=str(stranger))
        assert page.response.json == {"people": []}


class TestSuggestions:
    def names(self, space, search, person="ines", **more):
        return [
            one["name"]
            for one in space.home(person).get("mentions", q=search, **more).response.json["people"]
        ]

    def test_find_by_the_beginning_of_any_name_without_accents(self, space, karim):
        for person in ("claire", "ines"):
            space.home(person)
        ines, karim_name = space.name("ines"), space.name("karim")
        assert self.names(space, "INES", "karim") == [ines]
        assert self.names(space, ines.split()[1][:3].lower().replace("è", "e"), "karim") == [ines]
        assert self.names(space, karim_name[:3]) == [karim_name]
        assert self.names(space, "nes", "karim") == []

    def test_insert_what_a_form_takes(self, space, karim):
        (one,) = space.home("ines").get("mentions", q="karim").response.json["people"]
        assert one["insert"] == f"@[{space.name('karim')} #{karim}]"

    @pytest.mark.parametrize("search", samples("%", "x" * 5000, "_", "\\", "'", "\0", "\u202e", "🙂"))
    def test_take_any_search(self, space, karim, search):
        assert self.names(space, search) in ([], self.names(space, ""))

    @pytest.mark.long
    def test_are_eight_at_most(self, space, karim):
        many(space, 12)
        assert len(self.names(space, "zoe")) == 8

    def test_of_a_sub_group_are_its_members_and_those_who_look_after_it(self, space, karim):
        for person in ("ines", "claire", "thomas"):
            space.home(person)
        with space.world.app.app_context(), transaction():
            group = Subgroup(
                community_id=1, name="Nord", folded="nord", created_by_id=karim, created_at=clock.now()
            )
            db.session.add(group)
            db.session.flush()
            for number in (karim, space.number("ines")):
                db.session.add(SubgroupMember(subgroup_id=group.id, member_id=number, added_at=clock.now()))
            number = group.id
        inside = self.names(space, "", subgroup=number)
        assert set(inside) == {space.name("karim"), space.name("claire")}
        assert space.home("thomas").get("mentions", subgroup=str(number)).status == 404

    def test_under_a_post_of_another_community_are_none(self, space, karim):
        assert space.home("ines").get("mentions", post="77").status == 404
