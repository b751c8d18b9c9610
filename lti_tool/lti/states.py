"""The state that travels through the LMS and back: signed, expiring, bound to one browser.

It is stored nowhere. Its letters are only `A-Z a-z 0-9 . _ -`, because Moodle cleans it as text.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from itsdangerous import BadData, URLSafeSerializer

from lti_tool import settings
from lti_tool.errors import LaunchRefused
from lti_tool.lti.texts import clean, words_of

LIFETIME = timedelta(minutes=10)
CLOCK_LEEWAY = timedelta(seconds=60)
LONGEST_STATE = 6000
# PyLTI1p3 writes it before every state it sends (see logins).
PREFIX = "state-"


@dataclass(frozen=True)
class LaunchState:
    """What the login put into the state: for which platform, with which nonce, where to, and when (UTC)."""

    platform_id: int
    nonce: str
    target: str
    issued_at: datetime
    storage_frame: str | None = None
    """Where the LMS's own page keeps the secret (platform storage): its frame, or "_parent". Else None."""
    storage_origin: str | None = None
    """The only origin that messages of platform storage go to, and that answers count from."""
    secret_digest: str = field(default="", compare=False, repr=False)
    """Of the secret that proves the browser: a cookie's, or the one that the LMS's page keeps."""

    @property
    def storage_key(self) -> str:
        """The name under which the LMS's page keeps the secret."""
        return f"lti_state_{hashlib.sha256(self.nonce.encode()).hexdigest()[:32]}"


def sealed(state: LaunchState, browser_secret: str) -> str:
    """Sign a state and bind it to the browser that holds this secret in its cookie. Without `PREFIX`.

    A state with a `storage_frame` is bound to the secret that is kept there instead.
    """
    content = {
        "p": state.platform_id,
        "n": state.nonce,
        "t": state.target,
        "b": _digest(browser_secret),
        "i": state.issued_at.timestamp(),
    }
    if state.storage_frame is not None:
        content |= {"f": state.storage_frame, "o": state.storage_origin}
    return _serializer(settings.current().secret_key).dumps(content)


def opened(form: Mapping[str, str], browser_secrets: Sequence[str], now: datetime) -> LaunchState:
    """Check 1 of 1.4: the state is ours, not older than ten minutes, and comes from the same browser.

    A state with a `storage_frame` is not proven by this: nobody may be let in before its secret was shown.

    :raises LaunchRefused: `state-missing`, `state-unknown`, `state-expired`, `state-other-browser`, and
        `platform-error` when the LMS answered with an error instead of a token; its words are in `detail`.
    """
    _refuse_error_answer(form)
    content = _content_of(form.get("state") or "")
    state = LaunchState(
        platform_id=content["p"],
        nonce=content["n"],
        target=content["t"],
        issued_at=datetime.fromtimestamp(content["i"], UTC),
        storage_frame=content.get("f"),
        storage_origin=content.get("o"),
        secret_digest=content["b"],
    )
    if not -CLOCK_LEEWAY <= now - state.issued_at <= LIFETIME:
        raise LaunchRefused(
            "state-expired", f"made at {state.issued_at.isoformat()}", platform_id=state.platform_id
        )
    if state.storage_frame is not None:
        return state
    if not any(hmac.compare_digest(content["b"], _digest(secret)) for secret in browser_secrets if secret):
        raise LaunchRefused(
            "state-other-browser",
            f"{len(browser_secrets)} browser secrets came with it",
            platform_id=state.platform_id,
        )
    return state


def _content_of(sent: str) -> dict:
    if not sent:
        raise LaunchRefused("state-missing")
    if len(sent) > LONGEST_STATE:
        raise LaunchRefused("state-unknown", f"{len(sent)} characters")
    try:
        return _serializer(settings.current().secret_key).loads(sent.removeprefix(PREFIX))
    except BadData as forged:
        raise LaunchRefused("state-unknown", words_of(str(forged))) from forged


def _refuse_error_answer(form: Mapping[str, str]) -> None:
    """The LMS may post `error` and `error_description` instead of a token (OIDC Core 3.1.2.6)."""
    if not form.get("error") or form.get("id_token"):
        return
    error = clean(words_of(form["error"]), 100) or "error"
    description = words_of(form.get("error_description", ""))
    try:
        facts = {"platform_id": _content_of(form.get("state") or "")["p"]}
    except LaunchRefused:
        facts = {}
    detail = f"{error}: {description}" if description else error
    raise LaunchRefused("platform-error", detail, error=error, **facts)


@lru_cache(maxsize=4)
def _serializer(secret_key: str) -> URLSafeSerializer:
    """Our own time of issue is inside the content, so that `now` stays an argument.

    Kept: to make one takes as long as to sign with it.
    """
    return URLSafeSerializer(
        secret_key,
        salt="lti-login-state",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )


def _digest(browser_secret: str) -> str:
    return hashlib.sha256(browser_secret.encode("utf-8", "replace")).hexdigest()
