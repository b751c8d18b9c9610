"""What administrators type of an LMS: read kindly, refused with a code, never half understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.lti.presets import PRESETS, Ask
from lti_tool.lti.typed_connections import Typed, plain_http_allowed, read

NOBODY = plain_http_allowed(())
TYPED = {"client_id": "abc", "number": "7", "deployment_ids": "d-1"}


def of(lms: str, allow: tuple[str, ...] = (), **typed: str):
    return read(Typed(**TYPED | typed), PRESETS[lms], plain_http_allowed(allow))


class TestTheAddressOfAnLms:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("https://moodle.example.org", "https://moodle.example.org"),
            (" https://Moodle.Example.org/ ", "https://moodle.example.org"),
            ("moodle.example.org", "https://moodle.example.org"),
            ("moodle.example.org:8443/", "https://moodle.example.org:8443"),
            ("https://example.org/moodle/", "https://example.org/moodle"),
            ("https://example.org/moodle/login/index.php", "https://example.org/moodle"),
            ("https://example.org/moodle/mod/lti/certs.php", "https://example.org/moodle"),
            ("https://moodle.example.org/course/view.php?id=3#section-1", "https://moodle.example.org"),
            ("https://moodle.example.org:443/my/", "https://moodle.example.org"),
            ("https://[2001:db8::1]/", "https://[2001:db8::1]"),
        ],
    )
    def test_is_read_out_of_what_was_pasted(self, typed, meant):
        found = of("moodle", host=typed)
        assert found.problems == {}
        assert found.addresses.issuer == meant
        assert found.addresses.jwks_url == f"{meant}/mod/lti/certs.php"

    def test_has_no_path_where_the_lms_has_none(self):
        assert of("brightspace", host="https://learn.example.org/d2l/home/6606").addresses.issuer == (
            "https://learn.example.org"
        )

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("", "required"),
            ("moodle", "not-an-address"),
            ("https://", "not-an-address"),
            ("ftp://moodle.example.org", "not-an-address"),
            ("https://somebody@moodle.example.org", "not-an-address"),
            ("https://moodle.example.org evil", "not-an-address"),
            ("http://moodle.example.org", "https-needed"),
        ],
    )
    def test_is_refused_with_a_code(self, typed, code):
        assert of("moodle", host=typed).problems == {"host": [code]}

    @pytest.mark.parametrize(
        ("typed", "allow"),
        [
            ("http://localhost:8081", ()),
            ("http://127.0.0.1", ()),
            ("http://moodle.intern.example", ("moodle.intern.example",)),
            ("http://10.1.2.3", ("10.0.0.0/8",)),
        ],
    )
    def test_may_be_plain_on_this_machine_and_where_the_operator_says_so(self, typed, allow):
        assert of("moodle", allow, host=typed).problems == {}


class TestAnId:
    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("", "required"),
            ("a b", "spaces"),
            ("https://moodle.example.org/x", "address-for-id"),
            ("x" * 256, "too-long"),
            ("идентификатор", "not-ascii"),
        ],
    )
    def test_that_cannot_be_one_is_refused(self, typed, code):
        assert of("moodle", host="m.example.org", client_id=typed).problems == {"client_id": [code]}

    def test_stands_in_addresses_so_that_it_changes_nothing_else(self):
        found = of("blackboard", client_id="a/../b?c")
        assert "/applications/a%2F..%2Fb%3Fc/jwks.json" in found.addresses.jwks_url

    def test_several_deployments_may_be_separated_as_one_likes(self):
        found = of("canvas", deployment_ids="106:aa, 106:bb;106:cc\n106:aa")
        assert found.deployment_ids == ("106:aa", "106:bb", "106:cc")
        assert of("canvas", deployment_ids="").problems == {"deployment_ids": ["required"]}


class TestWhatDiffersAtThisSite:
    def test_counts_in_the_place_of_what_would_follow(self):
        found = of("sakai", host="sakai.example.org", jwks_url="https://sakai.example.org/imsblis/keyset/7")
        assert found.addresses.jwks_url == "https://sakai.example.org/imsblis/keyset/7"
        assert found.addresses.token_url == "https://sakai.example.org/imsblis/lti13/token/7"

    def test_is_checked_as_well(self):
        wrong = {"auth_url": "https://x.example", "token_url": "x", "jwks_url": "http://x.example/k"}
        assert of("moodle", host="m.example.org", **wrong).problems == {
            "auth_url": ["no-path"],
            "token_url": ["not-an-address"],
            "jwks_url": ["https-needed"],
        }


class TestAnything:
    @given(
        lms=st.sampled_from(sorted(PRESETS)),
        typed=st.dictionaries(st.sampled_from(sorted(Typed.__dataclass_fields__)), st.text(max_size=80)),
    )
    def test_ends_in_a_connection_by_https_or_in_what_is_to_be_corrected(self, lms, typed):
        found = read(Typed(**typed), PRESETS[lms], NOBODY)
        if found.problems:
            assert set(found.problems) <= set(Typed.__dataclass_fields__)
            return
        urls = (found.addresses.auth_url, found.addresses.token_url, found.addresses.jwks_url)
        local = ("http://localhost", "http://127.", "http://[::1]")
        assert all(url.startswith(("https://", *local)) for url in urls)
        assert found.client_id
        assert found.name
        assert found.deployment_ids or Ask.DEPLOYMENT not in PRESETS[lms].asks
