"""Who may do what: one table, role × act × state of the community, read by views, templates and tests.

A community may differ from it in what `OVERRIDABLE` names. That is a short list on purpose: nothing by which
a learner, sponsor or observer would do more or see more, nothing that grades, appoints, ends a membership or
moves the space; and never for trainers, so that whatever was decided can be taken back.
"""

from collections.abc import Mapping
from enum import StrEnum

from lti_tool.models import CommunityState, Role


class Act(StrEnum):
    """Something that a member may or may not do in a community."""

    READ = "read"
    READ_CHARTER = "charter.read"
    READ_SHARED = "shared.read"
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
    KEEP = "reading.keep"
    REACT = "reaction.give"
    ACCEPT_ANY = "answer.accept-any"
    ANNOUNCE = "post.announce"
    DECIDE_IDEA = "idea.decide"
    SEE_ALL_SUBGROUPS = "subgroups.see-all"
    ARRANGE = "space.arrange"
    DIVIDE = "space.divide"
    READ_AUDIT = "audit.read"
    REPORT = "moderation.report"
    MODERATE = "moderation.decide"
    MUTE = "members.mute"
    EXCLUDE = "members.exclude"
    LEAD_LIFE = "community.lead-life"
    SET_PERMISSIONS = "permissions.set"
    ARRANGE_COURSES = "courses.arrange"


LEARNER, TRAINER, LEAD = Role.LEARNER, Role.TRAINER, Role.PEDAGOGICAL_LEAD
MANAGER, GUEST = Role.COMMUNITY_MANAGER, Role.GUEST_EXPERT

# Observers have no act here: their room is the lobby, which every member may enter. Sponsors read no more
# than the charter says.
WHILE_OPEN: dict[Act, frozenset[Role]] = {
    Act.READ: frozenset({LEARNER, TRAINER, LEAD, MANAGER, GUEST}),
    Act.READ_CHARTER: frozenset({LEARNER, TRAINER, LEAD, MANAGER, GUEST, Role.SPONSOR}),
    # Contributions without who wrote them, as far as the charter opens them to sponsors (services/shared.py).
    Act.READ_SHARED: frozenset({Role.SPONSOR}),
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
    # To follow, mute, bookmark and mark as read: nobody else learns of it.
    Act.KEEP: frozenset({LEARNER, TRAINER, LEAD, MANAGER, GUEST}),
    Act.REACT: frozenset({LEARNER, TRAINER, LEAD, MANAGER, GUEST}),
    # To say which reply solved somebody else's question; its asker always may.
    Act.ACCEPT_ANY: frozenset({TRAINER}),
    Act.ANNOUNCE: frozenset({TRAINER, LEAD, MANAGER}),
    Act.DECIDE_IDEA: frozenset({TRAINER, LEAD, MANAGER}),
    # Who looks after the group reads the threads of its sub-groups, too; their pages say so.
    Act.SEE_ALL_SUBGROUPS: frozenset({TRAINER, LEAD, MANAGER}),
    # Topics, sub-groups, charter, how soon questions are answered, how much may be brought.
    Act.ARRANGE: frozenset({TRAINER, LEAD, MANAGER}),
    # Which groups of the course get a space of their own.
    Act.DIVIDE: frozenset({TRAINER, LEAD}),
    # Who did what; of what concerns grades those alone who may manage them.
    Act.READ_AUDIT: frozenset({TRAINER, LEAD, MANAGER}),
    # To ask that something be looked at; and to look at it, hide it and bring it back.
    Act.REPORT: frozenset({LEARNER, TRAINER, LEAD, MANAGER, GUEST}),
    Act.MODERATE: frozenset({TRAINER, LEAD, MANAGER}),
    # To let somebody read only, for a time; to end a membership.
    Act.MUTE: frozenset({TRAINER, LEAD, MANAGER}),
    Act.EXCLUDE: frozenset({TRAINER, LEAD}),
    # When it opens, closes, is archived and emptied: dates set in advance, and moves by hand.
    Act.LEAD_LIFE: frozenset({TRAINER, LEAD}),
    # In what this table is another one here. Not for those about whom it is decided.
    Act.SET_PERMISSIONS: frozenset({TRAINER, LEAD}),
    # Which courses meet here: by that other people come in, or go.
    Act.ARRANGE_COURSES: frozenset({TRAINER, LEAD}),
}

# What a community may decide otherwise, and about whom: in the order in which the page has it.
OVERRIDABLE: dict[Act, tuple[Role, ...]] = {
    Act.WRITE_POST: (GUEST,),
    Act.ACCEPT_ANY: (LEAD,),
    Act.ANNOUNCE: (MANAGER,),
    Act.DECIDE_IDEA: (MANAGER,),
    Act.SET_PROMPT: (MANAGER,),
    Act.SET_ZONE: (MANAGER,),
    Act.MUTE: (MANAGER,),
    Act.SEE_VISITS: (MANAGER,),
    Act.READ_AUDIT: (MANAGER,),
}
# As a community keeps it: act, role, whether they may. What it does not name is as the table says.
Overrides = Mapping[str, Mapping[str, bool]]

NOBODY: frozenset[Role] = frozenset()
# Before it opens, those who lead it have it to themselves.
LEADING = frozenset({TRAINER, LEAD, MANAGER})
STILL_WHEN_CLOSED = {
    Act.READ,
    Act.READ_CHARTER,
    Act.READ_SHARED,
    Act.PLACE_CONTENT,
    Act.SEE_OWN_GRADE,
    Act.MANAGE_GRADES,
    Act.APPOINT,
    Act.SEE_VISITS,
    Act.READ_ROSTER,
    Act.SEE_COMING_PROMPTS,
    Act.KEEP,
    Act.SEE_ALL_SUBGROUPS,
    Act.READ_AUDIT,
    # What is hurtful stays so after the last day.
    Act.REPORT,
    Act.MODERATE,
    Act.MUTE,
    Act.EXCLUDE,
    Act.LEAD_LIFE,
    Act.SET_PERMISSIONS,
}
# Nothing changes any more: no grade, no appointment, no list of the course.
STILL_WHEN_ARCHIVED = STILL_WHEN_CLOSED - {
    *(Act.PLACE_CONTENT, Act.MANAGE_GRADES, Act.APPOINT, Act.READ_ROSTER, Act.SET_PERMISSIONS),
}
STILL_WHEN_EMPTIED = {Act.READ_AUDIT}


def _narrowed(to_acts: set[Act]) -> dict[Act, frozenset[Role]]:
    return {act: roles if act in to_acts else NOBODY for act, roles in WHILE_OPEN.items()}


_BEFORE_IT_OPENS = {act: roles & LEADING for act, roles in WHILE_OPEN.items()}

# What somebody keeps who is muted: to read, and what concerns themselves.
STILL_WHEN_MUTED = frozenset(
    {Act.READ, Act.READ_CHARTER, Act.READ_SHARED, Act.KEEP, Act.SEE_OWN_GRADE, Act.REPORT}
)

TABLE: dict[CommunityState, dict[Act, frozenset[Role]]] = {
    CommunityState.DRAFT: _BEFORE_IT_OPENS,
    CommunityState.PREPARING: _BEFORE_IT_OPENS,
    CommunityState.OPEN: WHILE_OPEN,
    CommunityState.CLOSED: _narrowed(STILL_WHEN_CLOSED),
    CommunityState.ARCHIVED: _narrowed(STILL_WHEN_ARCHIVED),
    CommunityState.PURGING: _narrowed(STILL_WHEN_EMPTIED),
    CommunityState.PURGED: _narrowed(STILL_WHEN_EMPTIED),
}

_BEFOREHAND = frozenset({CommunityState.DRAFT, CommunityState.PREPARING})
# Which acts there are at all in a state, for some role.
_ACTS_IN = {state: frozenset(act for act, roles in acts.items() if roles) for state, acts in TABLE.items()}


def by_default(role: Role, act: Act) -> bool:
    """Tell whether somebody in this role may do this act in an open community that decided nothing."""
    return role in WHILE_OPEN[act]


def decided(role: Role, act: Act, overrides: Overrides | None) -> bool | None:
    """Return what a community decided about this role and act; None: nothing, or nothing that it could."""
    if not overrides or role not in OVERRIDABLE.get(act, ()):
        return None
    said = overrides.get(act.value, {}).get(role.value)
    return said if isinstance(said, bool) else None


def allows(role: Role, act: Act, state: CommunityState, overrides: Overrides | None = None) -> bool:
    """Tell whether somebody in this role may do this act while the community is in this state.

    :param overrides: in what this community differs from the table.
    """
    said = decided(role, act, overrides)
    if said is None:
        return role in TABLE[state][act]
    if state in _BEFOREHAND:
        return said and role in LEADING
    return said and act in _ACTS_IN[state]


def roles_that_may(act: Act, state: CommunityState, overrides: Overrides | None = None) -> list[Role]:
    """Return the roles that may, in the order of the Role enumeration."""
    return [role for role in Role if allows(role, act, state, overrides)]


def who_may(act: Act, state: CommunityState, overrides: Overrides | None = None) -> list[str]:
    """Return the roles that may by their words, for the sentence of a refusal."""
    return [role.value for role in roles_that_may(act, state, overrides)]
