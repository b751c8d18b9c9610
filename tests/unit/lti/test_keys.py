"""Our signing keys: made once, encrypted, published without their private halves."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from cryptography.fernet import Fernet
from joserfc.jwk import RSAKey
from sqlalchemy import func, select

from lti_tool.errors import UnsafeSettings
from lti_tool.extensions import db
from lti_tool.lti import keys
from lti_tool.models import ToolKey
from lti_tool.transactions import transaction

STARTERS = 8


class TestMakingTheFirstKey:
    def test_happens_once_however_many_processes_start(self, app, now):
        start = Barrier(STARTERS)

        def begin(_):
            with app.app_context():
                start.wait()
                with transaction():
                    keys.ensure_signing_key(now)
                db.session.remove()

        with ThreadPoolExecutor(STARTERS) as pool:
            list(pool.map(begin, range(STARTERS)))

        assert db.session.scalar(select(func.count()).select_from(ToolKey)) == 1

    def test_keeps_nothing_private_readable(self, app, now):
        with transaction():
            keys.ensure_signing_key(now)

        stored = db.session.scalars(select(ToolKey)).one()
        assert "PRIVATE" not in stored.private_pem_encrypted
        assert set(stored.public_jwk) == {"kty", "n", "e", "kid", "alg", "use"}


class TestPublishingTheKeys:
    def test_shows_public_members_only(self, app, now):
        with transaction():
            keys.ensure_signing_key(now)

        (key,) = keys.public_key_set()["keys"]

        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
        assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi"}
        assert key["kid"] == RSAKey.import_key(key).thumbprint()

    def test_leaves_out_a_key_that_was_withdrawn(self, app, now):
        with transaction():
            keys.ensure_signing_key(now)
            db.session.scalars(select(ToolKey)).one().withdrawn_at = now

        assert keys.public_key_set() == {"keys": []}


class TestReadingTheSigningKey:
    def test_gives_the_private_half_of_the_published_one(self, app, now):
        with transaction():
            keys.ensure_signing_key(now)

        key = keys.signing_key()

        private = RSAKey.import_key(key.private_pem)
        assert private.thumbprint() == key.kid == keys.public_key_set()["keys"][0]["kid"]
        assert "PRIVATE" not in repr(key)

    def test_works_after_the_encryption_key_was_changed(self, app, now):
        with transaction():
            keys.ensure_signing_key(now)
        settings = app.extensions["settings"]
        settings.key_encryption_keys = (Fernet.generate_key().decode(), *settings.key_encryption_keys)

        assert keys.signing_key().kid

    def test_says_that_the_encryption_key_is_the_wrong_one(self, app, now):
        with transaction():
            keys.ensure_signing_key(now)
        app.extensions["settings"].key_encryption_keys = (Fernet.generate_key().decode(),)

        with pytest.raises(UnsafeSettings, match="key-encryption-key-wrong"):
            keys.signing_key()

    def test_says_that_there_is_none_yet(self, app):
        with pytest.raises(UnsafeSettings, match="no-signing-key"):
            keys.signing_key()
