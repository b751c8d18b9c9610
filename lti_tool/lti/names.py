"""The names that the LTI 1.3 and Advantage specifications give to claims, messages and scopes."""

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = CLAIM + "message_type"
VERSION = CLAIM + "version"
DEPLOYMENT_ID = CLAIM + "deployment_id"
TARGET_LINK_URI = CLAIM + "target_link_uri"
RESOURCE_LINK = CLAIM + "resource_link"
ROLES = CLAIM + "roles"
CONTEXT = CLAIM + "context"
CUSTOM = CLAIM + "custom"
PRESENTATION = CLAIM + "launch_presentation"
TOOL_PLATFORM = CLAIM + "tool_platform"

AGS_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
# Known messages that this version does not answer yet. Sakai and PyLTI1p3 name the privacy one without "Lti".
NOT_YET = frozenset(
    (
        "LtiDeepLinkingRequest",
        "LtiSubmissionReviewRequest",
        "LtiDataPrivacyLaunchRequest",
        "DataPrivacyLaunchRequest",
        "LtiEulaRequest",
        "LtiAssetProcessorSettingsRequest",
        "LtiReportReviewRequest",
    )
)

AGS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINE_ITEM = AGS_SCOPE + "lineitem"
LINE_ITEM_READ = AGS_SCOPE + "lineitem.readonly"
RESULT_READ = AGS_SCOPE + "result.readonly"
SCORE = AGS_SCOPE + "score"
AGS_SCOPES = (LINE_ITEM, LINE_ITEM_READ, RESULT_READ, SCORE)

ROSTER_READ = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
GROUPS_READ = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"

# Our own custom parameter, and what Moodle puts in its place: the numbers of the groups of who launches.
GROUP_NUMBERS = "user_group_ids"
MOODLE_GROUP_NUMBERS = "Moodle.Person.userGroupIds"
