"""Which origins may frame the pages for people of one platform: its own, and what was learned or decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, literal

from lti_tool.lti import addresses

# A header has to carry them all.
MOST = 30
_REFUSED = "!"


@dataclass(frozen=True)
class Frames:
    """Who may frame the answers to a launch, and which of them nobody had named before."""

    origins: tuple[str, ...]
    learned: tuple[str, ...]


def written(origin: ColumnElement[str], allowed: ColumnElement[bool]) -> ColumnElement[str]:
    """An origin as one word of a text that `decided` reads: an origin holds neither space nor `!`."""
    return case((allowed, literal("")), else_=literal(_REFUSED)) + origin


def decided(text: str | None) -> dict[str, bool]:
    """Which origins are known of a platform, and whether each may frame."""
    words = (text or "").split()
    return {word.removeprefix(_REFUSED): not word.startswith(_REFUSED) for word in words}


def of_launch(registered: Iterable[object], named: Iterable[object], known: Mapping[str, bool]) -> Frames:
    """Who may frame, by the addresses of the registration, those that the launch names, and what is known.

    What the registration itself says always may: the LMS's own pages stand there. What a signed launch names
    may as well, unless an administrator said no.
    """
    own = addresses.origins(registered)
    found = addresses.origins(named)
    may = (*own, *(one for one in found if known.get(one, True)), *(one for one in known if known[one]))
    news = tuple(one for one in found if one not in own and one not in known)
    return Frames(tuple(dict.fromkeys(may))[:MOST], news if len(known) < MOST else ())
