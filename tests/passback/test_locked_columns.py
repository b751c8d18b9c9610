"""A column that is locked in the LMS: Moodle shows it, and answers every score with an error of its own."""

from datetime import timedelta

import pytest

from demo_lms import troubles
from lti_tool import clock
from lti_tool.models import DeliveryState
from lti_tool.services import attempts, delivery, diagnosis_state, retries
from lti_tool.services.problems import Problem
from lti_tool.transactions import reading
from tests.support.classroom import ONE_QUESTION

LATER = retries.LONGEST_WAIT * 2
LEARNERS = ("ines", "karim", "hugo")

SAID_OF_A_SCORE = (
    "The LMS answers, but with an error instead of storing the score. In Moodle a locked column",
    "La plateforme répond, mais par une erreur au lieu d’enregistrer le score. Dans Moodle, une colonne",
)
SAID_OF_THE_COLUMN = (
    "The LMS shows this column but stores nothing in it",
    "La plateforme montre cette colonne mais n’y enregistre rien",
)
DID_NOT_ANSWER = ("did not answer", "n’a pas répondu")


def read_in_both_languages(classroom) -> list[str]:
    """Return the grading page as the trainer reads it, in English and in French."""
    pages = []
    for language in ("en", "fr"):
        classroom.trainer.post("preferences/language", follow=False, language=language)
        pages.append(classroom.trainer.get("grading").text)
    return pages


@pytest.fixture
def locked(graded):
    """A classroom whose column was locked after it had been made."""
    graded.lms.quirks.locked_items = True
    return graded


class TestALockedColumn:
    def test_is_said_to_be_one_and_not_an_outage(self, locked):
        locked.ask()
        locked.send()
        locked.deliver()
        assert (locked.state(), locked.cell().problem) == (DeliveryState.DUE, Problem.NOT_STORED)
        locked.deliver(after=LATER)
        pages = zip(
            read_in_both_languages(locked), SAID_OF_A_SCORE, SAID_OF_THE_COLUMN, DID_NOT_ANSWER, strict=True
        )
        for page, of_the_score, of_the_column, outage in pages:
            assert of_the_score in page
            assert of_the_column in page
            assert outage not in page

    def test_is_not_told_from_one_error_alone(self, locked):
        locked.ask()
        locked.send()
        locked.deliver()
        assert locked.item().problem is None
        locked.deliver(after=LATER)
        assert locked.item().problem == Problem.NOT_STORED
        with locked.world.app.app_context(), reading():
            found = diagnosis_state.state(locked.world.app.extensions["settings"], clock.now())
        assert "shows and stores nothing in: 1" in " ".join(one.sentence for one in found)

    def test_is_said_among_all_columns_and_to_the_learner(self, locked):
        locked.ask()
        locked.send()
        for tries in range(2):
            locked.deliver(after=LATER * tries)
        for language, of_the_column, to_the_learner in (
            ("en", "stores nothing in it", "The gradebook does not take the value for now"),
            ("fr", "n’y enregistre rien", "Le carnet de notes n’accepte pas la valeur pour l’instant"),
        ):
            for page in (locked.trainer, locked.learner("ines")):
                page.post("preferences/language", follow=False, language=language)
            assert of_the_column in locked.trainer.get("grading/columns").text
            assert to_the_learner in locked.learner("ines").get("participation").text

    def test_gets_its_score_once_it_is_unlocked(self, locked):
        locked.ask()
        locked.send()
        locked.deliver()
        locked.lms.quirks.locked_items = False
        locked.deliver(after=LATER)
        assert (locked.state(), locked.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)
        assert (locked.cell().problem, locked.item().problem) == (None, None)

    def test_is_still_called_so_after_many_tries_until_somebody_sends_again(self, locked, monkeypatch):
        # Each try needs a later time stamp than the one before: twelve would have to wait for the clock.
        monkeypatch.setattr(attempts, "MOST_TRIES", 2)
        locked.ask()
        locked.send()
        for tries in range(2):
            locked.deliver(after=LATER * tries)
        assert (locked.state(), locked.cell().problem) == (DeliveryState.REFUSED, Problem.NOT_STORED)
        for page, sentence in zip(read_in_both_languages(locked), SAID_OF_A_SCORE, strict=True):
            assert sentence in page
        locked.lms.quirks.locked_items = False
        locked.send()
        locked.deliver_until_settled(timedelta())
        assert (locked.state(), locked.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)

    def test_is_not_tried_for_everybody(self, locked, monkeypatch):
        monkeypatch.setattr(delivery, "MOST_NOT_STORED", 2)
        for key in LEARNERS:
            locked.ask(key, about=key)
        locked.send()
        locked.deliver()
        posts = [call for call in locked.lms.requests if call.path.endswith("/scores")]
        assert len(posts) == 2
        assert {locked.cell(key).problem for key in LEARNERS} == {Problem.NOT_STORED}


class TestOneScoreThatIsMetWithAnError:
    def test_does_not_keep_the_others_waiting(self, graded):
        for key in LEARNERS[:2]:
            graded.ask(key, about=key)
        graded.send()

        def pause(step: str) -> None:
            if step == "results-read":
                graded.lms.quirks.troubles = [troubles.ERROR]

        graded.deliver(pause=pause)
        states = {graded.state(key) for key in LEARNERS[:2]}
        assert states == {DeliveryState.DUE, DeliveryState.CONFIRMED}
        assert graded.item().problem is None
        graded.deliver_until_settled(after=LATER)
        assert [graded.grade(key) for key in LEARNERS[:2]] == [ONE_QUESTION, ONE_QUESTION]


class TestAnOutage:
    def test_that_begins_with_a_score_is_not_taken_for_a_locked_column(self, graded):
        """The score and what is asked next are met with errors: nothing says that the column is to blame."""
        graded.ask()
        graded.send()
        for tries in range(2):
            graded.deliver(after=LATER * tries, pause=self.all_goes_wrong(graded))
            cell = graded.cell()
            assert (cell.state, cell.problem) == (DeliveryState.DUE, Problem.PLATFORM_UNAVAILABLE)
        assert graded.item().problem is None
        graded.deliver(after=LATER * 2)
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)

    def all_goes_wrong(self, graded):
        def pause(step: str) -> None:
            if step == "attempt-committed":
                graded.lms.quirks.troubles = [troubles.ERROR, troubles.ERROR]

        return pause

    def test_of_the_token_says_nothing_about_the_column(self, graded):
        graded.ask()
        graded.send()

        def pause(step: str) -> None:
            if step == "attempt-committed":
                graded.lms.quirks.down = True

        graded.deliver(pause=pause)
        assert (graded.state(), graded.cell().problem) == (DeliveryState.DUE, Problem.PLATFORM_UNAVAILABLE)
        assert graded.item().problem is None

    def test_of_everything_stays_an_outage(self, graded):
        graded.ask()
        graded.send()
        graded.lms.quirks.troubles = [troubles.ERROR]
        graded.deliver()
        assert (graded.state(), graded.cell().problem) == (DeliveryState.DUE, Problem.PLATFORM_UNAVAILABLE)
        graded.deliver(after=timedelta(hours=2))
        assert graded.state() is DeliveryState.CONFIRMED
