"""Text as people look for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.knowledge.folding import MARKED, PLAIN, folded


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Émile", "emile"),
        ("LEFÈVRE", "lefevre"),
        ("Žižek", "zizek"),
        ("Nguyễn", "nguyen"),
        ("Œuvrard", "œuvrard"),
        ("Sørensen", "sørensen"),
        ("Straße", "straße"),
        ("İpek", "ipek"),
        ("Αθηνά", "αθηνά"),
        ("e\u0301mile", "emile"),
        ("", ""),
    ],
)
def test_folds(text, plain):
    assert folded(text) == plain


@given(st.text())
def test_twice_changes_nothing(text):
    assert folded(folded(text)) == folded(text)


def test_the_two_strings_go_together():
    assert len(MARKED) == len(PLAIN) == len(set(MARKED))
    assert not set(MARKED) & set(PLAIN)
