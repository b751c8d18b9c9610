"""`python -m demo_lms`: serve the demo LMS on this machine."""

import argparse
import sys
from pathlib import Path

from demo_lms import LmsSettings, StateUnreadable, create_lms, serve


def main() -> int:
    """Serve until interrupted; answers the exit status."""
    options = _options()
    settings = LmsSettings(
        issuer=options.issuer or f"http://localhost:{options.port}",
        tool_url=options.tool_url.rstrip("/"),
        client_id=options.client_id,
        state_file=options.state_file,
    )
    try:
        servers = serve(create_lms(settings), port=options.port)
    except (OSError, StateUnreadable) as problem:
        sys.stderr.write(f"The demo LMS cannot start: {problem}\n")
        return 1
    sys.stdout.write(f"Demo LMS: {settings.issuer}/ (launches {settings.tool_url})\n")
    sys.stdout.flush()
    try:
        servers.wait()
    except KeyboardInterrupt:
        servers.close()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m demo_lms", description="A small LTI 1.3 platform to try tools."
    )
    parser.add_argument("--port", type=int, default=8081, help="port on 127.0.0.1 and ::1 (default 8081)")
    parser.add_argument("--tool-url", default="http://127.0.0.1:8080", help="base address of the tool")
    parser.add_argument("--issuer", help="public address of this LMS (default http://localhost:PORT)")
    parser.add_argument("--client-id", default=LmsSettings.client_id, help="client id given to the tool")
    parser.add_argument("--state-file", type=Path, help="where the gradebook is kept between two starts")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
