"""Sub-groups: made by staff, of groups of the LMS or by hand; who is in which, what is written in them."""

import pytest
from sqlalchemy import select

from demo_lms import Group
from lti_tool.models import (
    AuditEntry,
    Comment,
    CourseGroup,
    PollBallot,
    Post,
    Reaction,
    Role,
    Subgroup,
    SubgroupMember,
)
from tests.functional.space import PERSON_OF, Space, id_of
from tests.rosters.course import RosterCourse
from tests.support.world import ENGLISH, FRENCH

pytestmark = pytest.mark.slow_on_postgresql

ASKED = {"kind": "question", "title": "For us alone", "body": "What do you think?"}


class Groups:
    """The French course with Claire its trainer, Inès and Karim; of two groups of the LMS one is hidden."""

    def __init__(self, space: Space) -> None:
        self.space, self.world = space, space.world
        self.lms = space.world.lms
        self.in_the_lms(lyon=("karim",), secret=("ines",))
        self.course = RosterCourse(space.world)
        self.trainer = self.course.trainer
        self.course.read()
        for person in ("ines", "karim"):
            space.home(person)

    def in_the_lms(self, **groups: tuple[str, ...]) -> None:
        """Give the course of the LMS these groups, and no others."""
        self.lms.groups[FRENCH] = [
            Group(f"g-{name}", name.title(), frozenset(f"u-{key}" for key in keys), hidden=name == "secret")
            for name, keys in groups.items()
        ]

    def follow(self, name: str = "Lyon") -> int:
        """Let the trainer make a sub-group of a group of the LMS; return its number."""
        with self.world.database() as session:
            group = session.scalars(select(CourseGroup.id).where(CourseGroup.name == name)).one()
        page = self.trainer.post("subgroups/follow", chosen=str(group))
        assert page.status == 200, page.text
        return self.numbered(name)

    def make(self, name: str, *people: str) -> int:
        """Let the trainer make one by hand, and put these people in."""
        page = self.trainer.post("subgroups", name=name, description="What we share.")
        assert page.status == 200, page.text
        number = self.numbered(name)
        if people:
            chosen = [str(self.space.number(person)) for person in people]
            self.trainer.post(f"subgroups/{number}/members", chosen=chosen)
        return number

    def numbered(self, name: str) -> int:
        with self.world.database() as session:
            return session.scalars(select(Subgroup.id).where(Subgroup.name == name)).one()

    def write(self, person: str, subgroup: int, **more):
        """Let somebody ask a question of a sub-group."""
        return self.space.home(person).post("posts", **ASKED | {"subgroup": str(subgroup)} | more)

    def names(self, page) -> list[str]:
        """The sub-groups that a list shows."""
        return [link.text for link in page.soup.select(".subgroup-row a.title")]


@pytest.fixture
def groups(space):
    return Groups(space)


class TestMakingOne:
    def test_of_a_group_of_the_lms_follows_it_as_it_changes(self, groups):
        number = groups.follow()
        assert groups.space.home("karim").get(f"subgroups/{number}").status == 200
        assert groups.space.home("ines").get(f"subgroups/{number}").status == 404
        groups.in_the_lms(lyon=("ines",), secret=())
        groups.course.ask_and_read()
        assert groups.space.home("karim").get(f"subgroups/{number}").status == 404
        assert "Inès" in groups.space.home("ines").get(f"subgroups/{number}").text

    def test_twice_of_one_group_makes_it_once(self, groups):
        groups.follow()
        with groups.world.database() as session:
            group = session.scalars(select(Subgroup.course_group_id)).one()
        assert groups.trainer.post("subgroups/follow", chosen=str(group)).status == 422
        assert groups.space.count(Subgroup) == 1

    def test_of_a_hidden_group_is_staff_s_choice_and_says_so(self, groups):
        page = groups.trainer.get("subgroups")
        hidden = [one.text for one in page.soup.select("label.check") if one.select_one(".badge")]
        assert len(hidden) == 1 and "Secret" in hidden[0]
        number = groups.follow("Secret")
        assert groups.space.home("ines").get(f"subgroups/{number}").status == 200

    def test_of_a_group_of_another_community_makes_nothing(self, groups):
        elsewhere = groups.world.enter("claire", ENGLISH)
        with groups.world.database() as session:
            group = session.scalars(select(CourseGroup.id)).first()
        assert elsewhere.post("subgroups/follow", chosen=str(group)).status == 422
        assert groups.space.count(Subgroup) == 0

    def test_by_hand_keeps_what_was_typed_when_its_name_is_taken(self, groups):
        groups.make("Équipe Nord")
        page = groups.trainer.post("subgroups", name="equipe nord", description="The same?")
        assert page.status == 422
        assert page.soup.select_one("#name")["value"] == "equipe nord"
        assert "The same?" in page.soup.select_one("#description").text

    def test_is_in_the_audit_log(self, groups):
        number = groups.make("North", "ines")
        groups.trainer.post(f"subgroups/{number}/close")
        with groups.world.database() as session:
            acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject == f"subgroup:{number}"))
            assert list(acts) == ["subgroup.made", "subgroup.put-in", "subgroup.closed"]


class TestItsMembers:
    def test_are_found_among_many_and_put_in_at_once(self, groups):
        number = groups.make("North", "ines", "karim")
        page = groups.trainer.get(f"subgroups/{number}/members", name="lefè")
        assert "Inès" not in page.soup.select_one("#outside").find_parent("section").text
        inside = page.soup.select_one("#inside").find_parent("section")
        assert len(inside.select("input[name=chosen]")) == 2

    def test_are_taken_out_and_read_nothing_any_more(self, groups):
        number = groups.make("North", "ines", "karim")
        thread = id_of(groups.write("karim", number))
        assert groups.space.home("ines").get(f"posts/{thread}").status == 200
        groups.trainer.post(f"subgroups/{number}/members/out", chosen=str(groups.space.number("ines")))
        assert groups.space.home("ines").get(f"posts/{thread}").status == 404

    def test_of_one_that_follows_the_lms_are_changed_there(self, groups):
        number = groups.follow()
        chosen = str(groups.space.number("ines"))
        assert groups.trainer.post(f"subgroups/{number}/members", chosen=chosen).status == 409
        assert groups.space.count(SubgroupMember) == 0

    def test_are_people_of_this_community_alone(self, groups):
        number = groups.make("North")
        groups.world.enter("grace", ENGLISH)
        foreign = groups.space.number("grace")
        groups.trainer.post(f"subgroups/{number}/members", chosen=[str(foreign), "0", "x", "999999999"])
        assert groups.space.count(SubgroupMember) == 0

    def test_are_those_who_read_here(self, groups):
        number = groups.make("North")
        others = {role: groups.space.home_of(role) for role in (Role.SPONSOR, Role.OBSERVER)}
        names = {role: PERSON_OF[role] for role in others}
        page = groups.trainer.get(f"subgroups/{number}/members")
        offered = {box["value"] for box in page.soup.select("input[name=chosen]")}
        forged = [str(groups.space.number(person)) for person in names.values()]
        assert str(groups.space.number("ines")) in offered and not offered & set(forged)
        groups.trainer.post(f"subgroups/{number}/members", chosen=forged)
        assert groups.space.count(SubgroupMember) == 0

    def test_stay_as_they_were_last_when_the_group_goes_from_the_lms(self, groups):
        number = groups.follow()
        thread = id_of(groups.write("karim", number))
        groups.in_the_lms(other=("ines",))
        groups.course.ask_and_read()
        assert groups.space.home("karim").get(f"posts/{thread}").status == 200
        assert groups.space.home("ines").get(f"posts/{thread}").status == 404
        page = groups.trainer.get(f"subgroups/{number}/members")
        assert page.soup.select("input[name=chosen]")


class TestWriting:
    def test_offers_the_sub_groups_one_is_in_and_says_that_it_stays(self, groups):
        mine, other = groups.make("North", "ines"), groups.make("South", "karim")
        page = groups.space.home("ines").get("posts/new")
        offered = [option["value"] for option in page.soup.select("#subgroup option")]
        assert offered == ["everybody", str(mine)]
        staff = groups.trainer.get("posts/new", subgroup=str(other))
        assert staff.soup.select_one("#subgroup option[selected]")["value"] == str(other)

    @pytest.mark.long
    def test_offers_no_choice_where_there_is_none(self, groups):
        assert groups.space.home("ines").get("posts/new").soup.select_one("#subgroup") is None

    def test_names_the_sub_group_on_card_and_thread(self, groups):
        number = groups.make("North", "ines", "karim")
        thread = groups.write("ines", number)
        assert "North" in thread.soup.select_one("a.badge.subgroup").text
        assert "North" in groups.space.home("karim").get("").soup.select_one("a.badge.subgroup").text

    def test_in_one_that_takes_nothing_is_refused_with_everything_kept(self, groups):
        closed, other = groups.make("Closed", "ines"), groups.make("South", "karim")
        groups.trainer.post(f"subgroups/{closed}/close")
        for wanted in (closed, other, 999, "", "1 OR 1", "9" * 40):
            page = groups.write("ines", wanted)
            assert page.status == 422, wanted
            assert page.soup.select_one("#title")["value"] == ASKED["title"]
            assert page.soup.select_one("#subgroup option[selected]")["value"] == ""
        assert groups.space.count(Post) == 0

    def test_the_same_for_another_sub_group_is_no_double_click(self, groups):
        first, second = groups.make("North", "ines"), groups.make("South", "ines")
        for number in (first, first, second):
            groups.write("ines", number)
        assert groups.space.count(Post) == 2

    def test_a_form_without_the_choice_is_for_everybody(self, groups):
        groups.make("North", "ines")
        groups.space.write("ines")
        assert groups.space.count(Post, Post.subgroup_id.is_(None)) == 1


class TestClosingOne:
    def test_keeps_it_readable_and_takes_nothing_new_until_it_is_brought_back(self, groups):
        number = groups.make("North", "ines", "karim")
        thread = groups.write("karim", number)
        groups.trainer.post(f"subgroups/{number}/close")
        page = groups.space.home("ines").get(f"posts/{id_of(thread)}")
        assert page.status == 200 and page.soup.select_one("#reply") is None
        refused = groups.space.home("ines").post(f"posts/{id_of(thread)}/comments", body="Too late")
        assert refused.status == 409 and "Too late" in refused.text
        groups.trainer.post(f"subgroups/{number}/bring-back")
        assert groups.space.reply("ines", thread, "In time").status == 200

    def test_takes_no_thanks_vote_or_ballot_and_offers_none(self, groups):
        number = groups.make("North", "ines", "karim")
        thread = groups.write("karim", number)
        groups.space.reply("karim", thread, "By the way.")
        idea = groups.write("karim", number, kind="idea", title="A wall")
        options = {"option_1": "Now", "option_2": "Later", "results": "always"}
        poll = groups.write("karim", number, kind="poll", title="When?", **options)
        ines = groups.space.home("ines")
        ballot = ines.get(f"posts/{id_of(poll)}").soup.select_one("input[name=option]")["value"]
        groups.trainer.post(f"subgroups/{number}/close")
        for shown in (thread, idea, poll):
            page = ines.get(f"posts/{id_of(shown)}")
            for offer in (
                "form[data-reaction]",
                "form.vote",
                "input[name=option]",
                "a[href*='/recognition']",
            ):
                assert not page.soup.select(offer), offer
        reply = f"posts/{id_of(thread)}/comments/1"
        for address, form in (
            (f"posts/{id_of(thread)}/reactions", {"kind": "helped"}),
            (f"posts/{id_of(thread)}/reactions", {"kind": "met"}),
            (f"{reply}/reactions", {"kind": "helped"}),
            (f"{reply}/recognition", {"topic": "", "note": ""}),
            (f"posts/{id_of(idea)}/vote", {"vote": "yes"}),
            (f"posts/{id_of(poll)}/ballot", {"option": ballot}),
        ):
            refused = ines.post(address, **form)
            assert refused.status == 409 and "sous-groupe est fermé" in refused.text, address
        assert groups.space.count(Reaction) == groups.space.count(PollBallot) == 0

    def test_lets_one_take_back_what_one_said(self, groups):
        number = groups.make("North", "ines", "karim")
        thread = groups.write("karim", number)
        ines, place = groups.space.home("ines"), f"posts/{id_of(thread)}/reactions"
        ines.post(place, kind="helped")
        groups.trainer.post(f"subgroups/{number}/close")
        assert ines.post(place, kind="helped", on="false").status == 200
        assert groups.space.count(Reaction) == 0

    def test_offers_to_take_back_what_one_said_and_nothing_else(self, groups):
        number = groups.make("North", "ines", "karim")
        thread = groups.write("karim", number)
        idea = groups.write("karim", number, kind="idea", title="A wall")
        ines, place, vote = groups.space.home("ines"), f"posts/{id_of(thread)}", f"posts/{id_of(idea)}/vote"
        for kind in ("helped", "met"):
            ines.post(f"{place}/reactions", kind=kind)
        ines.post(vote, vote="yes")
        groups.trainer.post(f"subgroups/{number}/close")
        page = ines.get(place).soup
        offered = {form["data-reaction"]: form.button["value"] for form in page.select("form[data-reaction]")}
        assert offered == {"helped": "false", "met": "false"}
        assert not page.select("[data-note]")
        assert ines.get(f"posts/{id_of(idea)}").soup.select_one("form.vote input[name=vote]")["value"] == "no"
        assert ines.post(vote, vote="no").status == 200
        assert ines.post(vote, vote="yes").status == 409
        assert not ines.get(f"posts/{id_of(idea)}").soup.select("form.vote")
        for kind in offered:
            ines.post(f"{place}/reactions", kind=kind, on="false")
        assert not ines.get(place).soup.select("form[data-reaction]")
        assert groups.space.count(Reaction) == 0

    @pytest.mark.parametrize("person", ["ines", "claire"])
    def test_lets_nobody_say_anew_what_solved_a_question(self, groups, person):
        number = groups.make("North", "ines", "karim")
        thread = groups.write("ines", number)
        for words in ("This.", "Or that."):
            groups.space.reply("karim", thread, words)
        who, place = groups.space.home(person), f"posts/{id_of(thread)}"
        who.post(f"{place}/comments/1/acceptance", on="true")
        groups.trainer.post(f"subgroups/{number}/close")
        offers = who.get(place).soup.select("form[action*='/acceptance'] button")
        assert [one["value"] for one in offers] == ["false"]
        refused = who.post(f"{place}/comments/2/acceptance", on="true")
        assert refused.status == 409 and "sous-groupe est fermé" in refused.text
        assert groups.space.count(Comment, Comment.solves_id.is_not(None), Comment.id == 1) == 1
        assert who.post(f"{place}/comments/1/acceptance", on="false").status == 200
        assert groups.space.count(Comment, Comment.solves_id.is_not(None)) == 0
        assert who.post(f"{place}/comments/1/acceptance", on="true").status == 409
        assert not who.get(place).soup.select("form[action*='/acceptance']")

    def test_brings_nothing_back_that_was_deleted_before(self, groups):
        number = groups.make("North", "ines", "karim")
        before, after = groups.write("ines", number), groups.write("ines", number, title="Another")
        groups.space.reply("ines", after)
        ines = groups.space.home("ines")
        places = [f"posts/{id_of(before)}", f"posts/{id_of(after)}/comments/1"]
        for place in places:
            ines.post(f"{place}/delete")
        groups.trainer.post(f"subgroups/{number}/close")
        for place in places:
            refused = ines.post(f"{place}/restore")
            assert refused.status == 409 and "sous-groupe est fermé" in refused.text
        # What stood when it was closed comes back to where it stood.
        ines.post(f"posts/{id_of(after)}/delete")
        assert ines.post(f"posts/{id_of(after)}/restore").status == 200
        groups.trainer.post(f"subgroups/{number}/bring-back")
        assert ines.post(f"{places[0]}/restore").status == 200

    def test_leaves_one_s_own_words_to_oneself(self, groups):
        number = groups.make("North", "ines")
        thread = groups.write("ines", number)
        groups.trainer.post(f"subgroups/{number}/close")
        home = groups.space.home("ines")
        edited = home.post(f"posts/{id_of(thread)}/edit", title="Better", body="Said anew", version="0")
        assert edited.status == 200 and "Said anew" in edited.text


class TestTheList:
    def test_shows_members_theirs_and_staff_all(self, groups):
        groups.make("North", "ines")
        groups.make("South", "karim")
        assert groups.names(groups.space.home("ines").get("subgroups")) == ["North"]
        assert groups.names(groups.trainer.get("subgroups")) == ["North", "South"]
        assert groups.names(groups.space.home_of(Role.GUEST_EXPERT).get("subgroups")) == []

    def test_says_a_new_name_everywhere_at_once(self, groups):
        number = groups.make("North", "ines")
        thread = groups.write("ines", number)
        groups.trainer.post(f"subgroups/{number}/edit", name="Région Nord", description="")
        home = groups.space.home("ines")
        assert groups.names(home.get("subgroups")) == ["Région Nord"]
        assert "Région Nord" in home.get(f"posts/{id_of(thread)}").soup.select_one("a.badge.subgroup").text
