"""Before `make run`: is this machine able to run the demo? If not, name the one command that helps.

Runs with whatever Python is there, so it is written for old ones too.
"""

import socket
import sys

OLDEST, FIRST_TOO_NEW = (3, 11), (3, 15)


def python_problem(version):
    """What to say about a Python of this version (a tuple), or None when it fits."""
    if OLDEST <= tuple(version[:2]) < FIRST_TOO_NEW:
        return None
    found = "Python {}.{} is not one of 3.11 to 3.14.".format(*version[:2])
    return found + " With another one installed: make run PYTHON=python3.12"


def venv_problem():
    """What to say when Python's venv cannot make an environment with pip, or None."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return "Python's venv module is missing. Try: sudo apt-get install python3-venv"
    return None


def port_problem(port, name, setting):
    """What to say when the port is taken on loopback, or None. `setting` is make's variable for it."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        if _taken(family, address, port):
            return "Port {} ({}) is in use on {}. Try: make run {}={}".format(
                port, name, address, setting, free_port_after(port)
            )
    return None


def free_port_after(port):
    """The next port above `port` that is free on 127.0.0.1; `port` + 10 when none of the next hundred is."""
    for candidate in range(port + 10, port + 110):
        if not _taken(socket.AF_INET, "127.0.0.1", candidate):
            return candidate
    return port + 10


def same_port_problem(port, lms_port):
    """What to say when both servers were given one port, or None."""
    if port == lms_port:
        return "The tool and the demo LMS need a port each. Try: make run LMS_PORT={}".format(port + 1)
    return None


def _taken(family, address, port):
    """Whether something listens there. A machine without IPv6 has nothing in use on ::1."""
    try:
        probe = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return False
    try:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0
    except OSError:
        return False
    finally:
        probe.close()


def port_of(text, setting):
    """The port that make's variable `setting` gives; exits with a sentence when it is none."""
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise SystemExit("{}={} is not a port. Try: make run {}=8090".format(setting, text, setting))


def main(ports):
    """:param ports: the tool's and the demo LMS's port as texts, or nothing: then Python alone is checked."""
    problem = python_problem(sys.version_info)
    if not problem and ports:
        port, lms_port = port_of(ports[0], "PORT"), port_of(ports[1], "LMS_PORT")
        problem = (
            venv_problem()
            or same_port_problem(port, lms_port)
            or port_problem(port, "the tool", "PORT")
            or port_problem(lms_port, "the demo LMS", "LMS_PORT")
        )
    if problem:
        raise SystemExit(problem)


if __name__ == "__main__":
    main(sys.argv[1:])
