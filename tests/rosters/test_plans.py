"""What reading and taking over a roster asks of the database stands on an index."""

from sqlalchemy import event

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.services import rosters
from lti_tool.transactions import transaction
from tests.functional.filling import fill
from tests.functional.test_plans import PREPARED, forget_earlier_tests

LOOKS = ("SELECT", "WITH", "UPDATE", "DELETE", "INSERT")


def test_of_a_reading_no_statement_scans_a_table_that_grows(course):
    course.lms.quirks.roster_page_size = 4
    course.read()
    fill(course.world, members=20, posts=1, comments=1)
    course.lms.leave("ines", "2")
    sent: dict[str, object] = {}

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.lstrip().upper().startswith(LOOKS) and not executemany:
            sent.setdefault(statement, parameters)

    course.ask()
    with course.world.app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            rosters.read_due_rosters(clock.now, transaction)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        forget_earlier_tests()
        connection = db.session.connection()
        scans = PREPARED[connection.dialect.name](connection)
        found = {" ".join(one.split()): scans(connection, one, values) for one, values in sent.items()}
        db.session.rollback()
    scanned = {one: steps for one, steps in found.items() if any(not is_fine(one, step) for step in steps)}
    assert len(found) > 10
    assert not scanned, "\n".join(f"{steps}: {statement}" for statement, steps in scanned.items())


def is_fine(statement: str, step: str) -> bool:
    """Tell whether a step only looks like a scan of a table that grows.

    SQLite lists the foreign key of a membership to another one, which an insertion does not follow; for a
    claim PostgreSQL may begin with the courses, which are few beside what a table of a million rows is.
    """
    key_of_its_own = statement.startswith("INSERT INTO membership") and step == "SCAN membership"
    return key_of_its_own or (statement.startswith("WITH picked") and step.endswith("course"))
