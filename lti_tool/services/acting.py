"""The member on whose behalf something is done."""

from dataclasses import dataclass
from datetime import datetime

from lti_tool.errors import CommunityClosed, NotAllowed
from lti_tool.models import Community, CommunityState, Membership, Role, User
from lti_tool.permissions import STILL_WHEN_MUTED, Act, allows, who_may

_CLOSED_BECAUSE = {
    CommunityState.DRAFT: "community-not-open",
    CommunityState.PREPARING: "community-not-open",
    CommunityState.ARCHIVED: "community-archived",
    CommunityState.PURGING: "community-emptied",
    CommunityState.PURGED: "community-emptied",
}


@dataclass(frozen=True)
class ActingMember:
    """Who asks, in which community, in which role (the one in force for the seat the page was made for)."""

    membership: Membership
    user: User
    community: Community
    role: Role
    scored: bool  # a learner by enrolment with no staff role beside it, not a test user
    seat_id: int | None = None
    course_id: int | None = None
    lms_administrator: bool = False  # launched as one: may look at the health of the connection
    whole_course_id: int | None = None  # of a divided course, in whichever of its spaces; None: it is not
    muted_until: datetime | None = None  # until when staff let them read only; None: they do not

    @property
    def id(self) -> int:
        return self.membership.id

    @property
    def is_in_part(self) -> bool:
        """Whether this is the space of a group, and not that of its course."""
        return self.whole_course_id is not None and self.whole_course_id != self.course_id

    def may(self, act: Act) -> bool:
        """Tell whether the permissions of their community let this member do the act now, unless muted."""
        return self._may_while_muted(act) and self._allowed(act, self.community.state)

    def _allowed(self, act: Act, state: CommunityState) -> bool:
        return allows(self.role, act, state, self.community.permission_overrides)

    def _may_while_muted(self, act: Act) -> bool:
        return self.muted_until is None or act in STILL_WHEN_MUTED

    def must_not_be_muted(self) -> None:
        """Refuse what others would read, though no act of the table stands for it.

        :raises NotAllowed: `muted`.
        """
        if self.muted_until is not None:
            raise NotAllowed("muted")

    def must(self, act: Act) -> None:
        """Refuse the act unless it is allowed.

        :raises NotAllowed: naming the roles that may; or that the member is muted.
        :raises CommunityClosed: when only the state of the community stands in the way.
        """
        if self.may(act):
            return
        if not self._may_while_muted(act) and self._allowed(act, self.community.state):
            raise NotAllowed("muted", act=act.value)
        if self._allowed(act, CommunityState.OPEN):
            raise CommunityClosed(_CLOSED_BECAUSE.get(self.community.state), opens_at=self.community.opens_at)
        who = who_may(act, CommunityState.OPEN, self.community.permission_overrides)
        raise NotAllowed(who=who, act=act.value)
