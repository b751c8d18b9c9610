"""Loads configs/ and the environment; refuses to start on an unsafe or impossible setting and says which."""

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

from cryptography.fernet import Fernet
from flask import Flask, current_app

from lti_tool import mail_settings
from lti_tool.errors import UnsafeSettings

# One connection for each thread of a process; `transactions` replaces one that the server closed meanwhile.
# What people write must not reach a log by way of an error message.
CONNECTIONS = {"pool_size": 16, "max_overflow": 48, "hide_parameters": True}
LOOPBACK_NAMES = {"localhost"}
MOST_EVIDENCE_DAYS = 3650
LONGEST_WORDS = 300
# Shown to people as they stand: whom they ask, and what the privacy notice needs to name.
WORDS_FOR_PEOPLE = ("CONTACT", "OPERATOR", "DATA_PROTECTION_CONTACT", "HOSTED_BY", "AUTHORITY")
# What may make the processing lawful here (General Data Protection Regulation, article 6, 1).
LEGAL_BASES = ("contract", "legal-obligation", "public-task", "legitimate-interest", "consent")
MOST_BYTES = 10**15
S3_EXAMPLE = "s3://KEY:SECRET@s3.example.org/bucket?region=eu-west-3"
_BUCKET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")


@dataclass(frozen=True)
class Bucket:
    """A bucket of an S3-compatible server, and what it is entered with."""

    endpoint: str
    name: str
    region: str
    key: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """What the tool was told, checked. Every attribute has the name of its setting."""

    base_url: str
    var_dir: Path
    secret_key: str
    key_encryption_keys: tuple[str, ...]
    database_url: str
    queue_url: str
    time_zone: str
    outbound_allow: tuple[str, ...]
    outbound_proxy: str | None
    outbound_per_host: int
    trusted_proxies: int
    mail_url: str | None
    mail_from: str
    inbound_mail_url: str | None  # None: mails to members cannot be answered by mail
    reply_address: str | None
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    contact: str | None
    operator: str | None
    data_protection_contact: str | None
    hosted_by: str | None
    legal_basis: str | None
    authority: str | None
    storage_dir: Path | None  # None: files are kept in the bucket
    storage_bucket: Bucket | None
    file_limit: int
    storage_limit: int
    log_format: str
    grade_evidence_days: int

    @property
    def loopback_http(self) -> bool:
        """True for the demo: plain http on this machine only (DESIGN 6, *Without cookies in the frame*)."""
        parts = urlsplit(self.base_url)
        return parts.scheme == "http" and is_loopback(parts.hostname or "")


OPENID = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")


def current() -> Settings:
    """Return the settings of the running application."""
    return current_app.extensions["settings"]


def directory(name: str) -> Path:
    """Return a folder that stands beside the package in the source tree and inside it in the wheel."""
    here = Path(__file__).resolve().parent
    for candidate in (here / name, here.parent / name):
        if candidate.is_dir():
            return candidate
    raise UnsafeSettings(sentence=f"The folder {name}/ is missing from this installation.")


def load(app: Flask, environment: str, overrides: dict | None = None) -> Settings:
    """Read configs/default.py, configs/<environment>.py, LTI_TOOL_* and `overrides`, in this order.

    :raises UnsafeSettings: naming the setting and what to do.
    """
    configs = directory("configs")
    app.config.from_pyfile(str(configs / "default.py"))
    app.config.from_pyfile(str(configs / f"{environment}.py"))
    app.config.from_prefixed_env("LTI_TOOL", loads=str)
    app.config.update(overrides or {})
    settings = _checked(app.config)
    app.extensions["settings"] = settings
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = dict(CONNECTIONS)
    app.config["MAX_CONTENT_LENGTH"] = int(app.config["MAX_CONTENT_LENGTH"])
    app.config["MAX_FORM_MEMORY_SIZE"] = int(app.config["MAX_FORM_MEMORY_SIZE"])
    return settings


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only be this machine."""
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(config: dict) -> Settings:
    var_dir = Path(config["VAR_DIR"]).resolve()
    return Settings(
        base_url=_base_url(config["BASE_URL"]),
        var_dir=var_dir,
        secret_key=_secret(config["SECRET_KEY"]),
        key_encryption_keys=_encryption_keys(config["KEY_ENCRYPTION_KEY"]),
        database_url=_database_url(config["DATABASE_URL"], var_dir),
        queue_url=_queue_url(config["QUEUE_URL"], var_dir),
        time_zone=_time_zone(config["TIME_ZONE"]),
        outbound_allow=_outbound_allow(config["OUTBOUND_ALLOW"]),
        outbound_proxy=_outbound_proxy(config["OUTBOUND_PROXY"]),
        outbound_per_host=_per_host(config["OUTBOUND_PER_HOST"]),
        trusted_proxies=_proxies(config["TRUSTED_PROXIES"]),
        **mail_settings.checked(config, _base_url(config["BASE_URL"])),
        **_openid(config),
        **_words_for_people(config),
        legal_basis=_legal_basis(config["LEGAL_BASIS"]),
        storage_dir=_storage_dir(config["STORAGE_URL"], var_dir),
        storage_bucket=_storage_bucket(config["STORAGE_URL"]),
        file_limit=_bytes("FILE_LIMIT", config["FILE_LIMIT"]),
        storage_limit=_bytes("STORAGE_LIMIT", config["STORAGE_LIMIT"]),
        log_format=_log_format(config["LOG_FORMAT"]),
        grade_evidence_days=_evidence_days(config["GRADE_EVIDENCE_DAYS"]),
    )


def _refuse(setting: str, sentence: str) -> None:
    raise UnsafeSettings.of(setting, sentence)


def _base_url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        _refuse(
            "BASE_URL", "set it to the public address of the tool, such as https://community.example.org."
        )
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        _refuse("BASE_URL", "give scheme and host only, without a path.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        _refuse(
            "BASE_URL",
            "begin it with https; plain http is for this machine only, elsewhere browsers drop the session.",
        )
    return _as_browsers_write_it(parts)


def _as_browsers_write_it(parts: SplitResult) -> str:
    """The origin of an address: forms that our own pages send are known by exactly this."""
    usual = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"


def _secret(value: str) -> str:
    if len(value) < 32:
        _refuse(
            "SECRET_KEY",
            "set it to 32 random characters or more, the same for every process; "
            "`lti-tool secrets` prints a new one.",
        )
    return value


def _encryption_keys(value: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in value.split(",") if part.strip())
    if not keys:
        _refuse("KEY_ENCRYPTION_KEY", "set it to a Fernet key; `lti-tool secrets` prints a new one.")
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            _refuse("KEY_ENCRYPTION_KEY", "one of its parts is not a Fernet key (32 bytes, URL-safe base64).")
    return keys


def _database_url(value: str, var_dir: Path) -> str:
    if not value:
        return f"sqlite:///{var_dir / 'community-value.sqlite'}"
    if value.startswith("postgresql://"):
        value = "postgresql+psycopg://" + value.removeprefix("postgresql://")
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        _refuse("DATABASE_URL", "use sqlite:///… or postgresql+psycopg://…; no other database is supported.")
    return value


def _queue_url(value: str, var_dir: Path) -> str:
    if not value:
        return f"sqlite:///{var_dir / 'queue.sqlite'}"
    if not value.startswith(("sqlite:///", "redis://", "rediss://", "postgresql://")):
        _refuse("QUEUE_URL", "use sqlite:///…, redis://… or postgresql://….")
    return value


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        _refuse("TIME_ZONE", "use a name such as Europe/Paris.")
    return value


def _outbound_allow(value: str) -> tuple[str, ...]:
    entries = tuple(part.strip() for part in value.split(",") if part.strip())
    for entry in entries:
        if "/" in entry:
            try:
                ipaddress.ip_network(entry, strict=False)
            except ValueError:
                _refuse("OUTBOUND_ALLOW", f"{entry} is not a network; write it like 10.0.0.0/8.")
    return entries


def _outbound_proxy(value: str) -> str | None:
    parts = urlsplit(value.strip())
    if value and (parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/")):
        _refuse("OUTBOUND_PROXY", "write it like http://proxy.example.org:3128.")
    return value.strip().rstrip("/") or None


def _per_host(value: object) -> int:
    calls = _whole_number(value)
    if not 1 <= calls <= 64:
        _refuse("OUTBOUND_PER_HOST", "set it to how many calls one LMS host may answer at once, 1 to 64.")
    return calls


def _openid(config: dict) -> dict[str, str]:
    said = {name.lower(): config[name].strip() for name in OPENID}
    issuer = urlsplit(said["oidc_issuer"])
    if any(said.values()) and not all(said.values()):
        _refuse("OIDC_ISSUER", "give issuer, client id and client secret of the portal, or none of them.")
    loopback = issuer.scheme == "http" and is_loopback(issuer.hostname or "")
    if any(said.values()) and not (issuer.hostname and (issuer.scheme == "https" or loopback)):
        _refuse("OIDC_ISSUER", "set it to the https address of the portal, exactly as it calls itself.")
    return said


def _words_for_people(config: dict) -> dict[str, str | None]:
    said = {name: " ".join(config[name].split()) for name in WORDS_FOR_PEOPLE}
    for name, words in said.items():
        if len(words) > LONGEST_WORDS:
            _refuse(name, f"say it in {LONGEST_WORDS} characters at most; people read it as it stands.")
    return {name.lower(): words or None for name, words in said.items()}


def _legal_basis(value: str) -> str | None:
    if value and value not in LEGAL_BASES:
        _refuse("LEGAL_BASIS", f"use one of {', '.join(LEGAL_BASES)}, or leave it empty.")
    return value or None


def _storage_dir(value: str, var_dir: Path) -> Path | None:
    if not value:
        return var_dir / "storage"
    if value.startswith("file:///"):
        return Path(value.removeprefix("file://"))
    if value.startswith("s3://"):
        return None
    if "://" in value:
        _refuse("STORAGE_URL", f"use a folder, such as file:///srv/community-value/storage, or {S3_EXAMPLE}.")
    return Path(value).resolve()


def _storage_bucket(value: str) -> Bucket | None:
    """Read s3://KEY:SECRET@host:port/bucket?region=…&https=…; what is wrong is said without quoting it."""
    if not value.startswith("s3://"):
        return None
    try:
        parts = urlsplit(value)
        said = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        host, port = parts.hostname, parts.port
    except ValueError:  # a port that is no number, a torn query
        host, port, said = None, None, {}
    name = unquote(parts.path).strip("/") if host else ""
    if not (host and parts.username and parts.password and _BUCKET_NAME.fullmatch(name)):
        _refuse("STORAGE_URL", f"write a bucket like {S3_EXAMPLE}.")
    if set(said) - {"region", "https"} or said.get("https", "yes") not in ("yes", "no"):
        _refuse("STORAGE_URL", "after the bucket, say region=… and https=yes or https=no, nothing else.")
    scheme = "https" if said.get("https", "yes") == "yes" else "http"
    shown = f"[{host}]" if ":" in host else host
    return Bucket(
        endpoint=f"{scheme}://{shown}" + (f":{port}" if port else ""),
        name=name,
        region=said.get("region") or "us-east-1",
        key=unquote(parts.username),
        secret=unquote(parts.password),
    )


def _bytes(setting: str, value: object) -> int:
    size = _whole_number(value)
    if not 100_000 <= size <= MOST_BYTES:
        _refuse(setting, f"set it to a number of bytes, 100000 to {MOST_BYTES}.")
    return size


def _log_format(value: str) -> str:
    if value not in ("json", "text"):
        _refuse("LOG_FORMAT", "use json (for machines) or text (for people).")
    return value


def _evidence_days(value: object) -> int:
    days = _whole_number(value)
    if not 1 <= days <= MOST_EVIDENCE_DAYS:
        _refuse(
            "GRADE_EVIDENCE_DAYS",
            "set it to the days for which the evidence of sent grades stays after somebody was erased, "
            f"1 to {MOST_EVIDENCE_DAYS}.",
        )
    return days


def _whole_number(value: object) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return -1


def _proxies(value: object) -> int:
    count = _whole_number(value)
    if not 0 <= count <= 10:
        _refuse("TRUSTED_PROXIES", "set it to the number of reverse proxies in front of the tool, 0 to 10.")
    return count
