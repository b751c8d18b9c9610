"""`lti-tool serve` and `lti-tool worker`: production."""

import click
from gunicorn.app.base import BaseApplication

from lti_tool import settings
from lti_tool.cli import application


class _Server(BaseApplication):
    """gunicorn without a configuration file: what a command line option said, and sound values."""

    def __init__(self, options: dict) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self):
        # Each worker process makes its own application, after the fork: connections are not shared.
        return application.made()


@click.command(help="Serve the tool (gunicorn). Several may run behind a proxy.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=int)
@click.option("--processes", default=2, show_default=True, type=int)
@click.option("--threads", default=32, show_default=True, type=int)
def serve(host: str, port: int, processes: int, threads: int) -> None:
    """Run the web server in the foreground."""
    app = application.made_and_ready()
    with app.app_context():
        chosen = settings.current()
    click.echo(f"Serving {chosen.base_url} on {host}:{port}; files in {chosen.var_dir}")
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _Server(
        {
            "bind": [address],
            "workers": processes,
            "threads": threads,
            "worker_class": "gthread",
            "graceful_timeout": 20,
            "control_socket_disable": True,
            # The same login in a tab of its own carries the LMS's hints in its address.
            "limit_request_line": 8190,
            "accesslog": None,
        }
    ).run()


@click.command(help="Run the background worker: it sends grades. Several may run.")
def worker() -> None:
    """Run the worker in the foreground."""
    from lti_tool import jobs

    app = application.made_and_ready()
    with app.app_context():
        click.echo(f"Worker started; files in {settings.current().var_dir}")
    jobs.run_worker(app)
