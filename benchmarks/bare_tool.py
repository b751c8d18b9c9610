"""A tool with PyLTI1p3's Flask part alone, as its documentation shows it: the measure of our launches.

It keeps nothing but the library's own launch data, in a dictionary of its one process. It does not refuse a
token without `exp`, a foreign `azp`, a launch sent twice, or an old `iat`; it knows no deployment that it has
not been told of, makes no account, no course and no log, and never reads its key set again.
"""

import json
import os

from flask import Flask, redirect
from pylti1p3.contrib.flask import (
    FlaskCacheDataStorage,
    FlaskMessageLaunch,
    FlaskOIDCLogin,
    FlaskRequest,
)
from pylti1p3.tool_config import ToolConfDict
from werkzeug.middleware.proxy_fix import ProxyFix

# What the benchmark tells the process: issuer, client id, deployment, addresses, as JSON.
PLATFORM = "BENCHMARK_PLATFORM"
LAUNCH = "/lti/launch"


class Memory:
    """The smallest cache that the library can work with; nothing expires while a benchmark runs."""

    def __init__(self) -> None:
        self._kept: dict[str, object] = {}

    def get(self, key: str) -> object:
        return self._kept.get(key)

    def set(self, key: str, value: object, seconds: int | None = None) -> None:
        self._kept[key] = value


def made() -> Flask:
    """Make the application for the platform that the environment names."""
    told = json.loads(os.environ[PLATFORM])
    app = Flask(__name__)
    app.secret_key = "a-secret-of-the-benchmark-that-protects-nothing"
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)
    configuration, storage = _configuration(told), FlaskCacheDataStorage(Memory())

    @app.post("/lti/login")
    def login():
        begun = FlaskOIDCLogin(FlaskRequest(), configuration, launch_data_storage=storage)
        return begun.redirect(told["tool"] + LAUNCH)

    @app.route("/lti/login-with-cookie-check", methods=["GET", "POST"])
    def login_with_cookie_check():
        begun = FlaskOIDCLogin(FlaskRequest(), configuration, launch_data_storage=storage)
        return begun.enable_check_cookies().redirect(told["tool"] + LAUNCH)

    @app.post(LAUNCH)
    def launch():
        sent = FlaskMessageLaunch(FlaskRequest(), configuration, launch_data_storage=storage)
        sent.set_public_key_caching(storage, cache_lifetime=7200)
        sent.get_launch_data()
        return redirect(f"/page/{sent.get_launch_id()}", 303)

    return app


def _configuration(told: dict) -> ToolConfDict:
    return ToolConfDict(
        {
            told["issuer"]: [
                {
                    "default": True,
                    "client_id": told["client_id"],
                    "auth_login_url": told["auth_url"],
                    "auth_token_url": told["token_url"],
                    "key_set_url": told["jwks_url"],
                    "key_set": None,
                    "deployment_ids": [told["deployment_id"]],
                }
            ]
        }
    )
