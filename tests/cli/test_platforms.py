"""`lti-tool platforms`: looking over connections, trying one out, pausing it, approving deployments."""

import io
import json
import re

import pytest

from demo_lms import LmsSettings, create_lms, serve

ISSUER = "https://moodle.example.edu"
LOCAL = {"LTI_TOOL_OUTBOUND_ALLOW": "127.0.0.1"}


def addresses(host: str, jwks: str = "certs") -> list[str]:
    return [f"--auth-url={host}/lti/auth", f"--token-url={host}/lti/token", f"--jwks-url={host}/lti/{jwks}"]


@pytest.fixture
def registered(run, upgraded):
    """A schema and one platform; return a function that lists what there is."""
    added = run("platforms", "add", f"--issuer={ISSUER}", "--client-id=one", *addresses(ISSUER))
    assert added.returncode == 0, added.stderr
    return lambda: json.loads(run("platforms", "list", "--json").stdout)


class TestListing:
    def test_says_whose_a_platform_is_and_what_was_never_seen(self, run, registered):
        (platform,) = registered()
        assert platform["organisation"] == "community.example.org"
        assert (platform["state"], platform["well"]) == ("active", None)
        assert (platform["last_launch_at"], platform["checked_at"]) == (None, None)
        printed = run("platforms", "list").stdout
        assert "last launch never, last check never" in printed
        assert f"issuer {ISSUER}, client id one" in printed

    def test_without_any_platform_says_how_to_add_one(self, run, upgraded):
        printed = run("platforms", "list").stdout
        assert "platforms add --help" in printed
        assert "platforms invite" in printed


class TestApproving:
    def test_gives_a_tenant_of_one_s_own_to_its_organisation(self, run, registered):
        run("platforms", "approve", "1", "tenant-a", "--organisation=Lycée A")
        run("platforms", "approve", "1", "tenant-b", "--organisation=Lycée B")
        run("platforms", "approve", "1", "ours")
        (platform,) = registered()
        assert [(one["deployment_id"], one["organisation"]) for one in platform["deployments"]] == [
            ("tenant-a", "Lycée A"),
            ("tenant-b", "Lycée B"),
            ("ours", "community.example.org"),
        ]
        assert run("platforms", "approve", "1", "ours", "--organisation=Other").returncode == 0
        assert registered()[0]["deployments"][2]["organisation"] == "Other"


class TestSuspending:
    def test_pauses_until_it_is_resumed(self, run, registered):
        assert "paused" in run("platforms", "suspend", "1").stdout
        assert registered()[0]["state"] == "suspended"
        assert "may launch the tool again" in run("platforms", "suspend", "1", "--resume").stdout
        assert registered()[0]["state"] == "active"

    def test_what_does_not_exist_is_refused_in_words(self, run, registered):
        for words in (("suspend", "9"), ("check", "9"), ("approve", "9", "x")):
            answer = run("platforms", *words)
            assert (answer.returncode, answer.stdout) == (1, "")
            assert "There is no platform 9." in answer.stderr


class TestChecking:
    @pytest.fixture
    def lms(self, lms_signing_key, upgraded):
        app = create_lms(LmsSettings(tool_url="https://tool.test", signing_key=lms_signing_key, fetch=None))
        server = serve(app, ("127.0.0.1",), 0)
        app.lms.settings.issuer = f"http://127.0.0.1:{server.port}"
        yield app.lms
        server.close()

    def add(self, run, lms):
        host = lms.settings.issuer
        words = [f"--issuer={host}", f"--client-id={lms.settings.client_id}", *addresses(host)]
        assert run("platforms", "add", *words).returncode == 0

    def test_says_what_to_do_about_a_tool_that_the_lms_does_not_know_yet(self, run, lms):
        """The LMS cannot read the key set of a tool at an address that does not exist: it refuses a token."""
        self.add(run, lms)
        lms.quirks.refuse_tokens = True
        checked = run("platforms", "check", "1", **LOCAL)
        assert checked.returncode == 1
        assert re.search("ok +The public keys of the LMS can be read", checked.stdout)
        assert re.search(
            "PROBLEM +The LMS does not let us call its services yet: token-refused: invalid_client",
            checked.stdout,
        )
        assert "see that the tool is switched on" in checked.stdout
        assert re.search("ok +Its clock and ours agree", checked.stdout)
        assert "Findings that need a remedy: 1." in checked.stderr
        (platform,) = json.loads(run("platforms", "list", "--json").stdout)
        assert platform["well"] is False
        assert platform["checked_at"]

    def test_an_address_in_this_network_that_nobody_allowed_is_named(self, run, lms):
        self.add(run, lms)
        checked = run("platforms", "check", "1")
        assert re.search(r"PROBLEM +Some addresses of the LMS .+: http://127\.0\.0\.1", checked.stdout)
        assert re.search("PROBLEM +The public keys .+ cannot be read: outbound-forbidden", checked.stdout)
        assert "LTI_TOOL_OUTBOUND_ALLOW" in checked.stdout

    def test_a_suspended_one_is_not_called(self, run, lms):
        self.add(run, lms)
        run("platforms", "suspend", "1")
        before = len(lms.calls.all())
        checked = run("platforms", "check", "1", **LOCAL)
        assert re.search("PROBLEM +The connection is paused", checked.stdout)
        assert "suspend 1 --resume" in checked.stdout
        assert len(lms.calls.all()) == before


class TestSucceeding:
    @pytest.fixture
    def both(self, run, registered):
        """Two registrations of one LMS."""
        run("platforms", "add", f"--issuer={ISSUER}", "--client-id=two", "--name=New", *addresses(ISSUER))
        return registered

    def test_shows_what_would_move_moves_it_and_puts_it_back(self, run, both):
        done = run("platforms", "succeed", "1", "2", "--yes")
        assert done.returncode == 0, done.stderr
        assert "New (platform 2, client id two) takes the place of" in done.stdout
        assert "Rows moved: 0 of courses, 0 of people." in done.stdout
        assert (both()[0]["state"], both()[0]["replaced_by"]) == ("suspended", 2)
        assert "[replaced by platform 2]" in run("platforms", "list").stdout
        resumed = run("platforms", "suspend", "1", "--resume")
        assert resumed.returncode == 1
        assert "succeed 1 NEW --undo" in resumed.stderr
        assert run("platforms", "succeed", "1", "2", "--undo", "--yes").returncode == 0
        assert (both()[0]["state"], both()[0]["replaced_by"]) == ("active", None)

    def test_does_nothing_unless_somebody_says_yes(self, run, both, monkeypatch):
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        asked = run("platforms", "succeed", "1", "2")
        assert asked.returncode == 1
        assert both()[0]["state"] == "active"

    def test_refuses_in_words(self, run, both):
        for words, sentence in (
            (("1", "1"), "same registration"),
            (("1", "9"), "no such platform"),
            (("1", "2", "--deployment=7"), "no such deployment"),
            (("1", "2", "--undo", "--yes"), "not replaced by NEW"),
        ):
            answer = run("platforms", "succeed", *words)
            assert answer.returncode == 1
            assert sentence in answer.stderr
