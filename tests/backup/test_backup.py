"""A copy of the database, taken while people write, is a whole and working community again."""

import pytest
from sqlalchemy import func, select, text

from lti_tool.models import Change, Comment, ContributionFact, DeliveryState, Post
from lti_tool.services import schema_version
from tests.backup.copies import beside, copy, restored
from tests.backup.writers import Writers
from tests.support.classroom import ONE_QUESTION, Classroom
from tests.support.databases import chosen

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]
LEARNERS = ("ines", "karim", "nadia")


@pytest.fixture
def graded(world):
    """A classroom with grading on."""
    return Classroom(world).ready()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "copies" / "monday" if chosen() == "sqlite" else tmp_path / "monday"


@pytest.fixture
def taken_while_people_wrote(graded, file, databases, tmp_path):
    """The tool on a copy, and the posts that were there before it began."""
    with Writers([graded.learner(key) for key in LEARNERS]) as writers:
        writers.wait_for(4)
        before = writers.posts()
        copy(graded.world.app, file)
        writers.wait_for(4)
    assert writers.troubles == []
    with restored(file, databases, tmp_path / "var") as app:
        yield beside(graded.world, app), before, writers.posts()


def contributions_and_their_rows(session):
    """Count, for each contribution, facts that it was written and changes that tell open pages of it."""
    counted = []
    for model, column in ((Post, "post_id"), (Comment, "comment_id")):
        for rows, conditions in (
            (ContributionFact, [ContributionFact.act == "written"]),
            (Change, [Change.kind.like("%.written")]),
        ):
            joined = [getattr(rows, column) == model.id, *conditions]
            if model is Post:
                joined.append(rows.comment_id.is_(None))
            number = select(func.count(rows.id)).where(*joined).correlate(model).scalar_subquery()
            counted += session.execute(select(model.id, number)).all()
    return counted


class TestACopyTakenWhilePeopleWrite:
    def test_it_is_whole_and_the_tool_works_on_it(self, taken_while_people_wrote):
        world, before, written = taken_while_people_wrote
        with world.database() as session:
            there = set(session.scalars(select(Post.id)))
            counted = contributions_and_their_rows(session)
            replies = session.execute(
                select(Post.comment_count, func.count(Comment.id))
                .join(Comment, Comment.post_id == Post.id, isouter=True)
                .group_by(Post.id)
            ).all()
            assert schema_version.problem() is None
            if chosen() == "sqlite":
                assert session.execute(text("PRAGMA foreign_key_check")).all() == []
                assert session.scalar(text("PRAGMA integrity_check")) == "ok"

        assert before <= there
        assert len(there) < len(written)
        assert {number for _, number in counted} == {1}
        assert all(noted == found for noted, found in replies)

        home = world.enter("ines")
        assert home.status == 200
        answer = home.post("posts", kind="question", title="After the restore?", body="Is all as it was?")
        assert answer.status == 200
        with world.database() as session:
            assert session.scalar(select(func.max(Post.id))) > max(there)


class TestAGradeThatWasSentAfterTheCopy:
    def test_it_is_held_for_the_trainer_and_not_written_over(self, graded, file, databases, tmp_path):
        copy(graded.world.app, file)
        graded.ask(about="one")
        graded.send()
        graded.deliver()
        assert graded.grade() == ONE_QUESTION

        with restored(file, databases, tmp_path / "var") as app:
            again = Classroom(beside(graded.world, app))
            again.ask(about="two")
            again.ask(about="three")
            again.send()
            again.deliver()
            assert (again.state(), again.cell().theirs_value) == (DeliveryState.HELD, ONE_QUESTION)
            assert again.grade() == ONE_QUESTION
