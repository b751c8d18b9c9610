"""`make bench` runs by hand and takes minutes: what it measures with must at least be there."""

import pytest

from benchmarks.__main__ import SUBJECTS


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_every_subject_can_be_measured(subject):
    assert callable(subject.figures)
