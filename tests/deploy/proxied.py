"""The tool as it runs on a server: web processes and a worker behind nginx with the file of deploy/nginx."""

import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from demo_lms import LmsSettings, create_lms, serve
from lti_tool import clock, create_app
from lti_tool.cli import application
from lti_tool.extensions import db
from lti_tool.services import platforms
from lti_tool.services.platforms import Registration
from lti_tool.transactions import transaction
from tests.browser.tls import Certificate, throwaway_certificate
from tests.support.ports import free_ports
from tests.support.world import FRENCH, hidden_fields
from tools.programs import find_nginx

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "deploy" / "nginx"
LTI_TOOL = (
    "from tests.support.network import forbid_network; forbid_network(); "
    "from lti_tool.cli import main; main()"
)
MAIN_FILE = """
daemon off;
master_process on;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/main.log warn;
events {{ worker_connections 128; }}
http {{
    types {{ text/css css; text/javascript js mjs; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/community-value.conf;
}}
"""
PATIENCE = 40.0


class Server:
    """Two web processes, a worker, nginx in front on https, and an LMS, all on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate: Certificate = throwaway_certificate(folder, "localhost")
        self.https, self.http, *self.web_ports = free_ports(4)
        self.url = f"https://localhost:{self.https}"
        self._environment = {
            "LTI_TOOL_BASE_URL": self.url,
            "LTI_TOOL_VAR_DIR": str(folder / "var"),
            "LTI_TOOL_SECRET_KEY": "nothing depends on this secret of a test",
            "LTI_TOOL_KEY_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "LTI_TOOL_TRUSTED_PROXIES": "1",
            "LTI_TOOL_OUTBOUND_ALLOW": "localhost,127.0.0.0/8",
        }
        self._running = ExitStack()
        self._processes: list[subprocess.Popen] = []
        self._web: dict[int, subprocess.Popen] = {}

    def __enter__(self) -> "Server":
        with self._running:
            self._open_lms()
            self._prepare()
            for port in self.web_ports:
                self.start_web(port)
            self._start("worker")
            self._start_nginx()
            for port in self.web_ports:
                self.wait_for(f"http://127.0.0.1:{port}/healthz")
            self.wait_for(f"{self.url}/healthz")
            self._running = self._running.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
        self._running.close()

    def visitor(self) -> requests.Session:
        """Return a browser without cookies that trusts our certificate and follows nothing by itself."""
        session = requests.Session()
        session.verify = str(self.certificate.authority_file)
        session.trust_env = False
        session.headers.update({"Sec-Fetch-Dest": "iframe", "Accept-Language": "en"})
        return session

    def launch(self, person: str, visitor: requests.Session) -> requests.Response:
        """Walk from the course to the tool's answer to the launch."""
        lms, issuer = requests.Session(), self.lms.settings.issuer
        lms.trust_env = False
        lms.post(f"{issuer}/person", data={"person": person}, timeout=10)
        login = hidden_fields(lms.get(f"{issuer}/courses/{FRENCH}/launch", timeout=10).text)
        page = visitor.post(f"{self.url}/lti/login", data=login, timeout=10)
        address = re.search(r'data-auth-url="([^"]+)"', page.text)[1].replace("&amp;", "&")
        form = hidden_fields(lms.get(address, timeout=10).text)
        return visitor.post(f"{self.url}/lti/launch", data=form, allow_redirects=False, timeout=10)

    def start_web(self, port: int) -> None:
        """Start the web process of this port."""
        self._web[port] = self._start("serve", "--port", str(port), "--processes", "1")

    def stop_web(self, port: int) -> int:
        """Ask the web process of this port to end, as systemd does; return its exit code."""
        self._web[port].terminate()
        return self._web[port].wait(PATIENCE)

    def wait_for(self, address: str) -> requests.Response:
        """Return the first good answer of an address."""
        end, visitor = time.monotonic() + PATIENCE, self.visitor()
        while time.monotonic() < end:
            with suppress(requests.ConnectionError):
                answer = visitor.get(address, timeout=10)
                if answer.status_code == 200:
                    return answer
            time.sleep(0.1)
        raise AssertionError(f"{address} does not answer:\n{self.said()}")

    def said(self) -> str:
        """Return the end of what every process printed."""
        return "\n".join(f"{file.name}: {file.read_text()[-1500:]}" for file in self.folder.glob("*.log"))

    def _open_lms(self) -> None:
        settings = LmsSettings(tool_url=self.url, fetch=lambda address: self.wait_for(address).content)
        app = create_lms(settings)
        served = serve(app, ("127.0.0.1",), 0)
        self._running.callback(served.close)
        settings.issuer = f"http://127.0.0.1:{served.port}"
        self.lms = app.lms

    def _prepare(self) -> None:
        """Do what `lti-tool db upgrade` and `lti-tool platforms add` do."""
        names = {name.removeprefix("LTI_TOOL_"): value for name, value in self._environment.items()}
        app = create_app("production", names)
        application.upgraded(app)
        issuer = self.lms.settings.issuer
        registration = Registration(
            name="Campus",
            issuer=issuer,
            client_id=self.lms.settings.client_id,
            auth_url=f"{issuer}/lti/auth",
            token_url=f"{issuer}/lti/token",
            jwks_url=f"{issuer}/lti/certs",
        )
        with app.app_context():
            with transaction():
                platforms.add(registration, None, self.url, clock.now())
            db.engine.dispose()

    def _start(self, *words: str) -> subprocess.Popen:
        return self._run(
            words[0] + (words[2] if len(words) > 2 else ""), sys.executable, "-c", LTI_TOOL, *words
        )

    def _start_nginx(self) -> None:
        main = self.folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        main.write_text(MAIN_FILE.format(folder=self.folder, user=user), encoding="utf-8")
        self._write_example("upstream.conf", self._webs())
        self._write_example("community-value.conf", self._places())
        self._run("nginx", find_nginx(), "-e", self.folder / "main.log", "-c", main)

    def _webs(self) -> dict[str, str]:
        first, second = (f"127.0.0.1:{port}" for port in self.web_ports)
        return {"127.0.0.1:8000": first, "127.0.0.1:8001": second}

    def _places(self) -> dict[str, str]:
        """Name what an administrator adapts, and where this machine may listen and write."""
        return {
            "/etc/nginx/community-value/": f"{self.folder}/",
            "/etc/nginx/certificate/fullchain.pem": str(self.certificate.file),
            "/etc/nginx/certificate/privkey.pem": str(self.certificate.file),
            "/var/log/nginx/": f"{self.folder}/",
            "server_name community.example.org;": "server_name localhost;",
            "listen 80;": f"listen 127.0.0.1:{self.http};",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.https} ssl http2;",
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
        }

    def _write_example(self, name: str, places: dict[str, str]) -> None:
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        for written, here in places.items():
            assert written in text, written
            text = text.replace(written, here)
        (self.folder / name).write_text(text, encoding="utf-8")

    def _run(self, name: str, *command: object) -> subprocess.Popen:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("LTI_TOOL_")}
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=ROOT,
                env=kept | self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._processes.append(process)
        self._running.callback(_end, process)
        return process


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    process.kill()
    process.wait()
