"""A community that was lived in is emptied: table by table, file by file, whenever the worker dies."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select, update

from lti_tool import clock
from lti_tool.extensions import Base, db
from lti_tool.models import (
    AuditEntry,
    Comment,
    Community,
    CommunityState,
    ContributionFact,
    CopyState,
    Enrolment,
    ErasureRequest,
    Membership,
    PersonalCopy,
    Post,
    ScoreDelivery,
    ScoreStatement,
    User,
)
from lti_tool.services import life, purging, uploads
from lti_tool.transactions import transaction
from tests.erasure.lived_in import HER_WORDS, a_year_and
from tests.erasure.test_what_stays import acting

# What may have rows after a community was emptied, while evidence is kept: nothing in them is in words.
KEPT_WITH_EVIDENCE = {
    *("community", "organisation", "platform", "deployment", "course", "resource_link", "membership"),
    *("user_account", "enrolment", "audit_entry", "launch_record", "post", "comment", "prompt", "period"),
    *("grading_policy", "grade_column", "line_item", "score_delivery", "score_statement", "grade_decision"),
    *("contribution_fact", "assessment_fact", "access_token", "tool_key", "used_nonce", "browser_session"),
    *("platform_origin", "message", "host_slot", "notice_handler"),
}


class Dies(Exception):
    """The worker is killed."""


class Emptied:
    """A community whose last hour has come."""

    def __init__(self, lived) -> None:
        self.lived, self.app = lived, lived.app
        self.bring_a_file()

    def bring_a_file(self) -> None:
        with self.app.app_context(), transaction():
            member = acting(self.lived.ines)
            brought = uploads.prepare(1, BytesIO(b"Nothing to hide"), "a.txt", 10**6)
            uploads.register(member, brought, clock.now())
            asked = {"user_id": member.user.id, "asked_at": clock.now()}
            db.session.add(ErasureRequest(**asked))
            db.session.add(PersonalCopy(**asked, state=CopyState.DUE, locale="fr"))
        self.file = self.app.extensions["settings"].storage_dir / brought.key
        assert self.file.exists()

    def comes(self) -> None:
        """Have the community archived, its end announced and over, and every request ended."""
        with self.app.app_context(), transaction():
            db.session.execute(
                update(Community).values(
                    state=CommunityState.PURGING,
                    state_since=clock.now() - timedelta(minutes=3),
                    due_at=clock.now() - timedelta(minutes=1),
                )
            )

    def work(self, pause=lambda name: None, at=None) -> int:
        with self.app.app_context():
            return purging.purge_what_is_due(lambda: at or clock.now(), transaction, pause)

    def state(self) -> str:
        return self.lived.rows(select(Community.state))[0][0].value

    def tables(self) -> set[str]:
        with self.lived.world.database() as session:
            return {
                table.name
                for table in Base.metadata.sorted_tables
                if session.scalar(select(func.count()).select_from(table))
            }


@pytest.fixture
def last(lived):
    emptied = Emptied(lived)
    emptied.comes()
    return emptied


def test_nothing_says_who_anybody_was_and_no_word_of_theirs_is_left(last, lived):
    assert last.work() == 1 and last.state() == "purged"
    assert last.tables() - KEPT_WITH_EVIDENCE == set()
    assert lived.traces() == [] and lived.files_that_tell() == []
    for table, column in HER_WORDS:
        stored = Base.metadata.tables[table].c[column]
        assert {text for (text,) in lived.rows(select(stored))} <= {""}
    assert not last.file.exists()
    assert lived.rows(select(Community.stored_bytes)) == [(0,)]
    assert {name for (name,) in lived.rows(select(User.name))} == {None}
    assert {sub[:7] for (sub,) in lived.rows(select(User.sub))} == {"erased:"}
    assert lived.rows(select(Enrolment.id).where(Enrolment.active)) == []
    with lived.world.database() as session:
        assert session.scalar(select(func.count()).select_from(purging.search_index.INDEX)) == 0


def test_what_was_sent_is_proved_until_its_date_and_then_gone(last, lived):
    proofs = select(ScoreStatement.id, ScoreStatement.digest).order_by(ScoreStatement.id)
    numbers = lived.rows(proofs.where(ScoreStatement.sent))
    his = select(ContributionFact.id).where(ContributionFact.member_id == lived.karim)
    facts = lived.rows(his.order_by(ContributionFact.id))
    assert numbers and facts
    last.work()
    assert lived.rows(proofs) == numbers
    assert lived.rows(his.order_by(ContributionFact.id)) == facts
    assert last.work() == 0  # not before its date
    assert last.work(at=clock.now() + a_year_and(1)) == 1
    for table in (ScoreStatement, ScoreDelivery, ContributionFact, Post, Comment):
        assert lived.rows(select(table.id)) == []
    assert last.work(at=clock.now() + a_year_and(2)) == 0


def test_it_is_noted_by_number(last, lived):
    last.work()
    last.work(at=clock.now() + a_year_and(1))
    noted = select(AuditEntry.act, AuditEntry.actor_kind).where(AuditEntry.act.startswith("community."))
    assert lived.rows(noted.order_by(AuditEntry.id))[-2:] == [
        ("community.purged", "system"),
        ("community.evidence-deleted", "system"),
    ]


def test_whoever_comes_again_is_told_and_finds_nothing(last, lived):
    last.work()
    for person in ("ines", "claire"):
        page = lived.world.enter(person)
        assert page.status == 200 and page.soup.select("nav.nav") == []
        assert page.get("posts/1").status == 403
        assert page.post("posts", kind="question", title="Anybody", body="here?").status == 403
    assert lived.rows(select(func.count(Post.id)).where(Post.deleted_at.is_(None))) == [(0,)]


@pytest.mark.long
def test_a_worker_that_dies_anywhere_is_followed_by_one_that_ends_it(last, lived, monkeypatch):
    monkeypatch.setattr(purging, "ROWS", 2)
    monkeypatch.setattr(purging, "PEOPLE", 1)
    deaths = 0
    while last.state() == "purging":
        steps = iter(range(deaths + 1))

        def dies(name: str, steps=steps) -> None:
            if next(steps, None) is None:
                raise Dies(name)

        try:
            last.work(dies)
        except Dies:
            deaths += 1
        assert deaths < 500
    assert deaths > 20
    assert lived.traces() == [] and last.tables() - KEPT_WITH_EVIDENCE == set()


def test_somebody_who_lives_elsewhere_keeps_their_account_and_their_other_space(last, lived):
    number = lived.user_id()
    with lived.app.app_context(), transaction():
        first = db.session.get(Community, 1)
        other = Community(
            organisation_id=first.organisation_id, name="Other", time_zone="UTC", created_at=clock.now()
        )
        db.session.add(other)
        db.session.flush()
        db.session.add(
            Membership(community_id=other.id, user_id=number, pseudonym="Elsewhere", joined_at=clock.now())
        )
    assert last.work() == 1
    names = lived.rows(select(User.name, User.sub).where(User.name.is_not(None)))
    assert names == [("Inès Lefèvre", "u-ines")]
    assert lived.rows(
        select(Membership.pseudonym).where(Membership.user_id == number).order_by(Membership.id)
    ) == [
        (None,),
        ("Elsewhere",),
    ]


def test_it_waits_until_requests_have_ended_and_members_were_told(lived, time_machine):
    emptied = Emptied(lived)
    now = clock.now()
    time_machine.move_to(now, tick=False)
    with lived.app.app_context(), transaction():
        community = db.session.get(Community, 1)
        community.state, community.purges_at = CommunityState.ARCHIVED, now + timedelta(days=20)
        community.due_at = now
    with lived.app.app_context():
        assert life.carry_out_what_is_due(clock.now, transaction) == 1  # told
        time_machine.move_to(now + timedelta(days=20), tick=False)
        assert life.carry_out_what_is_due(clock.now, transaction) == 1  # begins
        assert emptied.work() == 0
        time_machine.move_to(now + timedelta(days=20, minutes=3), tick=False)
        assert emptied.work() == 1
    assert emptied.state() == "purged"
    assert lived.rows(select(Membership.pseudonym).where(Membership.pseudonym.is_not(None))) == []
