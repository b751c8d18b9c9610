"""A certificate authority and a certificate that live as long as a test run."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass(frozen=True)
class Certificate:
    """Files of one throw-away certificate; `authority_file` is what its clients are told to trust."""

    authority_file: Path
    file: Path
    fingerprint: str
    """SHA-256 of its public key, as Chromium takes it: this very key is trusted and no other."""


def throwaway_certificate(folder: Path, *hosts: str) -> Certificate:
    """Make a certificate for these hosts, signed by an authority that nobody else knows."""
    authority = trustme.CA()
    issued = authority.issue_cert(*hosts)
    authority_file, file = folder / "authority.pem", folder / "server.pem"
    authority.cert_pem.write_to_path(str(authority_file))
    issued.private_key_and_cert_chain_pem.write_to_path(str(file))
    return Certificate(authority_file, file, _fingerprint(issued.cert_chain_pems[0].bytes()))


def _fingerprint(pem: bytes) -> str:
    key = x509.load_pem_x509_certificate(pem).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
