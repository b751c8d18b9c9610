"""The tables, one subject per file."""

from lti_tool.models.assessment import (
    AssessmentFact,
    Decision,
    Feedback,
    GradeDecision,
    Prompt,
    RunningScore,
    ScoreQuestion,
)
from lti_tool.models.audit import AuditEntry, LaunchRecord
from lti_tool.models.community import Community, CommunityState, Course, Organisation, Period, ResourceLink
from lti_tool.models.contribution import Change, Comment, ContributionFact, KeptText, Post, PostKind, Revision
from lti_tool.models.erasure import Erasure, ErasureKey
from lti_tool.models.grade import (
    ColumnKind,
    DeliveryState,
    GradeColumn,
    GradingPolicy,
    LineItem,
    LineItemState,
    ScoreDelivery,
    ScoreStatement,
)
from lti_tool.models.group import CourseGroup, CourseGroupMember, GroupSource
from lti_tool.models.operation import WorkerHeartbeat
from lti_tool.models.outbound import AccessTokenRow, HostSlot
from lti_tool.models.person import Enrolment, Membership, MembershipState, Role, User
from lti_tool.models.platform import (
    Deployment,
    DeploymentPolicy,
    DeploymentState,
    MovedKind,
    Platform,
    PlatformState,
    RegistrationInvitation,
    Succession,
    SuccessionMove,
)
from lti_tool.models.roster import Roster, RosterGroup, RosterLine, RosterState
from lti_tool.models.security import BrowserSession, Handover, Seat, ToolKey, UsedNonce

__all__ = [
    "AccessTokenRow",
    "AssessmentFact",
    "AuditEntry",
    "BrowserSession",
    "Change",
    "ColumnKind",
    "Comment",
    "Community",
    "CommunityState",
    "ContributionFact",
    "Course",
    "CourseGroup",
    "CourseGroupMember",
    "Decision",
    "DeliveryState",
    "Deployment",
    "DeploymentPolicy",
    "DeploymentState",
    "Enrolment",
    "Erasure",
    "ErasureKey",
    "Feedback",
    "GradeColumn",
    "GradeDecision",
    "GradingPolicy",
    "GroupSource",
    "Handover",
    "HostSlot",
    "KeptText",
    "LaunchRecord",
    "LineItem",
    "LineItemState",
    "Membership",
    "MembershipState",
    "MovedKind",
    "Organisation",
    "Period",
    "Platform",
    "PlatformState",
    "Post",
    "PostKind",
    "Prompt",
    "RegistrationInvitation",
    "ResourceLink",
    "Revision",
    "Role",
    "Roster",
    "RosterGroup",
    "RosterLine",
    "RosterState",
    "RunningScore",
    "ScoreDelivery",
    "ScoreQuestion",
    "ScoreStatement",
    "Seat",
    "Succession",
    "SuccessionMove",
    "ToolKey",
    "UsedNonce",
    "User",
    "WorkerHeartbeat",
]
