"""Names that the LTI specifications give to claims and scopes."""

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
GRADE_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
GRADE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
GRADE_SCOPES = tuple(
    GRADE_SCOPE + name for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")
)
ROSTER_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
ROSTER_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
GROUPS_CLAIM = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
GROUPS_SCOPE = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
NOTICE_CLAIM = CLAIM + "platformnotificationservice"
NOTICE_SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
DEEP_LINKING_SETTINGS_CLAIM = DEEP_LINKING + "deep_linking_settings"
CONTENT_ITEMS_CLAIM = DEEP_LINKING + "content_items"
LINK_TYPE = "ltiResourceLink"
RESOURCE_LINK_MESSAGE = "LtiResourceLinkRequest"
DEEP_LINKING_MESSAGE = "LtiDeepLinkingRequest"
REVIEW_MESSAGE = "LtiSubmissionReviewRequest"
SCOPES = (*GRADE_SCOPES, ROSTER_SCOPE, GROUPS_SCOPE, NOTICE_SCOPE)
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
