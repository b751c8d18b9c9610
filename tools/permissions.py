"""Writes docs/permissions.md: who may do what, from the table that the application asks.

`python -m tools.permissions`; a test says when it was forgotten. The second part lists the addresses with who
gets an answer there: the very table that the walk over the URL map tries with somebody in every role.
"""

from pathlib import Path

from lti_tool.models import CommunityState, Role
from lti_tool.permissions import OVERRIDABLE, STILL_WHEN_MUTED, WHILE_OPEN, Act, roles_that_may

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "permissions.md"

ROLES = {
    Role.LEARNER: "learner",
    Role.TRAINER: "trainer",
    Role.PEDAGOGICAL_LEAD: "pedagogical lead",
    Role.COMMUNITY_MANAGER: "community manager",
    Role.GUEST_EXPERT: "guest expert",
    Role.SPONSOR: "sponsor",
    Role.OBSERVER: "observer",
}
ACTS = {
    Act.READ: "read contributions, members, topics",
    Act.READ_CHARTER: "read the charter",
    Act.READ_SHARED: "read contributions without names, where the charter opens them",
    Act.WRITE_POST: "write a contribution",
    Act.WRITE_COMMENT: "reply",
    Act.SEE_OWN_GRADE: "see the own score, with every line of it",
    Act.MANAGE_GRADES: "see and change scores, rules and columns; send them",
    Act.APPOINT: "appoint and dismiss",
    Act.SEE_VISITS: "see when somebody was last here",
    Act.READ_ROSTER: "have the list of the course read, and decide about it",
    Act.SET_ZONE: "set the time zone",
    Act.PLACE_CONTENT: "add the space or prompts to the course",
    Act.SET_PROMPT: "set prompts",
    Act.SEE_COMING_PROMPTS: "see prompts that have not opened",
    Act.KEEP: "follow, mute, bookmark, keep drafts",
    Act.REACT: "thank, vote, recognise help",
    Act.ACCEPT_ANY: "say which reply solved the question of somebody else",
    Act.ANNOUNCE: "write announcements",
    Act.DECIDE_IDEA: "say what becomes of an idea",
    Act.SEE_ALL_SUBGROUPS: "read the threads of every sub-group",
    Act.ARRANGE: "arrange topics, sub-groups, charter and settings",
    Act.DIVIDE: "give groups of the course spaces of their own",
    Act.READ_AUDIT: "read the audit log; what concerns scores, trainers alone",
    Act.REPORT: "report a contribution",
    Act.MODERATE: "look at what was reported, hide it and bring it back, lock a thread",
    Act.MUTE: "let somebody read only, for a time",
    Act.EXCLUDE: "end a membership, and let somebody in again",
    Act.LEAD_LIFE: "open, close, archive and empty the space",
    Act.SET_PERMISSIONS: "decide in what the space differs from this table (⇄)",
    Act.ARRANGE_COURSES: "bring other courses in, let one go its own way, agree that one joins another space",
}
STATES = {
    CommunityState.PREPARING: "Before it opens (draft, preparing)",
    CommunityState.CLOSED: "Closed",
    CommunityState.ARCHIVED: "Archived",
    CommunityState.PURGED: "Emptied",
}
HEAD = """# Who may do what

Written by `python -m tools.permissions` from `permissions.TABLE`, the one table that pages, forms and
templates ask; do not edit it by hand. Tests try every address below with somebody in every role, with
outsiders, suspended members and people of another community.

An observer and a sponsor have a page of their own (*lobby*) and what is theirs alone: preferences, help,
*My data*.

A space may differ from this table where it has ⇄, and nowhere else: those who may decide it find *Who may
do what* in its settings, with what differs. Nothing by which learners, sponsors or observers could do or see
more is among it, nor anything that grades, appoints, ends a membership or moves the space.

## While the space is open

"""


def page() -> str:
    """Return the Markdown of the document."""
    return "\n".join([HEAD + _open_table(), _other_states(), _muted(), _addresses()])


def _open_table() -> str:
    lines = ["| | " + " | ".join(ROLES.values()) + " |", "|---|" + "---|" * len(ROLES)]
    for act, words in ACTS.items():
        lines.append(f"| {words} | " + " | ".join(_mark(act, role) for role in ROLES) + " |")
    return "\n".join(lines) + "\n"


def _mark(act: Act, role: Role) -> str:
    """Say whether a role may, and whether a space may decide it otherwise."""
    marks = ("●" if role in WHILE_OPEN[act] else "", "⇄" if role in OVERRIDABLE.get(act, ()) else "")
    return " ".join(filter(None, marks))


def _other_states() -> str:
    parts = []
    for state, title in STATES.items():
        lines = [f"## {title}", ""]
        for act, words in ACTS.items():
            roles = [ROLES[role] for role in roles_that_may(act, state)]
            if roles:
                lines.append(f"- {words}: {', '.join(roles)}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _muted() -> str:
    still = [f"- {words}" for act, words in ACTS.items() if act in STILL_WHEN_MUTED]
    return "\n".join(["## Who is muted still may, in their role", "", *still]) + "\n"


def _addresses() -> str:
    from tests.functional.test_url_map import EVERYBODY, INSIDE

    lines = [
        "## Addresses of the space, below `/communities/<number>/`",
        "",
        "Who gets an answer there; everybody else is told who may.",
        "",
        "| method | address | for |",
        "|---|---|---|",
    ]
    for (_, method), inside in sorted(INSIDE.items(), key=lambda one: (one[1].below, one[0][1])):
        address = inside.below.partition("?")[0] or "(home)"
        named = [words for role, words in ROLES.items() if role in inside.who]
        whom = "everybody" if inside.who == EVERYBODY else ", ".join(named)
        lines.append(f"| {method} | `{address}` | {whom} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    DOCUMENT.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
