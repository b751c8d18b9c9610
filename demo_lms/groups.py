"""Groups within the courses of the demo LMS, and the sets that they are in."""

from dataclasses import dataclass

from demo_lms.people import FRENCH_COURSE, PEOPLE


@dataclass(frozen=True)
class GroupSet:
    """Several groups made for one purpose."""

    id: str
    name: str


@dataclass(frozen=True)
class Group:
    """Some people of a course, by their subs. `hidden`: learners do not see it."""

    id: str
    name: str
    members: frozenset[str]
    set_ids: tuple[str, ...] = ()
    hidden: bool = False


def _subs(*keys: str) -> frozenset[str]:
    return frozenset(person.sub for person in PEOPLE if person.key in keys)


GROUP_SETS = {FRENCH_COURSE.id: (GroupSet("7", "Ateliers"),)}
GROUPS = {
    FRENCH_COURSE.id: (
        Group("21", "Atelier Lyon", _subs("ines", "karim", "awa", "thomas", "anonymous"), ("7",)),
        Group("22", "Atelier Nantes", _subs("lea", "julien", "hugo", "sophie"), ("7",)),
    )
}
"""By course id. Nadia is in no group, and the English course has none."""
