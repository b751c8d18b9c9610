"""The databases that tests are given."""

import pytest
import sqlalchemy


@pytest.fixture
def engine_for():
    """Returns a function that opens an engine, disposed of after the test."""
    engines = []

    def open_engine(address):
        engines.append(sqlalchemy.create_engine(address))
        return engines[-1]

    yield open_engine
    for engine in engines:
        engine.dispose()


class TestCopyingADatabase:
    def test_the_copy_has_the_content_and_a_life_of_its_own(self, databases, database_url, engine_for):
        original = databases.create("original")
        engine = engine_for(original)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE words (word VARCHAR(20))"))
            connection.execute(sqlalchemy.text("INSERT INTO words VALUES ('here')"))
        engine.dispose()

        copied = databases.copy(original, "copy")
        with engine_for(copied).begin() as connection:
            connection.execute(sqlalchemy.text("INSERT INTO words VALUES ('copied')"))

        count = sqlalchemy.text("SELECT count(*) FROM words")
        with engine_for(original).begin() as before, engine_for(copied).begin() as after:
            counts = before.execute(count).scalar(), after.execute(count).scalar()
        databases.drop(original)
        databases.drop(copied)
        assert counts == (1, 2)
        assert database_url not in (original, copied)
