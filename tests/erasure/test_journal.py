"""The journal of erasures: written first, kept apart, and brought to its end whatever died in between."""

import threading

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import delete, func, select

from lti_tool import clock
from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.lti import keys
from lti_tool.models import AuditEntry, Erasure, ErasureKey, Platform, User
from lti_tool.services import diagnosis_erasures, erasure_journal, platforms, succession
from lti_tool.services.erasure_journal import JournalUnusable
from lti_tool.services.findings import Level
from lti_tool.services.platforms import Registration
from lti_tool.transactions import reading, transaction
from tests.backup.copies import beside, copy, restored
from tests.support.world import TOOL

ERASED = select(func.count(AuditEntry.id)).where(AuditEntry.act == "person.erased")
STEPS = ("journal-opened", "journal-written", "signed-out", "about-to-commit")


class Killed(Exception):
    pass


def dying_at(step):
    def pause(at):
        if at == step:
            raise Killed

    return pause


def finding(app):
    with app.app_context(), reading():
        (found,) = diagnosis_erasures.erasures()
    return found


def folder_of(visited):
    return visited.app.extensions["settings"].storage_dir / "erasures"


def lines(visited) -> list[str]:
    return sorted(file.name for file in folder_of(visited).iterdir() if file.name != "key")


class TestDying:
    @pytest.mark.parametrize("step", STEPS)
    def test_between_two_steps_leaves_what_an_upgrade_brings_to_its_end(self, visited, step):
        with pytest.raises(Killed):
            visited.erase(pause=dying_at(step))
        assert visited.traces() != []
        known = STEPS.index(step) > 0
        assert len(lines(visited)) == known

        assert finding(visited.app).level is (Level.WRONG if known else Level.WELL)
        assert visited.replay() == known
        assert (visited.traces() == []) is known
        assert visited.rows(ERASED) == [(int(known),)]
        assert finding(visited.app).level is Level.WELL
        assert visited.replay() == 0

    def test_and_begun_again_it_is_the_same_erasure(self, visited):
        with pytest.raises(Killed):
            visited.erase(pause=dying_at("signed-out"))
        (line,) = lines(visited)
        written = (folder_of(visited) / line).read_text()
        assert visited.erase()
        assert lines(visited) == [line] and (folder_of(visited) / line).read_text() == written
        ((erased_at,),) = visited.rows(select(User.erased_at).where(User.erased_at.is_not(None)))
        assert erased_at.isoformat() == written


class TestErasingTwice:
    def test_changes_nothing_the_second_time(self, visited):
        number = visited.user_id()
        assert visited.erase_number(number)
        before = visited.rows(select(User.sub, User.erased_at, User.evidence_until).where(User.id == number))
        assert not visited.erase_number(number)
        assert (
            visited.rows(select(User.sub, User.erased_at, User.evidence_until).where(User.id == number))
            == before
        )
        assert visited.rows(ERASED) == [(1,)]

    def test_at_once_is_done_once(self, visited):
        number, both = visited.user_id(), threading.Barrier(2, timeout=20)
        outcomes = []

        def meet(at):
            if at == "journal-opened":
                both.wait()

        def erase():
            outcomes.append(visited.erase_number(number, pause=meet))

        threads = [threading.Thread(target=erase) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == [False, True]
        assert (visited.rows(ERASED), len(lines(visited))) == ([(1,)], 1)
        assert visited.traces() == []

    def test_of_nobody_is_refused(self, visited):
        with pytest.raises(NotFound):
            visited.erase_number(4711)


class TestAnOlderDatabase:
    def test_that_is_restored_is_erased_again_by_the_upgrade(self, visited, databases, tmp_path):
        file = tmp_path / "monday"
        copy(visited.app, file)
        visited.erase()
        folder = visited.app.extensions["settings"].var_dir
        with restored(file, databases, folder) as app:
            visited.classroom.world = visited.world = beside(visited.world, app)
            assert visited.traces() == []
            assert visited.rows(ERASED) == [(1,)]
            assert finding(app).level is Level.WELL

    def test_of_a_copy_made_after_she_had_come_again_leaves_her(self, visited):
        visited.erase()
        home = visited.world.enter("ines")
        assert home.status == 200
        assert (visited.replay(), finding(visited.app).level) == (0, Level.WELL)
        assert visited.user_id()

    def test_she_may_be_erased_again_then(self, visited):
        visited.erase()
        visited.world.enter("ines")
        assert visited.erase()
        assert visited.traces() == []
        assert (len(lines(visited)), visited.rows(ERASED)) == (1, [(2,)])

    def test_one_without_the_journal_gets_it_from_the_folder_and_the_folder_from_it(self, visited):
        visited.erase()
        there = lines(visited)
        with visited.app.app_context(), transaction():
            for table in (Erasure, ErasureKey):
                db.session.execute(delete(table))
        assert finding(visited.app).level is Level.WARNING
        visited.replay()
        assert [row[0] for row in visited.rows(select(Erasure.person_hash))] == there
        for file in folder_of(visited).iterdir():
            file.unlink()
        assert finding(visited.app).level is Level.WARNING
        visited.replay()
        assert lines(visited) == there
        assert finding(visited.app).level is Level.WELL
        assert (folder_of(visited) / "key").stat().st_mode & 0o077 == 0


class TestTheKey:
    def test_is_encrypted_and_never_another_one(self, visited):
        with visited.app.app_context(), transaction():
            first = erasure_journal.opened()
        with visited.app.app_context(), transaction():
            assert erasure_journal.opened() == first
            assert first.key.decode() not in db.session.scalar(select(ErasureKey.key_encrypted))

    def test_of_another_database_is_told_and_nothing_is_erased(self, visited):
        with visited.app.app_context(), transaction():
            erasure_journal.opened()
        with visited.app.app_context():
            foreign = keys.encrypted("of another tool")
        (folder_of(visited) / "key").write_text(foreign)
        with pytest.raises(JournalUnusable):
            visited.erase()
        assert visited.traces() != []
        assert "another database" in finding(visited.app).sentence

    def test_that_no_key_opens_is_told(self, visited):
        with visited.app.app_context(), transaction():
            erasure_journal.opened()
        closed = Fernet(Fernet.generate_key()).encrypt(b"something").decode()
        visited.change(ErasureKey, ErasureKey.id == 1, key_encrypted=closed)
        assert finding(visited.app).level is Level.WRONG
        with pytest.raises(JournalUnusable):
            visited.erase()

    def test_a_damaged_line_is_told(self, visited):
        visited.erase()
        (folder_of(visited) / lines(visited)[0]).write_text("yesterday")
        assert "damaged" in finding(visited.app).sentence


class TestARegistrationThatTookThePlaceOfAnother:
    @pytest.fixture
    def succeeded(self, visited):
        """The LMS is registered anew; `join` lets the new registration take the place of the first."""

        def join():
            with visited.app.app_context(), transaction():
                first = db.session.get(Platform, visited.world.platform_id)
                addresses = {name: getattr(first, name) for name in ("auth_url", "token_url", "jwks_url")}
                deployment = visited.world.lms.settings.deployment_id
                anew = Registration("Anew", first.issuer, "anew", deployment_ids=(deployment,), **addresses)
                second = platforms.add(anew, None, TOOL, clock.now())
                succession.succeed(first.id, second.id, None, clock.now())
                return second.id

        return join

    def barred(self, visited, platform_id):
        with visited.app.app_context(), reading():
            return erasure_journal.barred(platform_id, ["u-ines", "u-karim"])

    def test_bars_whom_the_first_one_knew(self, visited, succeeded):
        visited.erase()
        second = succeeded()
        assert self.barred(visited, second) == {"u-ines"}
        assert self.barred(visited, visited.world.platform_id) == {"u-ines"}

    def test_knows_her_in_a_copy_from_before_and_from_after(self, visited, succeeded):
        number = visited.user_id()
        second = succeeded()
        with visited.app.app_context(), reading():
            known = erasure_journal.identities_of(db.session.get(User, number))
        assert {one.client_id for one in known} == {"anew", visited.world.lms.settings.client_id}
        visited.erase_number(number)
        assert len(lines(visited)) == 2
        assert self.barred(visited, second) == {"u-ines"}

    def test_another_registration_of_its_own_is_another_person(self, visited):
        with visited.app.app_context(), transaction():
            first = db.session.get(Platform, visited.world.platform_id)
            addresses = {name: getattr(first, name) for name in ("auth_url", "token_url", "jwks_url")}
            apart = platforms.add(
                Registration("Apart", first.issuer, "apart", **addresses), None, TOOL, clock.now()
            )
            person = User(platform_id=apart.id, sub="u-ines", name="The same name", created_at=clock.now())
            db.session.add(person)
            db.session.flush()
            number = person.id
        visited.erase_number(
            visited.rows(
                select(User.id).where(User.sub == "u-ines", User.platform_id == visited.world.platform_id)
            )[0][0]
        )
        assert visited.replay() == 0
        assert visited.rows(select(User.name).where(User.id == number)) == [("The same name",)]
        assert self.barred(visited, apart.id) == set()
