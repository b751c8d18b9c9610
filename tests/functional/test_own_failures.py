"""When the tool itself fails, a calm page says so, keeps what was typed on it, and stays in its frame."""

from sqlalchemy import event

from lti_tool.extensions import db


class TestADatabaseThatGoesAway:
    def test_the_page_still_comes_with_the_text_and_in_its_frame(self, world):
        home = world.enter("ines")
        token = home.get("posts/new").seat_token
        with world.app.app_context():
            engine = db.engine

        def refuse(*_args):
            raise OSError("the database is gone")

        def refuse_after_admission(connection, cursor, statement, *rest):
            if "post" in statement.lower().split("from")[-1] and "browser_session" not in statement:
                refuse()

        event.listen(engine, "before_cursor_execute", refuse_after_admission)
        try:
            page = home.browser.post(
                f"{home.community}posts?seat={home.seat}",
                {"seat_token": token, "kind": "question", "title": "Kept title", "body": "Kept words"},
                follow=False,
            )
        finally:
            event.remove(engine, "before_cursor_execute", refuse_after_admission)
        assert page.status == 500
        assert "Kept words" in page.text
        assert world.lms.settings.issuer in page.response.headers["Content-Security-Policy"]
