"""What members cannot bring about, whatever they send: in the clock, in scores, in what others see."""

import io
import threading
from datetime import timedelta

import pytest
from flask_migrate import downgrade, upgrade
from PIL import Image
from sqlalchemy import func, select, text, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.knowledge import portraits
from lti_tool.models import Attachment, ContributionFact, Draft, Membership, Post, Reaction, Role, Tag
from lti_tool.services import changes, contributions, drafts, file_sweep, person_export, tags
from lti_tool.services.acting import ActingMember
from lti_tool.transactions import reading, transaction
from tests.functional.space import id_of
from tests.functional.test_people import picture_of, send_picture
from tests.functional.test_subgroups import Groups
from tests.functional.test_thread import below, replied

pytestmark = pytest.mark.slow_on_postgresql


@pytest.fixture
def groups(space):
    return Groups(space)


def acting(space, person: str) -> ActingMember:
    """Return somebody as services know them, of the session that is open."""
    membership = db.session.get_one(Membership, space.number(person))
    return ActingMember(membership, membership.user, membership.community, Role.LEARNER, True)


class TestADraft:
    def test_with_a_number_without_end_does_not_stop_the_clock(self, space):
        page = space.home("ines")
        page.post("drafts", draft="new-" + "a" * 32, title="T", attachment=["9" * 5000, "²"])
        assert space.count(Draft) == 1
        with space.world.app.app_context(), transaction():
            shared = {"community_id": 1, "member_id": space.number("ines"), "media_type": "text/plain"}
            kept = {"name": "a.txt", "size": 1, "position": 0, "key": "k", "digest": "d"}
            db.session.add(Attachment(created_at=clock.now() - timedelta(days=2), **shared, **kept))
        with space.world.app.app_context():
            assert file_sweep.sweep(clock.now, transaction) == 1

    def test_that_is_thrown_away_again_and_again_fills_no_disk(self, space, monkeypatch):
        monkeypatch.setattr(drafts, "MOST", 2)
        page = space.home("ines")
        for letter in "abcde":
            page.post("drafts", draft="new-" + letter * 32, title=letter)
            with space.world.database() as session:
                newest = session.scalar(select(func.max(Draft.id)))
            page.post(f"drafts/{newest}/discard")
        assert space.count(Draft) == 2
        assert page.post(f"drafts/{newest}/restore").status == 200


class TestTagsOfASubgroup:
    def test_are_suggested_to_nobody(self, groups):
        number = groups.make("Entre nous", "ines")
        thread = groups.write("ines", number, tags="licenciement, Planning")
        groups.space.write("karim", tags="Planning")
        assert self.suggested(groups) == ["Planning"]
        groups.space.home("ines").post(f"{below(thread)}/filing", topic="", tags="rupture, Planning")
        groups.space.home("ines").post(f"{below(thread)}/delete")
        assert self.suggested(groups) == ["Planning"]
        with groups.world.database() as session:
            counted = dict(map(tuple, session.execute(select(Tag.name, Tag.post_count))))
        assert counted == {"licenciement": 0, "rupture": 0, "Planning": 1}

    def suggested(self, groups) -> list[str]:
        with groups.world.app.app_context():
            return tags.suggestions(acting(groups.space, "karim"), clock.now())


class TestGoingBackToTheReleaseBefore:
    def test_opens_no_closed_thread(self, groups):
        space, number = groups.space, groups.make("Entre nous", "ines", "karim")
        thread = groups.write("ines", number)
        space.reply("karim", thread)
        space.write("ines", title="For everybody")
        with groups.world.app.app_context():
            downgrade(revision="0012")
            stand = [
                db.session.scalars(text(f"SELECT id FROM {table} WHERE deleted_at IS NULL")).all()
                for table in ("post", "comment")
            ]
            db.session.remove()
            upgrade()
        assert stand == [[2], []]
        assert space.home("karim").get(below(thread)).status == 404
        assert space.home("karim").get("").status == 200


class TestThanks:
    @pytest.fixture
    def facts(self, space):
        def of_recognition() -> list[tuple]:
            with space.world.database() as session:
                wanted = select(ContributionFact).where(ContributionFact.kind == "recognition")
                found = session.scalars(wanted.order_by(ContributionFact.id))
                return [(one.act, one.received_id, one.returns_at is not None) for one in found]

        return of_recognition

    def test_given_again_are_those_of_the_first_day(self, space, facts):
        thread = space.write("ines")
        reply = f"{below(thread)}/comments/{replied(space, 'karim', thread, 'Try this.')}"
        space.home("ines").post(f"{reply}/reactions", kind="helped")
        for on in ("true", "false", "true"):
            space.home("karim").post(f"{below(thread)}/reactions", kind="helped", on=on)
        (first, *again) = [one for one in facts() if one[1] != facts()[0][1]]
        assert first == ("written", first[1], True)
        assert [(act, number) for act, number, _ in again] == [("deleted", first[1]), ("restored", first[1])]
        assert space.count(Reaction, Reaction.id == first[1]) == 1

    def test_in_two_forms_stand_as_long_as_one_does(self, space, facts):
        thread = space.write("ines", kind="discussion")
        karim, here = space.home("karim"), below(thread)
        karim.post(f"{here}/reactions", kind="helped")
        karim.post(f"{here}/recognition", topic="", note="")
        karim.post(f"{here}/reactions", kind="helped", on="false")
        karim.post(f"{here}/reactions", kind="helped", on="true")
        numbers = [number for _, number, _ in facts()]
        assert numbers == [numbers[0], numbers[1], numbers[0], numbers[0]]
        assert numbers[0] != numbers[1]

    def test_for_a_poll_are_taken_in_no_form(self, space, facts):
        form = {"kind": "poll", "option_1": "Yes", "option_2": "No", "results": "always"}
        poll = space.write("ines", title="Shall we?", **form)
        karim = space.home("karim")
        assert karim.post(f"{below(poll)}/reactions", kind="helped").status == 404
        assert karim.post(f"{below(poll)}/recognition", topic="", note="").status == 404
        assert karim.get(f"{below(poll)}/recognition").status == 404
        assert (space.count(Reaction), facts()) == (0, [])


class TestAVote:
    def test_that_is_not_anonymous_is_in_what_a_person_is_given(self, space):
        form = {"kind": "poll", "option_1": "Yes", "option_2": "No", "anonymous": "no"}
        poll = space.write("ines", title="Shall we?", **form)
        space.home("karim").post(f"{below(poll)}/ballot", option="2")
        with space.world.app.app_context(), reading():
            user = db.session.get_one(Membership, space.number("karim")).user_id
            held = person_export.of_person(user, clock.now())["held"]
        assert held["poll_choice"] == [{"ballot_id": 1, "option_id": 2}]


class TestAnEditMeanwhile:
    @pytest.mark.postgresql  # on SQLite whoever writes has the whole database
    @pytest.mark.parametrize("address", ["posts/1/bookmark", "drafts"])
    def test_holds_up_nobody_who_only_points_to_the_same_rows(self, space, address):
        number = id_of(space.write("ines"))
        reader, asked = space.home("karim"), {"bookmark": "on", "draft": "new-" + "a" * 32}
        with space.world.app.app_context(), transaction():
            member = acting(space, "ines")
            changes.in_order(member)
            contributions.post_here(member, number, clock.now(), locked=True)
            keeps = threading.Thread(target=reader.post, args=(address,), kwargs=asked)
            keeps.start()
            keeps.join(timeout=10)
            waited = keeps.is_alive()
        keeps.join()
        assert not waited

    def test_is_seen_by_whoever_takes_the_row_though_they_read_it_before(self, space):
        number = id_of(space.write("ines"))
        with space.world.app.app_context(), transaction():
            member, now = acting(space, "ines"), clock.now()
            before = contributions.post_here(member, number, now)
            elsewhere = update(Post).where(Post.id == number).values(edit_count=7)
            db.session.execute(elsewhere.execution_options(synchronize_session=False))
            assert before.edit_count == 0
            assert contributions.post_here(member, number, now, locked=True).edit_count == 7


class TestAPicture:
    def test_that_breaks_its_decoder_in_any_way_is_refused(self, space, monkeypatch):
        def breaks(image):
            raise IndexError("index out of range")

        monkeypatch.setattr(portraits.ImageOps, "exif_transpose", breaks)
        made = io.BytesIO()
        Image.new("RGB", (9, 9)).save(made, "PNG")
        assert send_picture(space, "ines", made.getvalue()).status_code == 422
        assert picture_of(space, "ines", "ines").status_code == 404

    def test_is_made_while_others_may_write(self, space, monkeypatch):
        thread = space.write("karim")
        square = portraits.square

        def meanwhile(content):
            other = threading.Thread(target=replied, args=(space, "karim", thread, "Others go on."))
            other.start()
            other.join(timeout=3)
            assert not other.is_alive()
            return square(content)

        monkeypatch.setattr(portraits, "square", meanwhile)
        made = io.BytesIO()
        Image.new("RGB", (9, 9)).save(made, "PNG")
        assert send_picture(space, "ines", made.getvalue()).status_code == 303
