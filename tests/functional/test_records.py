"""What is written about launches and failures: enough to help, nothing personal, and not for ever."""

import logging
from datetime import timedelta

from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import LaunchRecord
from lti_tool.services import housekeeping
from lti_tool.transactions import transaction
from tests.functional.launches import launch_with, records, setting


class TestTheLaunchLog:
    def test_keeps_only_names_of_claims_of_unusual_size(self, world):
        endless = setting(custom={f"name{number}": "x" * 90 for number in range(900)}, version="9.9")
        launch_with(world.browser("ines"), endless)
        assert len(str(records(world)[-1].claims)) < 8_000

    def test_forgets_refusals_after_a_month_and_launches_after_half_a_year(self, world):
        world.enter("ines")
        launch_with(world.browser("ines"), setting(version="9.9"))
        for days, left in ((29, {"refused", "admitted"}), (31, {"admitted"}), (181, set())):
            with world.app.app_context(), transaction():
                housekeeping.sweep(clock.now() + timedelta(days=days))
            with world.database() as session:
                assert set(session.scalars(select(LaunchRecord.outcome))) == left


class TestTheServersLog:
    def test_never_holds_what_somebody_wrote(self, world, monkeypatch, caplog):
        home = world.enter("ines")
        token = home.get("posts/new").seat_token
        # A row that the database refuses: its values stand in the error that is logged.
        # A row that cannot be stored: its values would stand in the error that is logged.
        monkeypatch.setattr("lti_tool.services.posts._just_written", lambda *_: None)
        monkeypatch.setattr("lti_tool.services.posts.PostKind", lambda kind: "no-such-kind")
        with caplog.at_level(logging.ERROR):
            page = home.post(
                "posts", kind="question", title="Private", body="A private thing", seat_token=token
            )
        assert page.status == 500
        assert "INSERT INTO post" in caplog.text
        assert "A private thing" not in caplog.text


class TestAChoiceOfLanguage:
    def test_leads_back_to_the_same_page_for_the_same_seat(self, world):
        home = world.enter("ines")
        page = home.post(
            "preferences/language", follow=False, language="fr", next=f"{home.community}members?x=1"
        )
        assert page.response.location == f"{home.community}members?seat={home.seat}"

    def test_never_leads_out_of_the_community(self, world):
        home = world.enter("ines")
        for elsewhere in ("https://evil.example/", "//evil.example/communities/1/", "/lti/login", "\\\\evil"):
            page = home.post("preferences/language", follow=False, language="fr", next=elsewhere)
            assert page.response.location.startswith(home.community)


class TestAStudentViewOfTheLms:
    def test_is_marked_wherever_it_writes(self, world):
        written = world.enter("testuser").post(
            "posts", kind="question", title="Only a try", body="Does this work?"
        )
        thread = world.enter("ines").get(written.path.partition("?")[0].removeprefix(written.community))
        assert "vue « étudiant » de la plateforme" in thread.text
