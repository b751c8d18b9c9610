"""Who is erased: nothing says who it was, and for the others nothing has changed."""

import json
import subprocess
import sys
import threading
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lti_tool import clock
from lti_tool.extensions import Base, db
from lti_tool.models import (
    AssessmentFact,
    AuditEntry,
    BrowserSession,
    Comment,
    Community,
    ContributionFact,
    ContributionReport,
    DeliveryState,
    Feedback,
    GradeColumn,
    GradeDecision,
    KeptText,
    LaunchRecord,
    Membership,
    ModerationStep,
    Role,
    RosterLine,
    ScoreDelivery,
    ScoreQuestion,
    ScoreStatement,
    Seat,
    User,
)
from lti_tool.services import file_sweep, housekeeping, pictures, running_scores, uploads
from lti_tool.services.acting import ActingMember
from lti_tool.transactions import transaction
from tests.erasure.lived_in import LISTED_LATER, a_year_and, tells
from tests.unit.knowledge import sample_files

SCRIPT = Path(__file__).parents[2] / "docs" / "recompute.py"
# Every column that points to a person: what happens to its rows is decided in services/erasure_traces.py.
# Whoever adds a table adds it here, and there.
DECIDED = {
    "membership.user_id": "blanked",
    "membership.appointed_by_id": "number",
    "enrolment.user_id": "ended",
    "seat.user_id": "deleted",
    "kept_text.user_id": "deleted",
    "launch_record.user_id": "taken out",
    "post.author_id": "number",
    "post.last_activity_by_id": "number",
    "comment.author_id": "number",
    "revision.replaced_by_id": "deleted",
    "change.actor_id": "number",
    "contribution_fact.member_id": "evidence or deleted",
    "contribution_fact.actor_id": "number",
    "contribution_fact.helped_id": "number",
    "assessment_fact.member_id": "evidence or deleted",
    "assessment_fact.actor_id": "number",
    "prompt.created_by_id": "number",
    "grade_decision.member_id": "evidence or deleted",
    "grade_decision.decided_by_id": "number",
    "feedback.member_id": "deleted",
    "feedback.author_id": "number",
    "score_question.member_id": "deleted",
    "score_question.answered_by_id": "number",
    "running_score.member_id": "deleted",
    "score_statement.member_id": "evidence",
    "score_delivery.member_id": "evidence or deleted",
    "score_delivery.asked_by_id": "number",
    "grading_policy.decided_by_id": "number",
    "grade_column.switched_on_by_id": "number",
    "grade_column.automatic_by_id": "number",
    "grade_column.paused_by_id": "number",
    "line_item.unread_accepted_by_id": "number",
    "roster.asked_by_id": "number",
    "post.idea_decided_by_id": "number",
    "comment.accepted_by_id": "number",
    "draft.member_id": "deleted",
    "attachment.member_id": "number, deleted unless published",
    "topic_standing.member_id": "deleted",
    "thread_reader.member_id": "deleted",
    "subgroup.created_by_id": "number",
    "subgroup_member.member_id": "deleted",
    "charter.written_by_id": "number",
    "charter_acceptance.member_id": "deleted",
    "reaction.giver_id": "number, note taken out",
    "reaction.receiver_id": "number",
    "mention.member_id": "deleted",
    "mention.written_by_id": "number",
    "notification.member_id": "deleted",
    "notification.done_by_id": "number",
    "mail_choice.member_id": "deleted",
    "message.member_id": "deleted",
    "inbound_mail.member_id": "deleted",
    "calendar_feed.member_id": "deleted",
    "push_device.member_id": "deleted",
    "moderation_case.author_id": "number, what was said of it taken out",
    "moderation_step.done_by_id": "number, words taken out",
    "contribution_report.reported_by_id": "deleted",
    "member_measure.member_id": "deleted",
    "member_measure.done_by_id": "number",
    "poll_ballot.member_id": "number",
    "guest_invitation.member_id": "deleted",
    "guest_invitation.invited_by_id": "number",
    "personal_copy.user_id": "deleted",
    "erasure_request.user_id": "deleted",
}


def rows_of(lived, table):
    return lived.rows(select(table.id).where(table.member_id == lived.ines))


def rows_of_others(lived, table):
    return lived.rows(select(table.id).where(table.member_id != lived.ines))


def acting(number: int) -> ActingMember:
    """Return a member as services take them."""
    membership = db.session.get(Membership, number)
    community = db.session.get(Community, membership.community_id)
    return ActingMember(membership, membership.user, community, Role.LEARNER, True)


class TestEveryTable:
    def test_that_names_a_person_is_decided_about(self):
        people = {"user_account", "membership"}
        naming = {
            f"{table.name}.{column.name}"
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if people & {key.column.table.name for key in column.foreign_keys}
        }
        assert naming == set(DECIDED)


class TestNothingSaysWhoItWas:
    def test_in_no_table_and_in_no_file_but_in_what_she_wrote(self, lived):
        told = {f"{table}.{column}" for table, column, _ in lived.traces()}
        assert {"user_account.sub", "membership.pseudonym", "revision.body", "feedback.body"} <= told
        assert {
            "audit_entry.detail",
            "score_statement.comment",
            "roster_line.name",
            "kept_text.fields",
        } <= told

        assert lived.erase()

        assert lived.traces() == []
        assert lived.files_that_tell() == []
        assert len(list(lived.app.extensions["settings"].storage_dir.rglob("erasures/*"))) == 2

    def test_bytes_of_what_she_did_not_publish_go_and_are_counted_no_more(self, lived):
        """Her picture and a file that she brought; what stands in a thread stays with her words."""
        kept = lived.app.extensions["settings"].storage_dir
        with lived.app.app_context(), transaction():
            member = acting(lived.ines)
            brought = uploads.prepare(member.community.id, BytesIO(b"Not published"), "a.txt", 10**6)
            uploads.register(member, brought, clock.now())
            pictures.choose(member, sample_files.picture(), clock.now())
        picture = lived.rows(select(Membership.picture_key).where(Membership.id == lived.ines))[0][0]
        assert (kept / picture).exists() and lived.rows(select(func.sum(Community.stored_bytes))) != [(0,)]

        lived.erase()
        with lived.app.app_context():
            file_sweep.sweep(clock.now, transaction)

        assert not (kept / picture).exists() and not (kept / brought.key).exists()
        assert lived.rows(select(func.sum(Community.stored_bytes))) == [(0,)]

    def test_what_was_hers_alone_is_gone_and_what_is_evidence_names_nobody(self, lived):
        number = lived.user_id()
        lived.erase()
        for table in (Feedback, ScoreQuestion):
            assert rows_of(lived, table) == []
        for table in (KeptText, Seat, LaunchRecord):
            assert lived.rows(select(table.id).where(table.user_id == number)) == []
        assert lived.rows(select(RosterLine.sub)) == [(LISTED_LATER,)]
        (kept,) = lived.rows(select(ScoreStatement.record, ScoreStatement.comment).where(of(lived)))
        assert {line["title"] for line in kept[0]["lines"]} == {""}
        assert kept[1] is None
        account = select(Membership.pseudonym, User.name, User.email, User.sub).join(User)
        ((*told, sub),) = lived.rows(account.where(Membership.id == lived.ines))
        assert (told, sub[:7]) == ([None] * 3, "erased:")
        assert lived.rows(select(GradeDecision.reason).where(GradeDecision.member_id == lived.ines)) == [
            ("",)
        ]
        for table in (ContributionFact, AssessmentFact):
            found = lived.rows(select(table.reason).where(table.member_id == lived.ines))
            assert found and set(found) == {(None,)}

    def test_what_was_reported_hidden_and_answered_says_no_word_more(self, visited):
        until = f"{clock.now() + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
        claire, ines = visited.classroom.trainer, visited.classroom.learner("ines")
        visited.classroom.ask("karim", about="two")
        visited.classroom.learner("karim").post("posts/1/report", reason="hurtful", body="Inès, secret")
        ines.post("posts/2/report", reason="hurtful", body="Said by Inès, a secret")
        why = {"act": "hidden", "body": "Hidden from Inès, secret", "version": "0", "until": until}
        claire.post("posts/1/moderation", **why)
        ines.post("posts/1/moderation/answer", body="A secret answer")
        told = {(table, column) for table, column, _ in visited.traces()}
        assert {("contribution_report", "note"), ("moderation_step", "reason")} <= told

        assert visited.erase()

        assert visited.traces() == []
        acts = [act.value for (act,) in visited.rows(select(ModerationStep.act).order_by(ModerationStep.id))]
        assert acts == ["hidden", "answered"]
        assert visited.rows(select(ContributionReport.note)) == [(None,)]

    def test_of_whom_nothing_was_sent_no_fact_stays(self, visited):
        assert rows_of(visited, ContributionFact)
        visited.erase()
        assert rows_of(visited, ContributionFact) == []
        assert visited.rows(select(User.evidence_until).where(User.erased_at.is_not(None))) == [(None,)]

    def test_the_audit_log_says_that_it_was_done_and_keeps_who_did_what_to_whom(self, lived):
        before = lived.rows(select(func.count(AuditEntry.id)))
        number = lived.user_id()
        lived.erase()
        assert lived.rows(select(func.count(AuditEntry.id))) == [(before[0][0] + 1,)]
        entry = lived.rows(
            select(AuditEntry.subject, AuditEntry.detail).where(AuditEntry.act == "person.erased")
        )
        assert entry == [(f"user:{number}", {"memberships": [lived.ines]})]
        marked = lived.rows(
            select(AuditEntry.detail).where(AuditEntry.act == "grade.marked").order_by(AuditEntry.id)
        )
        assert [detail.get("reason") for (detail,) in marked] == [None, "Karim did well"]
        assert marked[0][0]["of"] == lived.ines

    def test_of_an_act_on_several_people_the_reason_about_her_goes_and_that_about_others_stays(self, lived):
        assert lived.erase()
        several = select(AuditEntry.detail).where(AuditEntry.act == "grade.marked-several")
        ((alone,), (both,)) = lived.rows(several.order_by(AuditEntry.id))
        assert alone == {"marks": [["comment:1", lived.ines, None, "5/4", None]]}
        assert both == {
            "marks": [
                ["comment:1", lived.ines, None, "5/4", None],
                ["comment:2", lived.karim, None, "5/4", "Well told"],
            ]
        }

    def test_her_open_pages_are_closed_and_those_of_others_are_not(self, visited):
        home, other = visited.classroom.learner("ines"), visited.classroom.learner("karim")
        visited.erase()
        assert home.get("").status == 401
        assert other.get("").status == 200
        revoked = select(func.count(BrowserSession.id)).where(BrowserSession.revoked_at.is_not(None))
        assert visited.rows(revoked) == [(1,)]


def of(lived):
    return ScoreStatement.member_id == lived.ines


def in_deliveries(lived):
    return ScoreDelivery.member_id == lived.ines


@pytest.mark.long
class TestThreads:
    def test_stay_readable_by_a_former_member(self, lived):
        lived.classroom.learner("karim").post("preferences/language", language="en")
        before = lived.posts_of(lived.ines)
        lived.erase()
        assert lived.posts_of(lived.ines) == before
        page = lived.thread(3)
        assert page.status == 200
        assert "As it reads now" in page.text and "A former member" in page.text
        assert not tells(page.soup.select_one("main").get_text(" "))
        assert "A former member" in lived.thread(2).text
        assert "earlier-version" not in lived.thread(3).get("posts/3/history").text
        for who, shown in (("karim", "members"), ("karim", ""), ("claire", "grading"), ("claire", "members")):
            page = lived.classroom.trainer if who == "claire" else lived.classroom.learner(who)
            assert page.get(shown).status == 200, shown

    def test_say_it_in_french_too(self, visited):
        visited.classroom.learner("karim").post("preferences/language", language="fr")
        visited.erase()
        assert "Ancien membre" in visited.classroom.learner("karim").get("posts/1").text

    def test_nobody_finds_her_on_the_pages_of_staff(self, lived):
        lived.erase()
        trainer = lived.classroom.trainer
        for page in ("members", "grading", "grading/questions", "grading/evidence.json"):
            shown = trainer.get(page)
            assert shown.status == 200, page
            assert not tells(shown.html.replace("seat-secret", "")), page


class TestScoresOfOthers:
    def test_are_the_same_line_by_line(self, lived):
        at = clock.now() + timedelta(minutes=1)
        before = lived.statement_of_karim(at)
        comments = lived.rows(select(Comment.id, Comment.author_id, Comment.body))
        assert [line["kind"] for line in before["lines"]] == ["question", "answer", "recognition"]
        lived.erase()
        assert lived.statement_of_karim(at) == before
        with lived.app.app_context(), transaction():
            housekeeping.sweep(clock.now())
        assert lived.statement_of_karim(at) == before
        assert lived.rows(select(Comment.id, Comment.author_id, Comment.body)) == comments


@pytest.mark.long
class TestTheScoreOfHers:
    def test_ceases_and_what_was_not_sent_is_withdrawn(self, lived):
        assert lived.cells_of_ines() == [(DeliveryState.DUE,)]
        assert lived.kept_scores_of(lived.ines)
        sent = lived.classroom.grade("ines")
        lived.erase()
        lived.classroom.deliver()
        assert lived.classroom.grade("ines") == sent
        assert lived.cells_of_ines() == [(DeliveryState.CONFIRMED,)]
        assert lived.kept_scores_of(lived.ines) == []
        lived.classroom.send()
        lived.classroom.deliver()
        assert lived.classroom.grade("ines") == sent
        assert lived.cells_of_ines() == [(DeliveryState.CONFIRMED,)]

    def test_a_new_column_keeps_none_of_hers(self, lived):
        lived.erase()
        with lived.app.app_context(), transaction():
            running_scores.begin(db.session.scalars(select(GradeColumn)).one(), clock.now())
        assert lived.kept_scores_of(lived.karim)
        assert lived.kept_scores_of(lived.ines) == []

    @pytest.mark.parametrize("step", ["claimed", "results-read"])
    def test_a_worker_that_had_claimed_it_sends_nothing(self, lived, step):
        sent = lived.classroom.grade("ines")
        number, calls = lived.user_id(), []

        def meanwhile(at):
            if at == step and not calls:
                calls.append(at)
                lived.erase_number(number)

        lived.classroom.deliver(pause=meanwhile)
        assert calls == [step]
        assert lived.classroom.grade("ines") == sent
        assert lived.cells_of_ines() == [(DeliveryState.CONFIRMED,)]
        assert lived.traces() == []

    def test_what_a_worker_is_sending_is_waited_for(self, lived):
        number, waited, threads = lived.user_id(), threading.Event(), []

        def erase():
            lived.erase_number(number, wait=lambda seconds: (waited.set(), time.sleep(seconds)))

        def meanwhile(at):
            if at == "attempt-committed" and not threads:
                threads.append(threading.Thread(target=erase))
                threads[0].start()
                assert waited.wait(20)

        lived.classroom.deliver(pause=meanwhile)
        threads[0].join()
        shown = lived.classroom.grade("ines")
        assert lived.rows(select(ScoreDelivery.confirmed_value).where(in_deliveries(lived))) == [(shown,)]
        assert len(lived.rows(select(ScoreStatement.id).where(of(lived)))) == 2
        assert lived.traces() == []

    def test_what_an_lms_takes_long_for_leaves_no_word_behind(self, lived):
        """It may arrive: it had begun. What is kept of it names nobody, and nothing is sent again."""
        number = lived.user_id()

        def meanwhile(at):
            if at == "attempt-committed":
                lived.erase_number(number, wait=lambda seconds: None)

        lived.classroom.deliver(pause=meanwhile)
        assert lived.traces() == []
        assert lived.cells_of_ines() == [(DeliveryState.CONFIRMED,)]
        assert len(lived.rows(select(ScoreStatement.id).where(of(lived)))) == 2


@pytest.mark.long
class TestTheEvidence:
    def test_is_deleted_by_the_clock_at_its_date_and_not_before(self, lived):
        at = clock.now()
        lived.erase_number(lived.user_id(), at=at)
        evidence = (ScoreStatement, ScoreDelivery, GradeDecision, ContributionFact, AssessmentFact)
        others = [rows_of_others(lived, table) for table in evidence]
        for late, left in ((-1 / 86_400, True), (0, False)):
            with lived.app.app_context(), transaction():
                housekeeping.sweep(at + a_year_and(late))
            assert [bool(rows_of(lived, table)) for table in evidence] == [left] * len(evidence)
        assert [rows_of_others(lived, table) for table in evidence] == others
        assert lived.rows(select(User.evidence_until).where(User.erased_at.is_not(None))) == [(None,)]
        assert lived.posts_of(lived.ines)

    def test_can_be_recomputed_until_then(self, lived, tmp_path):
        lived.erase()
        file = tmp_path / "evidence.json"
        file.write_text(lived.classroom.trainer.get("grading/evidence.json").html, encoding="utf-8")
        members = {one["number"]: one for one in json.loads(file.read_text(encoding="utf-8"))["members"]}
        assert members[lived.ines]["name"] is None
        done = subprocess.run([sys.executable, SCRIPT, file], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.count("OK")) == (0, 2), done.stdout + done.stderr
