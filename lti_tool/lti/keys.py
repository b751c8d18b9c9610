"""Our own signing keys: made once, encrypted at rest, the public halves published as a JWK set."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pylti1p3.registration import Registration

from lti_tool import settings
from lti_tool.errors import UnsafeSettings
from lti_tool.lti import store

_BITS = 2048
_PUBLIC_MEMBERS = ("kty", "n", "e", "kid", "alg", "use")


@dataclass(frozen=True)
class SigningKey:
    """The key that signs our client assertions: its id and its private half in PEM."""

    kid: str
    private_pem: str

    def __repr__(self) -> str:
        """Without the private half: a traceback or a log line must not carry it."""
        return f"SigningKey(kid={self.kid!r})"


def ensure_signing_key(now: datetime) -> None:
    """Make our first signing key unless there is one, once whatever the number of processes that try.

    Flushes; the caller commits.
    """
    if store.signing_key() is not None:
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    private_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public_pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # PyLTI1p3 gives the key its id: the thumbprint of RFC 7638, so the same key always has the same id.
    public_jwk = dict(Registration.get_jwk(public_pem.decode("ascii")))
    encrypted = _cipher().encrypt(private_pem).decode("ascii")
    store.add_signing_key(public_jwk["kid"], public_jwk, encrypted, now)


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
    try:
        private_pem = _cipher().decrypt(stored.private_pem_encrypted.encode("ascii"))
    except InvalidToken as wrong_key:
        raise UnsafeSettings("key-encryption-key-wrong") from wrong_key
    return SigningKey(stored.kid, private_pem.decode("ascii"))


def _cipher() -> MultiFernet:
    """The first key encrypts; all of them decrypt, so that the key can be changed without losing anything."""
    return MultiFernet([Fernet(key) for key in settings.current().key_encryption_keys])
