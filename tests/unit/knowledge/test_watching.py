"""Words that are watched for: whole, whatever their case and accents."""

import pytest

from lti_tool.knowledge.watching import MOST, found_in, phrases_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("un bon conseil", []),
        ("Quel CON.", ["con"]),
        ("con", ["con"]),
        ("(con)", ["con"]),
        ("Très  bête\net méchant", ["très bete"]),
        ("tres bete", ["très bete"]),
        ("c++ is fine", ["c++"]),
        ("", []),
    ],
)
def test_a_phrase_is_found_as_a_whole(text, found):
    assert found_in([text], ["con", "très bete", "c++"]) == found


def test_they_are_looked_for_in_every_text():
    assert found_in(["a", "b"], ["b", "a"]) == ["b", "a"]


def test_each_stands_once_as_it_was_written_and_empty_lines_count_for_nothing():
    assert phrases_of("  Un   mot \n\nun mot\nAutre") == ["Un mot", "Autre"]
    assert phrases_of(None) == []
    assert len(phrases_of("\n".join(map(str, range(MOST + 50))))) == MOST
