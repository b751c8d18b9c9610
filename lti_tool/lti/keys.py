"""Our own signing keys: encrypted at rest, the public halves published as a JWK set.

One key signs. After a rotation the one before stays published for its grace time, so that an LMS still
accepts what it signed; then it is withdrawn and its private half erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pylti1p3.registration import Registration

from lti_tool import settings
from lti_tool.errors import Stale, UnsafeSettings
from lti_tool.lti import store
from lti_tool.models import ToolKey

_BITS = 2048
_PUBLIC_MEMBERS = ("kty", "n", "e", "kid", "alg", "use")


@dataclass(frozen=True)
class SigningKey:
    """The key that signs our client assertions: its id and its private half."""

    kid: str
    private: rsa.RSAPrivateKey

    def __repr__(self) -> str:
        """Without the private half: a traceback or a log line must not carry it."""
        return f"SigningKey(kid={self.kid!r})"


def ensure_signing_key(now: datetime) -> None:
    """Make our first signing key unless there is one, once whatever the number of processes that try.

    Flushes; the caller commits.
    """
    if store.signing_key() is None:
        public_jwk, encrypted = _new_key()
        store.add_signing_key(public_jwk["kid"], public_jwk, encrypted, now)


def rotate(now: datetime, withdraw_at: datetime) -> str:
    """Have a new key sign from now on; return its id. The old one stays published until `withdraw_at` (UTC).

    Flushes; the caller commits.

    :raises Stale: another process rotates at this moment; there is one new key, and it is that one's.
    """
    public_jwk, encrypted = _new_key()  # takes a while, and nobody waits for us yet
    store.retire_signing_key(withdraw_at)
    if not store.add_signing_key(public_jwk["kid"], public_jwk, encrypted, now):
        raise Stale("another-rotation")
    withdraw_old(now)  # without a grace time: somebody else knows it, and no worker is waited for
    return public_jwk["kid"]


def withdraw_old(now: datetime) -> None:
    """Withdraw the keys whose grace time is over and erase their private halves. Flushes."""
    store.withdraw_keys(now)


def all_keys() -> Sequence[ToolKey]:
    """Every key that we ever had, oldest first."""
    return store.tool_keys()


def encrypt_anew() -> int:
    """Encrypt what is kept at rest with the first of the KEY_ENCRYPTION_KEY keys; return how many keys.

    Cached access tokens are forgotten instead: they are asked for again. Flushes; the caller commits.

    :raises UnsafeSettings: `key-encryption-key-wrong`, one of our keys is opened by none of them; nothing
        is changed then.
    """
    kept = [key for key in store.tool_keys(for_update=True) if key.private_pem_encrypted]
    anew = [rotated(key.private_pem_encrypted) for key in kept]
    for key, encrypted_anew in zip(kept, anew, strict=True):
        key.private_pem_encrypted = encrypted_anew
    store.forget_all_tokens()
    return len(kept)


def _new_key() -> tuple[dict, str]:
    """The public half of a new key as a JWK, and the private half encrypted."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    private_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public_pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # PyLTI1p3 gives the key its id: the thumbprint of RFC 7638, so the same key always has the same id.
    return dict(Registration.get_jwk(public_pem.decode("ascii"))), encrypted(private_pem.decode("ascii"))


def public_key_set() -> dict:
    """Our JWK set for the platforms: public members only, without the keys that were withdrawn."""
    return {
        "keys": [
            {member: key[member] for member in _PUBLIC_MEMBERS if member in key}
            for key in store.published_keys()
        ]
    }


def signing_key() -> SigningKey:
    """The key that signs now.

    :raises UnsafeSettings: `no-signing-key` before the first start, `key-encryption-key-wrong` when none of
        the KEY_ENCRYPTION_KEY keys opens it.
    """
    stored = store.signing_key()
    if stored is None:
        raise UnsafeSettings("no-signing-key")
    private_pem = decrypted(stored.private_pem_encrypted)
    if private_pem is None:
        raise UnsafeSettings("key-encryption-key-wrong")
    # Whether its primes are primes need not be asked again for each call to an LMS, which takes longer than
    # signing: we made this key, and what Fernet opens is what we sealed.
    private = load_pem_private_key(private_pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    return SigningKey(stored.kid, private)


def rotated(kept: str) -> str:
    """What is kept at rest, encrypted with the first of the KEY_ENCRYPTION_KEY keys.

    :raises UnsafeSettings: `key-encryption-key-wrong`, none of them opens it.
    """
    try:
        return _cipher().rotate(kept).decode("ascii")
    except InvalidToken as wrong_key:
        raise UnsafeSettings("key-encryption-key-wrong") from wrong_key


def encrypted(text: str) -> str:
    """This text as it is kept at rest, readable with KEY_ENCRYPTION_KEY alone."""
    return _cipher().encrypt(text.encode()).decode("ascii")


def decrypted(kept: str) -> str | None:
    """The text again; None when none of the KEY_ENCRYPTION_KEY keys opens it."""
    try:
        return _cipher().decrypt(kept.encode("ascii")).decode()
    except (InvalidToken, UnicodeError):
        return None


def _cipher() -> MultiFernet:
    """The first key encrypts; all of them decrypt, so that the key can be changed without losing anything."""
    return MultiFernet([Fernet(key) for key in settings.current().key_encryption_keys])
