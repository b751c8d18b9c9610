"""The member on whose behalf something is done."""

from dataclasses import dataclass

from lti_tool.errors import CommunityClosed, NotAllowed
from lti_tool.models import Community, CommunityState, Membership, Role, User
from lti_tool.permissions import Act, allows, who_may


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

    @property
    def id(self) -> int:
        return self.membership.id

    def may(self, act: Act) -> bool:
        """Tell whether the permissions table lets this member do the act now."""
        return allows(self.role, act, self.community.state)

    def must(self, act: Act) -> None:
        """Refuse the act unless it is allowed.

        :raises NotAllowed: naming the roles that may.
        :raises CommunityClosed: when only the closing of the community stands in the way.
        """
        if self.may(act):
            return
        if allows(self.role, act, CommunityState.OPEN):
            raise CommunityClosed()
        raise NotAllowed(who=who_may(act, CommunityState.OPEN), act=act.value)
