"""The refusals of the tool: raised where the fact is known, shown in one place (request_cycle).

Each has a status, a code for the logs, and knows nothing of Flask. The sentence for people is chosen by
the error page from the code, so that it can be translated.
"""


class ToolError(Exception):
    """Something that the person who asked should be told in a calm sentence."""

    status = 500
    code = "unexpected"

    def __init__(self, code: str | None = None, **facts: object) -> None:
        """:param code: instead of the class's; :param facts: what the sentence and the log need."""
        super().__init__(code or self.code)
        self.code = code or self.code
        self.facts = facts


class NotSignedIn(ToolError):
    """Nobody is known here: the same answer for every address of every community."""

    status = 401
    code = "not-signed-in"


class NotFound(ToolError):
    """There is no such thing for this person: a closed community does not say what it holds."""

    status = 404
    code = "not-found"


class NotAMember(NotFound):
    """Signed in, but not a member of the community in the address."""

    code = "not-a-member"


class VisitOver(ToolError):
    """An invited guest whose last day is over, or whose visit staff ended."""

    status = 403
    code = "visit-over"


class NotAllowed(ToolError):
    """A member without the right; `facts["who"]` lists the roles that may."""

    status = 403
    code = "not-allowed"


class SeatRefused(ToolError):
    """The form's seat token is missing, forged, or of another session."""

    status = 403
    code = "seat-refused"


class SignInNeeded(ToolError):
    """Nobody is signed in to the console: the same answer for every address of it."""

    status = 401
    code = "sign-in-needed"


class SignInRefused(ToolError):
    """A link or another way to sign in that is not, or no longer, good."""

    status = 410
    code = "link-unknown"


class FormRefused(ToolError):
    """A form of the console without the token of this session."""

    status = 403
    code = "form-refused"


class CommunityClosed(ToolError):
    """The community takes nothing new: not any more, or not yet. The code says where it is in its life."""

    status = 403
    code = "community-closed"


class Stale(ToolError):
    """The thing changed since the form was opened: nothing was overwritten."""

    status = 409
    code = "stale"


class Unfit(ToolError):
    """What was filled in is well formed but cannot be; `problems` holds codes by field."""

    status = 422
    code = "unfit"

    def __init__(self, problems: dict[str, list[str]]) -> None:
        super().__init__()
        self.problems = problems


class LaunchRefused(ToolError):
    """A login, launch or notice that cannot be let in.

    The code says which check failed; `detail` is for the log.
    """

    status = 400
    code = "launch-refused"

    def __init__(self, code: str, detail: str = "", *, status: int = 400, **facts: object) -> None:
        super().__init__(code, **facts)
        self.detail = detail
        self.status = status


class ServiceProblem(ToolError):
    """A call to an LMS service did not work. `words` are the LMS's own, trimmed and harmless."""

    status = 502
    code = "service-problem"

    def __init__(self, code: str | None = None, words: str = "", **facts: object) -> None:
        super().__init__(code, **facts)
        self.words = words


class PlatformUnavailable(ServiceProblem):
    """Worth another try: network, time-out, 408, 425, 429, 5xx. `facts["retry_after"]` is in seconds or None.

    Whether the LMS did what was asked is not known.
    """

    code = "platform-unavailable"


class ServiceRefused(ServiceProblem):
    """The LMS said no for good; what was asked was not done."""

    code = "service-refused"


class MailUnavailable(ToolError):
    """A mail could not be handed in now; trying again may help. Whether it went out may not be known."""

    status = 502
    code = "mail-unavailable"


class MailDeferred(MailUnavailable):
    """The mail server is there and does not take this one mail now: others need not wait behind it."""

    code = "mail-deferred"


class MailRefused(ToolError):
    """The mail server will never take this mail; `address`: nor any other to this recipient."""

    status = 502
    code = "mail-refused"


class MailNotNow(ToolError):
    """The recipient has quiet hours; `until` when the mail may go out."""

    status = 502
    code = "mail-not-now"


class MailNeedless(ToolError):
    """Nothing of what the mail was to tell is left, or the recipient wants none any more."""

    status = 502
    code = "mail-needless"


class MailboxUnavailable(ToolError):
    """The mailbox of answers cannot be read now; the code says what stands in the way."""

    status = 502
    code = "mailbox-unavailable"


class DatabaseUnavailable(ToolError):
    """The database cannot be reached, is full, or is too busy: nothing was saved, trying again helps."""

    status = 503
    code = "database-unavailable"


class StorageUnavailable(ToolError):
    """The storage of files cannot be reached or is full; trying again helps."""

    status = 503
    code = "storage-unavailable"


class UnsafeSettings(ToolError):
    """The tool will not start with these settings."""

    code = "unsafe-settings"

    @classmethod
    def of(cls, setting: str, sentence: str) -> "UnsafeSettings":
        """Say of one setting, by its name without the prefix, why it cannot be worked with."""
        return cls(setting=setting, sentence=f"LTI_TOOL_{setting}: {sentence}")
