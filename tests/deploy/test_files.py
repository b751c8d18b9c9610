"""What deploy/ says is so: settings, commands, files and names that exist. (Containers are read, not run.)"""

import ast
import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
NGINX = (DEPLOY / "nginx" / "community-value.conf").read_text(encoding="utf-8")
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
EXAMPLE = (DEPLOY / "community-value.env.example").read_text(encoding="utf-8")
SETTING = re.compile(r"LTI_TOOL_([A-Z_]+)")


def settings_of_the_tool():
    """The names that configs/default.py sets."""
    tree = ast.parse((ROOT / "configs" / "default.py").read_text(encoding="utf-8"))
    return {node.targets[0].id for node in tree.body if isinstance(node, ast.Assign)}


def option_names(words):
    """Walk the command line down these words; return what options its command has."""
    from lti_tool.cli import tool

    command, rest = tool, list(words)
    while isinstance(command, click.Group):
        command = command.commands[rest.pop(0)]
    return {name for parameter in command.params for name in parameter.opts}


def assert_understood(words):
    """Fail unless `lti-tool` has this command with these options."""
    used = {word for word in words if word.startswith("--")}
    assert used <= option_names(words), words


class TestSettings:
    @pytest.mark.parametrize("file", sorted(DEPLOY.rglob("*.*")), ids=lambda file: file.name)
    def test_every_setting_that_a_file_names_exists(self, file):
        named = set(SETTING.findall(file.read_text(encoding="utf-8")))
        assert named <= settings_of_the_tool() | {"ENVIRONMENT"}

    def test_the_example_names_every_setting_that_an_operator_may_want(self):
        made_by_the_unit = {"VAR_DIR"}
        assert set(SETTING.findall(EXAMPLE)) == settings_of_the_tool() - made_by_the_unit

    def test_the_example_has_no_secret_in_it(self):
        assert re.findall(r"^LTI_TOOL_(?:SECRET_KEY|KEY_ENCRYPTION_KEY)=(.*)$", EXAMPLE, re.M) == ["", ""]

    def test_a_filled_in_example_is_accepted(self, monkeypatch, tmp_path):
        from lti_tool import create_app
        from lti_tool.cli import secrets

        filled = dict(re.findall(r"^#?(LTI_TOOL_[A-Z_]+)=(.*)$", EXAMPLE, re.M))
        filled |= {f"LTI_TOOL_{name}": value for name, value in secrets.made().items()}
        filled["LTI_TOOL_STORAGE_URL"] = f"file://{tmp_path}"
        for name, value in filled.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("LTI_TOOL_VAR_DIR", str(tmp_path))
        chosen = create_app().extensions["settings"]
        assert chosen.outbound_allow == ("lms.internal", "10.20.0.0/16")
        assert chosen.trusted_proxies == 1


class TestTheImage:
    def test_its_stages_copy_what_exists(self):
        stages = re.findall(r"^FROM \S+(?: AS (\w+))?$", DOCKERFILE, re.M)
        assert stages == ["build", ""]
        for source, words in re.findall(r"^COPY (?:--from=(\w+) )?(.+)$", DOCKERFILE, re.M):
            assert source in ("", "build")
            missing = [word for word in words.split()[:-1] if not source and not (ROOT / word).exists()]
            assert missing == []

    def test_it_copies_every_folder_that_the_package_is_made_of(self):
        from tests.support.installation import BUILD_FILES, package_folders

        needed = {folder.relative_to(ROOT).parts[0] for folder in package_folders().values()}
        copied = {
            word for words in re.findall(r"^COPY ([^-].+)$", DOCKERFILE, re.M) for word in words.split()[:-1]
        }
        assert needed | set(BUILD_FILES) <= copied

    def test_what_it_copies_is_not_ignored(self):
        allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.M))
        for words in re.findall(r"^COPY ([^-].+)$", DOCKERFILE, re.M):
            assert {word.split("/")[0] for word in words.split()[:-1]} <= allowed

    def test_what_builds_the_wheel_is_pinned_with_its_hashes(self):
        lines = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").splitlines()
        first = next(number for number, line in enumerate(lines) if line.startswith("setuptools=="))
        assert lines[first].endswith("\\") and "--hash=sha256:" in lines[first + 1]
        assert "sed -n '/^setuptools==/,/[^\\\\]$/p' requirements/dev.txt" in DOCKERFILE

    def test_it_runs_as_somebody_without_rights_and_holds_no_setting_but_its_folder(self):
        last = DOCKERFILE.rpartition("\nFROM ")[2]
        assert re.search(r"^USER community-value$", last, re.M)
        assert set(SETTING.findall(DOCKERFILE)) == {"VAR_DIR"}

    def test_its_port_is_the_one_that_it_serves_and_is_asked_about(self):
        exposed = re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.M)[1]
        assert f'"--port", "{exposed}"' in DOCKERFILE
        assert f"http://127.0.0.1:{exposed}/healthz" in DOCKERFILE

    def test_its_command_exists(self):
        command = ast.literal_eval(re.search(r"^CMD (\[\"serve.*\])$", DOCKERFILE, re.M)[1])
        assert_understood(command)


class TestCompose:
    services = COMPOSE["services"]

    def test_it_runs_two_of_each_with_what_they_need(self):
        assert set(self.services) == {"database", "queue", "upgrade", "web", "worker", "proxy"}
        assert [self.services[name]["deploy"]["replicas"] for name in ("web", "worker")] == [2, 2]

    def test_its_web_servers_ask_for_fewer_connections_than_postgresql_gives(self):
        web = self.services["web"]
        words = web["command"]
        each = [int(words[words.index(option) + 1]) for option in ("--processes", "--threads")]
        usual_limit, for_workers_and_people = 100, 20
        assert web["deploy"]["replicas"] * each[0] * each[1] <= usual_limit - for_workers_and_people

    def test_every_name_that_it_uses_exists(self):
        for name, service in self.services.items():
            assert set(service.get("depends_on", {})) <= set(self.services), name
            assert set(service.get("networks", ())) <= set(COMPOSE["networks"]), name
            for volume in service.get("volumes", ()):
                source = volume.split(":")[0]
                assert source in COMPOSE["volumes"] or source.startswith("./"), name

    def test_every_file_that_it_mounts_or_builds_from_is_there(self):
        mounted = [v.split(":")[0] for service in self.services.values() for v in service.get("volumes", ())]
        by_the_operator = {"./certificate"}
        files = {file for file in mounted if file.startswith("./")} - by_the_operator
        assert [file for file in files if not (DEPLOY / file).is_file()] == []
        built = self.services["web"]["build"]
        assert (DEPLOY / built["context"] / built["dockerfile"]).resolve() == DEPLOY / "Dockerfile"
        for service in self.services.values():
            if "env_file" in service:
                assert (DEPLOY / f"{service['env_file']}.example").is_file()

    def test_nothing_starts_before_what_it_needs_is_healthy_and_the_schema_is_there(self):
        for name in ("web", "worker"):
            needs = {key: value["condition"] for key, value in self.services[name]["depends_on"].items()}
            assert needs == {
                "database": "service_healthy",
                "queue": "service_healthy",
                "upgrade": "service_completed_successfully",
            }
        for waited_for in ("database", "queue"):
            assert "test" in self.services[waited_for]["healthcheck"]

    def test_nothing_but_the_proxy_is_published(self):
        assert {name for name, service in self.services.items() if "ports" in service} == {"proxy"}

    def test_database_and_queue_are_out_of_reach_of_the_proxy(self):
        assert COMPOSE["networks"]["data"]["internal"] is True
        assert self.services["proxy"]["networks"] == ["outside"]
        assert [self.services[name]["networks"] for name in ("database", "queue")] == [["data"], ["data"]]

    @pytest.mark.parametrize("name", ["upgrade", "web", "worker"])
    def test_the_tool_runs_existing_commands_without_rights_on_a_read_only_root(self, name):
        service = self.services[name]
        assert_understood(service["command"])
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]

    def test_no_secret_stands_in_it(self):
        for service in self.services.values():
            assert not {key for key in service.get("environment", {}) if "PASSWORD" in key or "SECRET" in key}

    def test_the_address_of_the_queue_is_the_name_of_its_service(self):
        assert self.services["web"]["environment"]["LTI_TOOL_QUEUE_URL"].startswith("redis://queue:")

    def test_it_waits_longer_than_a_polite_stop_takes(self):
        assert self.services["web"]["stop_grace_period"] == "30s"
        assert self.services["worker"]["stop_grace_period"] == "40s"


class TestUnits:
    @pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
    def test_its_command_exists(self, unit):
        (line,) = re.findall(r"^ExecStart=(.+)$", unit.read_text(encoding="utf-8"), re.M)
        words = shlex.split(line)
        if words[0] == "/bin/sh":
            words = shlex.split(words[2].removeprefix("exec "))
        assert words[0] == "/opt/community-value/bin/lti-tool"
        assert_understood(words[1:])

    @pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
    def test_it_writes_into_its_own_folder_only_and_gains_no_right(self, unit):
        lines = unit.read_text(encoding="utf-8").splitlines()
        assert {"ProtectSystem=strict", "NoNewPrivileges=yes", "StateDirectory=community-value"} <= set(lines)

    def test_the_target_wants_what_the_proxy_speaks_to(self):
        target = (DEPLOY / "systemd" / "community-value.target").read_text(encoding="utf-8")
        upstream = (DEPLOY / "nginx" / "upstream.conf").read_text(encoding="utf-8")
        ports = re.findall(r"^\s+server 127\.0\.0\.1:(\d+) ", upstream, re.M)
        assert ports == re.findall(r"community-value-web@(\d+)\.service", target)

    def test_the_instances_are_of_units_that_are_here(self):
        target = (DEPLOY / "systemd" / "community-value.target").read_text(encoding="utf-8")
        names = {unit.name for unit in UNITS}
        assert {f"{name}@.service" for name in re.findall(r"([a-z-]+)@\w+\.service", target)} <= names


class TestTheProxy:
    def test_what_is_too_large_meets_the_tools_own_page(self):
        from lti_tool import create_app
        from lti_tool.request_cycle import LARGEST_AT_ONCE

        config = create_app("testing").config
        largest = config["MAX_CONTENT_LENGTH"] + LARGEST_AT_ONCE * config["FILE_LIMIT"]
        megabytes = int(re.search(r"client_max_body_size (\d+)m;", NGINX)[1])
        assert largest < megabytes * 1024 * 1024

    def test_both_upstreams_are_what_the_tool_listens_on(self):
        containers = (DEPLOY / "nginx" / "upstream.containers.conf").read_text(encoding="utf-8")
        assert "server web:8000 " in containers
        assert "web" in COMPOSE["services"]
        for upstream in (containers, (DEPLOY / "nginx" / "upstream.conf").read_text(encoding="utf-8")):
            assert "upstream community_value {" in upstream
