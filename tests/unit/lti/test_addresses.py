"""Which of our addresses may be a target, who may frame us, and whom the tool may call."""

import pytest

from lti_tool.lti import addresses
from lti_tool.lti.addresses import LONGEST_URL, is_known_target, is_ours, origin, origins
from lti_tool.lti.outbound_addresses import AddressRule

BASE = "https://tool.example"


class TestNamingAnOrigin:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("https://LMS.example:443/a?b#c", "https://lms.example"),
            ("http://localhost:8080/mod", "http://localhost:8080"),
            ("http://[::1]:80/", "http://[::1]"),
            ("https://a.example;script-src *", None),
            ("https://user@a.example/", None),
            ("javascript:alert(1)", None),
            ("https://", None),
            ("https://a.example:99999/", None),
            ("https://*.example/", None),
            ("https://a example/", None),
            ("", None),
            (None, None),
        ],
    )
    def test_writes_it_as_browsers_do_or_not_at_all(self, url, expected):
        assert origin(url) == expected

    def test_keeps_nothing_that_is_too_long_for_an_address(self):
        """Anybody may send megabytes for one: what is kept of them would stay in memory."""
        addresses._origin.cache_clear()
        for number in range(3):
            assert origin(f"https://a.example/{number}" + "x" * LONGEST_URL) is None
        assert addresses._origin.cache_info().currsize == 0

    def test_names_each_once(self):
        assert origins(("https://a.example/x", "https://a.example/y", None, "http://b.example")) == (
            "https://a.example",
            "http://b.example",
        )


class TestRecognisingATarget:
    @pytest.mark.parametrize(
        "path", ["", "/", "/lti/launch", "/lti/launch?placement=x", "/communities/7/", "/communities/7"]
    )
    def test_knows_the_places_that_a_launch_may_open(self, path):
        assert is_ours(BASE + path, BASE)
        assert is_known_target(BASE + path, BASE)

    @pytest.mark.parametrize(
        "path",
        [
            "/admin",
            "/lti/launch/x",
            "/communities/",
            "/communities/0/",
            "/communities/x/",
            "/communities/1/../../admin",
        ],
    )
    def test_knows_nothing_else(self, path):
        assert not is_known_target(BASE + path, BASE)

    @pytest.mark.parametrize(
        "url",
        [
            "https://tool.example.evil/",
            "http://tool.example/",
            "https://tool.example:8443/",
            "//tool.example/",
            "/",
        ],
    )
    def test_is_only_ours_with_the_same_scheme_host_and_port(self, url):
        assert not is_ours(url, BASE)


PUBLIC = [
    *("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"),
    *("64:ff9b:1::5db8:d822", "64:ff9b:1:5db8:d8:2200::"),
]
PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.9", "100.64.0.1", "::1", "fc00::1", "198.18.0.1"),
    *("64:ff9b:1::a01:203", "64:ff9b:1:a01:2:300:808:808", "::ffff:0:10.1.2.3"),
]
NEVER = [
    "169.254.169.254",
    "169.254.1.1",
    "fe80::1%eth0",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "fec0::1",
    # Translated to IPv4 by the network; where it stands depends on the length of the network's prefix.
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00:808:808",
    "64:ff9b:1:a9:fe:a9fe:808:808",
    "64:ff9b:1:0:a9:fea9:fe08:808",
    "64:ff9b:1::",
]


class TestJudgingAnAddress:
    @pytest.mark.parametrize("address", PUBLIC)
    def test_admits_public_ones(self, address):
        assert AddressRule().admits("lms.example", [address])

    @pytest.mark.parametrize("address", PRIVATE + NEVER)
    def test_refuses_all_others(self, address):
        assert not AddressRule().admits("lms.example", [address])

    @pytest.mark.parametrize("address", PRIVATE)
    def test_admits_a_private_one_by_the_host_s_name_or_by_its_network(self, address):
        assert AddressRule.allowing(["LMS.example."]).admits("lms.example", [address])
        assert AddressRule.allowing(["0.0.0.0/0", "::/0"]).admits("lms.example", [address])

    @pytest.mark.parametrize("address", NEVER)
    def test_never_admits_some_even_when_allowed(self, address):
        assert not AddressRule.allowing(["lms.example", "0.0.0.0/0", "::/0"]).admits("lms.example", [address])

    def test_refuses_a_host_when_one_of_its_addresses_is_private(self):
        assert not AddressRule().admits("lms.example", [*PUBLIC, "10.0.0.1"])

    def test_refuses_a_host_without_any_address(self):
        assert not AddressRule().admits("lms.example", [])

    def test_unwraps_ipv4_inside_ipv6(self):
        rule = AddressRule.allowing(["10.0.0.0/8"])

        assert rule.admits("lms.example", ["::ffff:10.0.0.1"])
        assert not AddressRule().admits("lms.example", ["::ffff:10.0.0.1"])

    def test_allows_plain_http_only_to_named_hosts(self):
        rule = AddressRule.allowing(["lms.example", "10.0.0.0/8"])

        assert rule.allows_plain_http("lms.example", PUBLIC)
        assert rule.allows_plain_http("other.example", ["10.0.0.1"])
        assert not rule.allows_plain_http("other.example", PUBLIC)
