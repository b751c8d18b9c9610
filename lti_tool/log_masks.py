"""What no log may carry: tokens, secrets, cookies, e-mail addresses, what people are called and wrote.

Names and texts cannot be told from other words by looking at them. They are kept out where they are named
(a field, a member of an object), and the message of an exception is shown only where its kind quotes nobody.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

HIDDEN = "(hidden)"

# Fields, parameters, headers and claims whose values are nobody's business.
HIDDEN_FIELDS = frozenset(
    (
        *("access_token", "authorization", "client_assertion", "client_secret", "code", "cookie", "cookies"),
        *("error_description", "family_name", "given_name", "id_token", "login_hint", "lti_message_hint"),
        *(
            "lti_storage_target",
            "email",
            "mail_url",
            "inbound_mail_url",
            "storage_url",
            "middle_name",
            "nickname",
            "password",
            "private_key",
        ),
        *("person", "picture", "preferred_username", "refresh_token", "registration_access_token"),
        *("registration_token", "seat_token", "secret", "secret_key", "set_cookie", "state", "token"),
        *("storage_bucket", "storage_url"),
        *(
            "key_encryption_key",
            "x_seat_token",
            "x_admin_token",
            "admin_token",
            "cv_session",
            "cv_login",
            "cv_admin",
            "body",
            "title",
            "typed",
        ),
    )
)
_NAMES = "|".join(sorted(name.replace("_", "[_-]?") for name in HIDDEN_FIELDS))
_VALUE = r"""(?:(?:Bearer|Basic)\s+)?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s&;,"'{}()<>]+)"""

_RULES = (
    # A JSON Web Token, wherever it stands.
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]*(?:\.[\w-]*)*"), HIDDEN),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{8,}", re.I), rf"\1 {HIDDEN}"),
    # `name=value`, `"name": "value"`, `name: value` of the fields above; `name` alone only inside an object.
    (
        re.compile(rf"""(?<![\w-])((?:__Host-)?(?:{_NAMES})["']?\s*[=:]\s*)(?!\(hidden\)){_VALUE}""", re.I),
        rf"\1{HIDDEN}",
    ),
    (re.compile(rf"""((?:"name"|'name')\s*:\s*){_VALUE}"""), rf"\1{HIDDEN}"),
    # Links that are secrets themselves, and what stands behind the question mark of any address.
    (re.compile(r"(/lti/register/|/o/|/files/)[^\s?#\"'<>]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://)[^\s/@\"']+@", re.I), rf"\1{HIDDEN}@"),
    (re.compile(r"((?:https?://|(?<![\w/.])/)[^\s?\"'<>]{0,8200}\?)[^\s\"'<>]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?<![^\s@<>\"'=:/,;()\[\]])[^\s@<>\"'=:/,;()\[\]]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
)
# Anything long that only a machine could have thought of; identifiers with dashes in their usual places stay.
_LONG = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{32,}(?![\w-])")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


# What logs repeat line by line (methods, routes, events) is looked at once; longer texts are of one moment.
_SHORT, _MANY = 60, 512


def masked_text(text: str) -> str:
    """The text with everything hidden that looks like a token, a secret, a mail address or a named person."""
    return _masked_once(text) if len(text) <= _SHORT else _masked(text)


def _masked(text: str) -> str:
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return _LONG.sub(_unless_words, text)


_masked_once = lru_cache(maxsize=_MANY)(_masked)


def masked_value(name: str, value: object) -> object:
    """The value of a field of a log line: hidden by its name, else masked as text, however deep it stands."""
    if name.lower().replace("-", "_") in HIDDEN_FIELDS:
        return HIDDEN
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, Mapping):
        return {str(key): masked_value(str(key), member) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked_value("", member) for member in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return masked_text(str(value))


def _unless_words(found: re.Match) -> str:
    text = found[0]
    looks_made = any(letter.isdigit() for letter in text) and any(letter.isalpha() for letter in text)
    return HIDDEN if looks_made and not _UUID.fullmatch(text) else text
