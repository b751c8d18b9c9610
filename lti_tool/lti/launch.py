"""A launch in our own words. Plain values: no database, no HTTP, nothing of PyLTI1p3."""

from collections.abc import Mapping
from dataclasses import dataclass

from lti_tool.errors import LaunchRefused
from lti_tool.lti import names
from lti_tool.models import Role

_COURSE_KINDS = frozenset(("CourseOffering", "CourseSection", "CourseTemplate"))


@dataclass(frozen=True)
class Context:
    """Where in the LMS the launch came from. `types` as sent: full URIs or Moodle's short names."""

    id: str
    title: str | None
    label: str | None
    types: tuple[str, ...]

    @property
    def is_course(self) -> bool:
        """Whether people learn there: a course by its type, or nothing said. A group or an account is not."""
        return not self.types or any(kind.rpartition("#")[2] in _COURSE_KINDS for kind in self.types)


@dataclass(frozen=True)
class Link:
    """The activity in the LMS that opened the tool."""

    id: str
    title: str | None


@dataclass(frozen=True)
class GradeService:
    """What the LMS offers of its gradebook (AGS 2.0): container, this link's own line item, scopes."""

    line_items_url: str | None
    line_item_url: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class GroupService:
    """Where the LMS lists the course's groups, and their sets when it has any (Course Groups 1.0)."""

    groups_url: str
    sets_url: str | None


@dataclass(frozen=True)
class NoticeService:
    """Where the LMS takes the address of our receiver, and which of the notices that we want it can send."""

    url: str
    types: tuple[str, ...]


@dataclass(frozen=True)
class ForUser:
    """Whom a message is about, when it is not the person who launches; the name as the LMS tells it."""

    id: str
    name: str | None


@dataclass(frozen=True)
class ContentRequest:
    """What the LMS asks to be given by deep linking; `data` goes back unchanged, None when it sent none."""

    return_url: str
    takes_links: bool
    takes_several: bool
    takes_line_items: bool
    title: str | None
    text: str | None
    data: str | None


@dataclass(frozen=True)
class Launch:
    """One launch that passed every check. Texts about people are cleaned; ids are exactly as sent.

    `deployment_key` is our Deployment's id; it is None while `accept_deployment` says that a deployment
    unknown so far is to be let in. `masked_claims` is what the launch log may keep. `group_numbers` are the
    person's groups in this course where the LMS says them of one person only (Moodle); None: it says nothing.
    `lms_administrator` is a role outside the course, and gives none in it.
    """

    platform_id: int
    deployment_key: int | None
    deployment_id: str
    accept_deployment: bool
    message_type: str
    sub: str
    name: str | None
    given_name: str | None
    family_name: str | None
    email: str | None
    picture: str | None
    locale: str | None
    roles: tuple[str, ...]
    role: Role
    test_user: bool
    context: Context | None
    link: Link | None
    target_link_uri: str
    target_differs: bool
    return_url: str | None
    document_target: str | None
    grades: GradeService | None
    roster_url: str | None
    groups: GroupService | None
    group_numbers: tuple[str, ...] | None
    custom: Mapping[str, str]
    product: str | None
    issuer: str
    client_id: str
    frame_origins: tuple[str, ...]
    masked_claims: dict
    # Of the custom parameters those that may decide the role in this deployment; None: nothing of them.
    deciding_custom: Mapping[str, str] | None = None
    lms_administrator: bool = False  # of the institution or the whole LMS, whatever they are in the course
    learned_origins: tuple[str, ...] = ()  # of addresses in this launch, known of the platform from now on
    notices: NoticeService | None = None
    for_user: ForUser | None = None
    content_request: ContentRequest | None = None

    @property
    def is_review(self) -> bool:
        """Whether somebody wants to see what stands behind the grade of `for_user` (submission review)."""
        return self.message_type == names.SUBMISSION_REVIEW_REQUEST

    @property
    def asks_what_is_held(self) -> bool:
        """Whether this is a data privacy message: not a visit, a question about `for_user`."""
        return self.message_type in names.DATA_PRIVACY_REQUESTS

    def refused(self, code: str, detail: str = "", *, status: int = 403) -> LaunchRefused:
        """Make the refusal of this launch, which is genuine, with what log and page should say of it."""
        return LaunchRefused(
            code,
            detail,
            status=status,
            platform_id=self.platform_id,
            issuer=self.issuer,
            client_id=self.client_id,
            deployment=self.deployment_id,
            deployment_id=self.deployment_id,
            claims=self.masked_claims,
            return_url=self.return_url,
        )


@dataclass(frozen=True)
class LoginStart:
    """Where the browser goes next, and who may frame the page that sends it there."""

    auth_url: str
    platform_id: int
    frame_origins: tuple[str, ...]
    target: str
    storage_origin: str | None
    storage_key: str
