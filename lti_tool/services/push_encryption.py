"""Web Push as bytes: a message that one browser alone can read (RFC 8291, 8188), and who sends it (RFC 8292).

No database, no network. The well-known library for it comes as source only; this is the few steps of the RFC
over `cryptography`, shown right by the RFC's own example.
"""

import base64
import binascii
import os
import struct
from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

# What every push service has to take is 4096 bytes with the head and the seal (RFC 8291, 4).
RECORD_SIZE = 4096
LARGEST = 3000
"""Bytes of a message: well below what is taken."""
# A day at most (RFC 8292, 2); shorter, since a new one costs nothing.
TOKEN_LASTS = timedelta(hours=12)
_CURVE = ec.SECP256R1()
_POINT, _SECRET = 65, 16
_LAST_RECORD = b"\x02"


class UnusableKeys(ValueError):
    """What a browser says of its keys cannot be right."""


def encoded(content: bytes) -> str:
    """Return bytes as base64url without padding, as browsers and headers have it."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def decoded(text: str) -> bytes:
    """Return the bytes again. :raises UnusableKeys: it is no base64url."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise UnusableKeys("not base64url") from problem


def check(public: str, secret: str) -> None:
    """Refuse a browser's keys with which nothing could be encrypted. :raises UnusableKeys: if so."""
    _point(public)
    if len(decoded(secret)) != _SECRET:
        raise UnusableKeys("the secret is not 16 bytes long")


def new_key() -> tuple[str, str]:
    """Make a key pair; return the public point as browsers want it, and the private half as PEM."""
    private = ec.generate_private_key(_CURVE)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return encoded(_bytes_of(private.public_key())), pem.decode("ascii")


def encrypted(message: bytes, public: str, secret: str) -> bytes:
    """Encrypt a message for one browser; each time with another key and another salt (RFC 8291, 3.1).

    :param public: the browser's point; :param secret: its secret, both base64url.
    :raises UnusableKeys: with these keys nothing can be encrypted. :raises ValueError: it is too long.
    """
    if len(message) > LARGEST:
        raise ValueError(f"{len(message)} bytes are too many")
    return sealed(message, public, secret, ec.generate_private_key(_CURVE), os.urandom(16))


def sealed(message: bytes, public: str, secret: str, ours: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Do the same with this key and this salt, each good for one message only."""
    theirs = _point(public)
    our_point, their_point = _bytes_of(ours.public_key()), _bytes_of(theirs)
    told = b"WebPush: info\0" + their_point + our_point
    shared = _derived(ours.exchange(ec.ECDH(), theirs), decoded(secret), told, 32)
    key = _derived(shared, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(shared, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + struct.pack("!IB", RECORD_SIZE, len(our_point)) + our_point
    return head + AESGCM(key).encrypt(nonce, message + _LAST_RECORD, None)


def token(audience: str, contact: str, pem: str, now: datetime) -> str:
    """Return the signed word (JWT, ES256) that says to a push service who sends (RFC 8292, 2).

    :param audience: origin of the push service; :param contact: an address, as mailto: or https:.
    """
    claims = {"aud": audience, "exp": int((now + TOKEN_LASTS).timestamp()), "sub": contact}
    return jwt.encode(claims, pem, algorithm="ES256")


def _point(public: str) -> ec.EllipticCurvePublicKey:
    content = decoded(public)
    if len(content) != _POINT:
        raise UnusableKeys("the point is not 65 bytes long")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, content)
    except ValueError as problem:
        raise UnusableKeys("the point is not on the curve") from problem


def _bytes_of(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(material: bytes, salt: bytes, told: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=told).derive(material)
