"""Our signing keys: made once, encrypted, published without their private halves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from cryptography.fernet import Fernet
from joserfc.jwk import RSAKey
from sqlalchemy import func, select

from lti_tool.errors import Stale, UnsafeSettings
from lti_tool.extensions import db
from lti_tool.lti import keys
from lti_tool.models import ToolKey
from lti_tool.transactions import transaction

STARTERS = 8
WEEK = timedelta(days=7)


@pytest.fixture
def first(app, now):
    """Our first key's id."""
    with transaction():
        keys.ensure_signing_key(now)
    kid = keys.signing_key().kid
    db.session.rollback()  # reading has begun a transaction, and on SQLite it keeps other writers out
    return kid


def published():
    return [key["kid"] for key in keys.public_key_set()["keys"]]


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

        private = RSAKey.import_key(key.private)
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


class TestRotating:
    def test_has_a_new_key_sign_and_publishes_both(self, first, now):
        with transaction():
            second = keys.rotate(now, now + WEEK)

        assert keys.signing_key().kid == second != first
        assert published() == [first, second]

    def test_withdraws_the_old_one_after_its_grace_time_and_erases_its_private_half(self, first, now):
        with transaction():
            second = keys.rotate(now, now + WEEK)
        with transaction():
            keys.withdraw_old(now + WEEK - timedelta(seconds=1))
        assert published() == [first, second]

        with transaction():
            keys.withdraw_old(now + WEEK)

        assert published() == [second]
        assert [key.private_pem_encrypted for key in keys.all_keys() if key.kid == first] == [""]
        assert keys.signing_key().kid == second

    def test_without_a_grace_time_withdraws_the_old_one_at_once(self, first, now):
        """Somebody else knows it: no LMS may be told of it any longer, and no worker be waited for."""
        with transaction():
            second = keys.rotate(now, now)

        assert published() == [second]
        assert [key.private_pem_encrypted for key in keys.all_keys() if key.kid == first] == [""]

    def test_twice_within_the_grace_time_publishes_three(self, first, now):
        for days in (0, 1):
            with transaction():
                keys.rotate(now + timedelta(days=days), now + WEEK)

        assert len(published()) == 3
        assert sum(key.signing or 0 for key in keys.all_keys()) == 1

    def test_by_many_at_once_leaves_one_that_signs(self, app, first, now):
        start = Barrier(3)

        def begin(_):
            with app.app_context():
                start.wait()
                try:
                    with transaction():
                        kid = keys.rotate(now, now + WEEK)
                except Stale:
                    kid = None
                db.session.remove()
                return kid

        with ThreadPoolExecutor(3) as pool:
            made = [kid for kid in pool.map(begin, range(3)) if kid]

        assert [key.kid for key in keys.all_keys() if key.signing] == [keys.signing_key().kid]
        assert keys.signing_key().kid in made
        assert set(published()) == {first, *made}


class TestEncryptingAnew:
    def test_lets_the_old_encryption_key_go(self, app, first, now):
        with transaction():
            keys.rotate(now, now + WEEK)
        settings, new = app.extensions["settings"], Fernet.generate_key().decode()
        settings.key_encryption_keys = (new, *settings.key_encryption_keys)

        with transaction():
            assert keys.encrypt_anew() == 2

        settings.key_encryption_keys = (new,)
        assert keys.signing_key().kid == published()[-1]

    def test_passes_by_what_was_withdrawn(self, first, now):
        with transaction():
            keys.rotate(now, now)
            keys.withdraw_old(now)

        with transaction():
            assert keys.encrypt_anew() == 1

    def test_changes_nothing_when_a_key_cannot_be_opened(self, app, first):
        settings = app.extensions["settings"]
        before, settings.key_encryption_keys = (
            settings.key_encryption_keys,
            (Fernet.generate_key().decode(),),
        )

        with pytest.raises(UnsafeSettings, match="key-encryption-key-wrong"), transaction():
            keys.encrypt_anew()

        settings.key_encryption_keys = before
        assert keys.signing_key().kid == first
