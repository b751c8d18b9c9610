"""What a stranger gets: the list of packages, the locks, the wheel, and a demo that starts from it."""

import json
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from setuptools import find_packages

from tests.support import installation
from tests.support.installation import ROOT
from tests.support.ports import free_ports

STARTS_WITHIN = 90
STOPS_WITHIN = 120
PINNED = re.compile(r"^([a-z0-9-]+(?:\[[a-z,]+\])?)==(\S+)(?: ; (.+?))? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
# Beside the packages in the source tree, inside lti_tool in the wheel.
OUTSIDE_FOLDERS = {
    "configs",
    "docs.connect",
    "docs.guide",
    "migrations",
    "static",
    "templates",
    "translations",
}


def locked(name):
    """The requirements of a lock, by canonical name; a library may be there once per Python version."""
    pins = {}
    for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines():
        match = PINNED.match(line)
        if match:
            pins.setdefault(canonicalize_name(match[1].partition("[")[0]), set()).add(match[2])
    return pins


def on_disk(package, folder):
    """The files of a package as the wheel names them."""
    inside = package.replace(".", "/")
    return {
        f"{inside}/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


class TestListingPackages:
    def test_every_package_on_disk_is_listed_and_every_listed_one_is_on_disk(self):
        found = set(find_packages(str(ROOT), include=["lti_tool*", "demo_lms*"]))
        listed = set(installation.package_folders())
        assert listed == found | {f"lti_tool.{name}" for name in OUTSIDE_FOLDERS}

    def test_every_listed_package_has_its_folder(self):
        assert [
            str(folder) for folder in installation.package_folders().values() if not folder.is_dir()
        ] == []

    def test_no_folder_with_python_is_left_without_being_a_package(self):
        lonely = {
            path.parent.relative_to(ROOT).as_posix()
            for top in ("lti_tool", "demo_lms")
            for path in (ROOT / top).rglob("*.py")
            if not (path.parent / "__init__.py").exists()
        }
        assert lonely == set()


@pytest.mark.packaging
class TestTheSourceArchive:
    def test_it_holds_what_a_server_is_set_up_from(self, tmp_path):
        sources = tmp_path / "sources"
        ignored = shutil.ignore_patterns(".*", "__pycache__", "var", "*.egg-info", "tests", "node_modules")
        shutil.copytree(ROOT, sources, ignore=ignored)
        made = (sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", tmp_path, sources)
        installation.run(*made, cwd=tmp_path)
        with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
        assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "deploy").rglob("*.*")} <= names
        named = {"requirements/run.txt", "docs/operate.md", "migrations/env.py", "templates/base.html"}
        assert named <= names


class TestLocking:
    @pytest.mark.parametrize("lock", ["run.txt", "dev.txt", "independent.txt"])
    def test_a_lock_holds_exact_versions_with_hashes_and_nothing_else(self, lock):
        lines = (ROOT / "requirements" / lock).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not (PINNED.match(line) or HASH.match(line))] == []

    def test_the_development_lock_contains_the_other_one(self):
        run, dev = locked("run.txt"), locked("dev.txt")
        assert {name: dev.get(name) for name in run} == run

    def test_nothing_of_the_independent_platform_is_a_dependency_of_ours(self):
        """Its licence (AGPL-3.0) is not ours: it is run beside us, never installed with us."""
        assert "lti-consumer-xblock" in locked("independent.txt")
        ours = locked("run.txt").keys() | locked("dev.txt").keys()
        assert {"lti-consumer-xblock", "xblock", "django"} & ours == set()

    def test_the_lock_answers_what_setup_cfg_asks_for(self):
        asked = installation.listed(installation.packaging(), "options", "install_requires")
        pins = locked("run.txt")
        unanswered = [
            text
            for text in asked
            for wish in [Requirement(text)]
            if not any(wish.specifier.contains(pin) for pin in pins.get(canonicalize_name(wish.name), ()))
        ]
        assert unanswered == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return installation.build_wheel(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    """The bin folder of an environment that holds the wheel and its locked libraries, nothing else."""
    return installation.install(wheel, tmp_path_factory.mktemp("installed") / "environment")


@pytest.mark.packaging
class TestTheWheel:
    def test_it_holds_every_file_of_the_source_tree(self, wheel):
        with zipfile.ZipFile(wheel) as archive:
            packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        expected = set()
        for package, folder in installation.package_folders().items():
            expected |= on_disk(package, folder)
        assert packed == expected

    def test_every_translation_in_it_is_compiled(self, wheel):
        with zipfile.ZipFile(wheel) as archive:
            names = set(archive.namelist())
        texts = {name.removesuffix(".po") for name in names if name.endswith(".po")}
        compiled = {name.removesuffix(".mo") for name in names if name.endswith(".mo")}
        assert "lti_tool/translations/fr/LC_MESSAGES/messages" in texts
        assert texts == compiled

    def test_the_installed_command_explains_itself(self, programs, tmp_path):
        explained = installation.run(programs / "lti-tool", "--help", cwd=tmp_path)
        for command in ("demo", "serve", "worker", "db", "platforms"):
            assert re.search(rf"^\s+{command}\b", explained, re.M), explained

    def test_the_demo_starts_in_an_empty_folder_and_stops_when_asked(self, programs, tmp_path):
        port, lms_port = free_ports(2)
        demo = Demo(programs / "lti-tool", port, lms_port, tmp_path)
        with demo:
            front = demo.get(f"http://127.0.0.1:{port}/")
            keys = json.loads(demo.get(f"http://127.0.0.1:{port}/lti/jwks.json"))
            lms = demo.get(f"http://localhost:{lms_port}/")
        assert "/static/" in front
        assert keys["keys"]
        assert "<html" in lms
        assert demo.exit_code == 0, demo.log()
        assert (tmp_path / "var" / f"demo-{port}-{lms_port}").is_dir()

    def test_the_demo_stops_in_order_when_asked_while_it_still_starts(self, programs, tmp_path):
        demo = Demo(programs / "lti-tool", *free_ports(2), tmp_path)
        with demo:
            demo.wait_for("Community Value demo.")
        assert demo.exit_code == 0, demo.log()
        assert "Aborted" not in demo.log()


class Demo:
    """`lti-tool demo` as a process of its own; stopped by Ctrl-C, as a person would."""

    def __init__(self, program, port, lms_port, folder):
        self._command = [program, "demo", "--port", str(port), "--lms-port", str(lms_port)]
        self._folder = folder
        self._log = folder / "demo.log"
        self.exit_code = None

    def __enter__(self):
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=installation.clean_environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGINT)
        try:
            self.exit_code = self._process.wait(timeout=STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def get(self, address):
        """The page at `address`, as soon as the demo serves it."""
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            assert self._process.poll() is None, self.log()
            try:
                with urlopen(address, timeout=10) as answer:
                    return answer.read().decode("utf-8")
            except (URLError, ConnectionError, TimeoutError) as problem:
                assert time.monotonic() < deadline, f"{address}: {problem}\n{self.log()}"
                time.sleep(0.2)

    def wait_for(self, text):
        """Wait until the demo has said `text`."""
        deadline = time.monotonic() + STARTS_WITHIN
        while text not in self.log():
            assert self._process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def log(self):
        return self._log.read_text(encoding="utf-8", errors="replace")
