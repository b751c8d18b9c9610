"""How the samples keep texts: as the lines of them, which a person can read and correct."""

from collections.abc import Sequence


def text(lines: Sequence[str]) -> str:
    """Join the lines of a text."""
    return "\n".join(lines)
