"""The tables, one subject per file."""

from lti_tool.models.audit import AuditEntry, LaunchRecord
from lti_tool.models.community import Community, CommunityState, Course, Organisation, Period, ResourceLink
from lti_tool.models.contribution import Change, Comment, ContributionFact, KeptText, Post, PostKind, Revision
from lti_tool.models.grade import (
    DeliveryState,
    GradeColumn,
    GradingPolicy,
    LineItem,
    LineItemState,
    ScoreDelivery,
    ScoreStatement,
)
from lti_tool.models.person import Enrolment, Membership, MembershipState, Role, User
from lti_tool.models.platform import Deployment, DeploymentPolicy, DeploymentState, Platform, PlatformState
from lti_tool.models.security import BrowserSession, Seat, ToolKey, UsedNonce

__all__ = [
    "AuditEntry",
    "BrowserSession",
    "Change",
    "Comment",
    "Community",
    "CommunityState",
    "ContributionFact",
    "Course",
    "DeliveryState",
    "Deployment",
    "DeploymentPolicy",
    "DeploymentState",
    "Enrolment",
    "GradeColumn",
    "GradingPolicy",
    "KeptText",
    "LaunchRecord",
    "LineItem",
    "LineItemState",
    "Membership",
    "MembershipState",
    "Organisation",
    "Period",
    "Platform",
    "PlatformState",
    "Post",
    "PostKind",
    "ResourceLink",
    "Revision",
    "Role",
    "ScoreDelivery",
    "ScoreStatement",
    "Seat",
    "ToolKey",
    "UsedNonce",
    "User",
]
