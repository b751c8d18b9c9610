"""The rules of the house, executed: who imports whom, who writes SQL, who commits, how long things get.

The import rules themselves are import-linter contracts in setup.cfg; here they are run, together with what
an import graph cannot see.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FUNCTION = 50
LONGEST_FILE = 400

# What the pure packages may use beside the standard library.
LIBRARIES = {
    "grading": {"markdown_it"},
    "knowledge": {"PIL", "markdown_it", "mdit_py_plugins", "nh3", "puremagic", "snowballstemmer"},
}
# Where SQL is written; transactions.py speaks to the engine (BEGIN, PRAGMA), not to tables.
SQL_ROOMS = (
    "lti_tool/transactions.py",
    "lti_tool/services/",
    "lti_tool/models/",
    "lti_tool/lti/store.py",
    "lti_tool/access.py",
    "lti_tool/admin_access.py",
)
SQL_WORDS = {"delete", "insert", "select", "text", "update"}
SQL_CALLS = {"execute", "scalar", "scalars"}
EDGES = ("lti_tool/blueprints/", "lti_tool/cli/", "lti_tool/jobs", "lti_tool/schemas/")

# The mark-up that a content security policy without inline script and style refuses.
INLINE = re.compile(
    r"""<style\b|<script(?![^>]*\bsrc=)[^>]*>|\sstyle\s*=\s*["']|\son[a-z]+\s*=\s*["']""", re.I
)
COLOUR = re.compile(
    r"#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(", re.I
)
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)
MACHINE_PATH = re.compile(r"(?<![\w.-])/(?:work|root|Users|home/\w+)/")


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str, bool]]:
    """Every call, the name that is called, and whether it is called on something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node, node.func.id, False
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func.attr, True


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """The absolute names of the modules that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


def imported_names(tree: ast.AST, module: str) -> set[str]:
    """The names that a file takes from `module` or from a module inside it."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{module}.")
        for alias in node.names
    }


class TestImporting:
    def test_the_contracts_of_setup_cfg_are_kept(self):
        linter = Path(sys.executable).parent / "lint-imports"
        linted = subprocess.run(
            [linter, "--no-cache", "--no-logo"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert linted.returncode == 0, linted.stdout + linted.stderr

    @pytest.mark.parametrize("package", sorted(LIBRARIES))
    def test_a_pure_package_uses_the_standard_library_and_its_own_libraries(self, package):
        allowed = sys.stdlib_module_names | LIBRARIES[package]
        foreign = [
            f"{place(path)}: {name}"
            for path in python_files(f"lti_tool/{package}")
            for name in imported_modules(ast.parse(path.read_text(encoding="utf-8")))
            if name.partition(".")[0] not in allowed and not f"{name}.".startswith(f"lti_tool.{package}.")
        ]
        assert foreign == []

    def test_edges_and_schemas_do_not_take_the_database(self):
        guilty = [
            place(path)
            for path in python_files("lti_tool")
            if place(path).startswith(EDGES)
            and "db" in imported_names(ast.parse(path.read_text(encoding="utf-8")), "lti_tool.extensions")
        ]
        assert guilty == []


class TestWritingSQL:
    def test_sql_is_written_in_its_rooms_only(self):
        guilty = []
        for path in python_files("lti_tool"):
            if place(path).startswith(SQL_ROOMS):
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            sql_words = imported_names(tree, "sqlalchemy") & SQL_WORDS
            guilty += [
                f"{place(path)}:{node.lineno}: {name}"
                for node, name, on_something in calls(tree)
                if (name in SQL_CALLS if on_something else name in sql_words)
            ]
        assert guilty == []

    def test_services_flush_and_never_commit(self):
        guilty = [
            f"{place(path)}:{node.lineno}"
            for path in python_files("lti_tool/services")
            for node, name, on_something in calls(ast.parse(path.read_text(encoding="utf-8")))
            if name == "commit" and on_something
        ]
        assert guilty == []


class TestLength:
    def test_no_function_is_longer_than_fifty_lines(self):
        guilty = []
        for path in python_files("lti_tool", "demo_lms"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = node.end_lineno - node.lineno + 1
                    if length > LONGEST_FUNCTION:
                        guilty.append(f"{place(path)}:{node.lineno} {node.name}: {length}")
        assert guilty == []

    def test_no_file_is_longer_than_four_hundred_lines(self):
        lengths = {
            place(path): len(path.read_text(encoding="utf-8").splitlines())
            for path in python_files("lti_tool", "demo_lms")
        }
        assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


class TestPages:
    def test_no_template_has_inline_style_or_script(self):
        guilty = [
            f"{place(path)}:{number}"
            for folder in ("templates", "demo_lms/templates")
            for path in sorted((ROOT / folder).rglob("*.html"))
            if "mails" not in path.parts  # a mail is no page: no policy holds there, no stylesheet is fetched
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
            if INLINE.search(line)
        ]
        assert guilty == []

    def test_colours_are_named_in_the_tokens_only(self):
        guilty = []
        for path in sorted((ROOT / "static" / "css").rglob("*.css")):
            if path.name == "tokens.css":
                continue
            sheet = CSS_COMMENT.sub("", path.read_text(encoding="utf-8"))
            guilty += [f"{place(path)}: {colour}" for colour in COLOUR.findall(sheet)]
        assert guilty == []


class TestMachines:
    def test_no_file_names_a_place_on_somebodys_machine(self):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        guilty = []
        for name in filter(None, listed.stdout.decode("utf-8").split("\0")):
            content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
            if b"\0" not in content and MACHINE_PATH.search(content.decode("utf-8", errors="replace")):
                guilty.append(name)
        assert guilty == []
