"""Who may do what: one table, role × act × state of the community, read by views, templates and tests."""

from enum import StrEnum

from lti_tool.models import CommunityState, Role


class Act(StrEnum):
    """Something that a member may or may not do in a community."""

    READ = "read"
    WRITE_POST = "post.write"
    WRITE_COMMENT = "comment.write"
    SEE_OWN_GRADE = "grading.own"
    MANAGE_GRADES = "grading.manage"
    APPOINT = "members.appoint"
    SEE_VISITS = "members.see-visits"
    READ_ROSTER = "members.read-roster"
    SET_ZONE = "community.set-zone"
    PLACE_CONTENT = "content.place"
    SET_PROMPT = "prompts.set"
    SEE_COMING_PROMPTS = "prompts.see-coming"


LEARNER, TRAINER, LEAD = Role.LEARNER, Role.TRAINER, Role.PEDAGOGICAL_LEAD
MANAGER, GUEST = Role.COMMUNITY_MANAGER, Role.GUEST_EXPERT

# Observers and sponsors have no act here: their rooms are the lobby, which every member may enter.
WHILE_OPEN: dict[Act, frozenset[Role]] = {
    Act.READ: frozenset({LEARNER, TRAINER, LEAD, MANAGER, GUEST}),
    Act.WRITE_POST: frozenset({LEARNER, TRAINER, LEAD, MANAGER}),
    Act.WRITE_COMMENT: frozenset({LEARNER, TRAINER, LEAD, MANAGER, GUEST}),
    Act.SEE_OWN_GRADE: frozenset({LEARNER, MANAGER}),
    Act.MANAGE_GRADES: frozenset({TRAINER}),
    Act.APPOINT: frozenset({TRAINER, LEAD}),
    # When somebody was last here concerns those who look after the group, not their peers.
    Act.SEE_VISITS: frozenset({TRAINER, LEAD, MANAGER}),
    # To have the course's list read, and to decide on one that would end many enrolments.
    Act.READ_ROSTER: frozenset({TRAINER, LEAD}),
    Act.SET_ZONE: frozenset({TRAINER, LEAD}),
    # What the LMS lets staff choose from when they add an activity to the course.
    Act.PLACE_CONTENT: frozenset({TRAINER, LEAD}),
    Act.SET_PROMPT: frozenset({TRAINER, LEAD, MANAGER}),
    # What will be asked is not told before it opens.
    Act.SEE_COMING_PROMPTS: frozenset({TRAINER, LEAD, MANAGER}),
}

NOBODY: frozenset[Role] = frozenset()
STILL_WHEN_CLOSED = {
    Act.READ,
    Act.PLACE_CONTENT,
    Act.SEE_OWN_GRADE,
    Act.MANAGE_GRADES,
    Act.APPOINT,
    Act.SEE_VISITS,
    Act.READ_ROSTER,
    Act.SEE_COMING_PROMPTS,
}

TABLE: dict[CommunityState, dict[Act, frozenset[Role]]] = {
    CommunityState.OPEN: WHILE_OPEN,
    CommunityState.CLOSED: {
        act: roles if act in STILL_WHEN_CLOSED else NOBODY for act, roles in WHILE_OPEN.items()
    },
}


def allows(role: Role, act: Act, state: CommunityState) -> bool:
    """Tell whether somebody in this role may do this act while the community is in this state."""
    return role in TABLE[state][act]


def who_may(act: Act, state: CommunityState) -> list[str]:
    """Return the roles that may, in the order of the Role enumeration, for the sentence of a refusal."""
    return [role.value for role in Role if role in TABLE[state][act]]
