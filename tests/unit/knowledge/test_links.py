"""Addresses as people copy them: read generously, and never anything but http and https."""

import pytest

from lti_tool.knowledge.links import host_of, web_link


class TestWhatPeopleCopy:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
            ("http://example.org", "http://example.org"),
            ("  example.org/page ", "https://example.org/page"),
            ("//example.org/page", "https://example.org/page"),
            ("www.exämple.org:8443/x", "https://www.exämple.org:8443/x"),
            ("HTTPS://Example.org", "HTTPS://Example.org"),
            ("https://[2001:db8::1]/", "https://[2001:db8::1]/"),
        ],
    )
    def test_is_an_address(self, typed, meant):
        assert web_link(typed) == meant

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "nothing of the kind",
            "javascript:alert(1)",
            "JavaScript:alert(1)//.",
            "java\tscript:alert(1)",
            "data:text/html,<b>x</b>",
            "vbscript:x.y",
            "ftp://example.org/",
            "file:///etc/passwd",
            "http://",
            "https:///path",
            "https://user:secret@example.org/",
            "https://example.org\\@evil.example/",
            "https://exa mple.org",
            "https://example.org/\u202efdp.exe",
            "https://example.org/\ud800",
            "https://example.org:0/",
            "https://example.org:99999/",
            "https://[::1/",
            "localhost",
            "https://example.org/" + "x" * 2000,
        ],
    )
    def test_is_none(self, typed):
        assert web_link(typed) is None


def test_a_host_is_named_without_www():
    assert host_of("https://www.Example.org:8443/x") == "example.org"
