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
FOR_USER = CLAIM + "for_user"

AGS_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
NOTICE_SERVICE = CLAIM + "platformnotificationservice"
NOTICE = CLAIM + "notice"
ORIGIN_CONTEXTS = CLAIM + "origin_contexts"

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
DEEP_LINKING_RESPONSE = "LtiDeepLinkingResponse"
SUBMISSION_REVIEW_REQUEST = "LtiSubmissionReviewRequest"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
DEEP_LINKING_SETTINGS = DEEP_LINKING + "deep_linking_settings"
CONTENT_ITEMS = DEEP_LINKING + "content_items"
DEEP_LINKING_DATA = DEEP_LINKING + "data"
# Sakai and PyLTI1p3 name it without "Lti".
DATA_PRIVACY_REQUESTS = frozenset(("LtiDataPrivacyLaunchRequest", "DataPrivacyLaunchRequest"))
ANSWERED = frozenset(
    (RESOURCE_LINK_REQUEST, DEEP_LINKING_REQUEST, SUBMISSION_REVIEW_REQUEST, *DATA_PRIVACY_REQUESTS)
)
# Known messages that this version does not answer yet.
NOT_YET = frozenset(
    (
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

NOTICE_HANDLERS = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
HELLO_WORLD_NOTICE = "LtiHelloWorldNotice"
CONTEXT_COPY_NOTICE = "LtiContextCopyNotice"
NOTICES_WANTED = (HELLO_WORLD_NOTICE, CONTEXT_COPY_NOTICE)

# Our own custom parameters: what a link that we placed opens;
ACTIVITY = "activity"
# and what Moodle fills in: the numbers of the groups of who launches.
GROUP_NUMBERS = "user_group_ids"
MOODLE_GROUP_NUMBERS = "Moodle.Person.userGroupIds"
