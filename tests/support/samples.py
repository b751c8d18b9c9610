"""Of many inputs that one rule refuses alike, a few in the gate and all in the long run."""

import pytest


def samples(*inputs, gate: int = 2) -> list:
    """Return the inputs as parameters of a test (of a tuple, several); those after the first few are long."""
    kept_for_later = [() if place < gate else pytest.mark.long for place in range(len(inputs))]
    return [
        pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=marks)
        for one, marks in zip(inputs, kept_for_later, strict=True)
    ]
