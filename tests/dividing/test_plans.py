"""What dividing, landing and bringing into line ask of the database stands on an index."""

from sqlalchemy import event

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.services import parts
from lti_tool.transactions import transaction
from tests.functional.filling import fill
from tests.functional.test_plans import PREPARED, forget_earlier_tests
from tests.rosters.test_plans import LOOKS, is_fine


def test_no_statement_scans_a_table_that_grows(course):
    fill(course.world, members=20, posts=1, comments=1)
    course.divide("lyon")
    fields, lyon = course.chosen("nantes"), course.part("lyon").id
    sent: dict[str, object] = {}

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.lstrip().upper().startswith(LOOKS) and not executemany:
            sent.setdefault(statement, parameters)

    with course.world.app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            course.trainer.get("spaces")
            seen = course.trainer.post("spaces/preview", **fields).soup.select_one("input[name=seen]")
            assert course.trainer.post("spaces", seen=seen["value"], **fields).status == 200
            course.trainer.post(f"spaces/{lyon}/enter")
            course.trainer.post(f"spaces/{lyon}/close")
            course.trainer.post(f"spaces/{lyon}/open")
            course.world.enter("ines").get("")
            course.world.enter("claire").get("")
            parts.align_all(clock.now, transaction)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        forget_earlier_tests()
        connection = db.session.connection()
        scans = PREPARED[connection.dialect.name](connection)
        ours = {one: values for one, values in sent.items() if "course" in one}
        found = {" ".join(one.split()): scans(connection, one, values) for one, values in ours.items()}
        db.session.rollback()
    scanned = {one: steps for one, steps in found.items() if any(not is_known(one, step) for step in steps)}
    assert len(found) > 10
    assert not scanned, "\n".join(f"{steps}: {statement}" for statement, steps in scanned.items())


def is_known(statement: str, step: str) -> bool:
    """Tell what only looks like a scan: each link of a course is made or renewed under a key of its own.

    The clock asks for the divided courses on an index that has no others. Where the parts are given by their
    numbers, PostgreSQL may go through the courses, which it is told here are a page.
    """
    divided = statement.startswith("SELECT course.id FROM course WHERE course.divided")
    by_number = "course.id IN (" in statement and step.endswith(" course")
    return (
        is_fine(statement, step) or divided or by_number or statement.startswith("INSERT INTO resource_link")
    )
