"""The command line: what it prints, what it refuses, and with which exit code."""

import json
import re

import pytest

MOODLE = (
    "--issuer=https://moodle.example.edu",
    "--client-id=Xf3kQ9aPz7LmN2c",
    "--auth-url=https://moodle.example.edu/mod/lti/auth.php",
    "--token-url=https://moodle.example.edu/mod/lti/token.php",
    "--jwks-url=https://moodle.example.edu/mod/lti/certs.php",
)


class TestHelp:
    @pytest.mark.parametrize("words", [(), ("db",), ("platforms",), ("platforms", "add"), ("serve",)])
    def test_every_command_says_what_it_does(self, run, words):
        answer = run(*words, "--help")
        assert answer.returncode == 0
        assert "Usage: " in answer.stdout


class TestPlatforms:
    def test_adding_one_prints_what_the_lms_asks_for_and_lists_it(self, run, upgraded):
        added = run("platforms", "add", *MOODLE, "--deployment-id=5")
        assert added.returncode == 0, added.stderr
        for address in ("/lti/login", "/lti/launch", "/lti/jwks.json"):
            assert f"https://community.example.org{address}" in added.stdout
        (listed,) = json.loads(run("platforms", "list", "--json").stdout)
        assert listed["name"] == "moodle.example.edu"
        assert listed["deployment_policy"] == "strict"
        assert listed["deployments"] == [
            {"deployment_id": "5", "organisation": "community.example.org", "state": "accepted"}
        ]

    def test_adding_it_twice_is_refused_in_words(self, run, upgraded):
        run("platforms", "add", *MOODLE)
        again = run("platforms", "add", *MOODLE)
        assert again.returncode == 1
        assert "registered already" in again.stderr

    def test_an_address_that_is_none_is_refused(self, run, upgraded):
        words = [word.replace("https://moodle.example.edu/mod/lti/auth.php", "auth.php") for word in MOODLE]
        answer = run("platforms", "add", *words)
        assert answer.returncode == 2
        assert "whole address" in answer.stderr

    def test_a_deployment_can_be_approved_before_its_first_launch(self, run, upgraded):
        run("platforms", "add", *MOODLE)
        assert run("platforms", "approve", "1", "7").returncode == 0
        (listed,) = json.loads(run("platforms", "list", "--json").stdout)
        assert ("7", "accepted") in [(one["deployment_id"], one["state"]) for one in listed["deployments"]]
        assert run("platforms", "approve", "99", "7").returncode == 1


class TestRefusingToStart:
    @pytest.mark.parametrize(
        ("setting", "value", "hint"),
        [
            ("BASE_URL", "", "public address"),
            ("BASE_URL", "http://community.example.org", "plain http"),
            ("BASE_URL", "https://community.example.org/path", "without a path"),
            ("SECRET_KEY", "short", "32 random characters"),
            ("KEY_ENCRYPTION_KEY", "", "lti-tool secrets"),
            ("KEY_ENCRYPTION_KEY", "not-a-key", "Fernet"),
            ("TIME_ZONE", "Europe/Lutetia", "Europe/Paris"),
            ("DATABASE_URL", "mysql://there/here", "no other database"),
            ("QUEUE_URL", "amqp://there", "redis://"),
            ("OUTBOUND_ALLOW", "10.0.0.0/99", "not a network"),
            ("TRUSTED_PROXIES", "many", "0 to 10"),
            ("GRADE_EVIDENCE_DAYS", "0", "1 to 3650"),
            ("GRADE_EVIDENCE_DAYS", "a year", "1 to 3650"),
        ],
    )
    def test_an_unsafe_or_impossible_setting_is_named(self, run, setting, value, hint):
        answer = run("db", "upgrade", **{f"LTI_TOOL_{setting}": value})
        assert answer.returncode == 2
        assert f"LTI_TOOL_{setting}" in answer.stderr
        assert hint in answer.stderr

    @pytest.mark.parametrize("command", ["serve", "worker"])
    def test_without_a_schema_the_command_that_makes_it_is_named(self, run, command):
        answer = run(command)
        assert answer.returncode == 1
        assert "lti-tool db upgrade" in answer.stderr


class TestSecrets:
    def test_what_it_prints_can_be_used(self, run):
        made = dict(re.findall(r"^(LTI_TOOL_\w+)=(.+)$", run("secrets").stdout, re.MULTILINE))
        assert set(made) == {"LTI_TOOL_SECRET_KEY", "LTI_TOOL_KEY_ENCRYPTION_KEY"}
        assert run("db", "upgrade", **made).returncode == 0
