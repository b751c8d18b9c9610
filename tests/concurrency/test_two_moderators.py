"""Two who look after a space decide about one contribution at the same moment: one of them was first."""

import threading

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import AuditEntry, ModerationCase, Notification, Post
from tests.functional.space import Space, id_of

ROUNDS = 6
# What the first asks for, and what the second does.
PAIRS = (("hidden", "left"), ("hidden", "locked"), ("locked", "hidden"))


def at_once(*deeds) -> list:
    """Do these at the same moment; return what each came to."""
    gate, answers = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(number: int, deed) -> None:
        gate.wait()
        answers[number] = deed()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_one_decides_and_the_other_reads_it(world, first, second):
    space = Space(world)
    people = {who: space.home(who).get("") for who in ("claire", "bruno")}
    for number in range(ROUNDS):
        thread = space.write("ines", title=f"Number {number}", body="Words")
        below = f"posts/{id_of(thread)}/moderation"

        def decide(who: str, act: str, below: str = below):
            seen = {"version": "0", "until": f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"}
            return people[who].post(below, act=act, body=f"{who} says so.", follow=False, **seen)

        answers = at_once(lambda: decide("claire", first), lambda: decide("bruno", second))

        assert sorted(answer.status for answer in answers) == [303, 409], [one.text for one in answers]
        won, lost = sorted(answers, key=lambda answer: answer.status)
        winner, loser = ("claire", "bruno") if won is answers[0] else ("bruno", "claire")
        # Nothing typed is lost, and what was decided is read first.
        assert f"{loser} says so." in lost.text and f"{winner} says so." in lost.text
        with world.database() as session:
            about = ModerationCase.about == f"post:{id_of(thread)}"
            case = session.scalars(select(ModerationCase).where(about)).one()
            post = session.get(Post, id_of(thread))
            act = first if winner == "claire" else second
            assert (post.hidden_at is not None, post.locked_at is not None) == (
                act == "hidden",
                act == "locked",
            )
            assert case.version == 1
    with world.database() as session:
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.act.startswith("moderation."))).all()
        assert len(acts) == ROUNDS
        # One is told of what was done to one's words, and nothing of what was left as it is.
        told = session.scalars(select(Notification.kind).where(Notification.kind == "moderated")).all()
        assert len(told) == sum(not act.endswith(".left") for act in acts)
