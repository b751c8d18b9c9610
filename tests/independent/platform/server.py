"""Serve Open edX's LTI consumer on loopback: `server.py PORT FOLDER`, run by the Python of .venv/independent.

Their Django application as it is (models, migrations, views, addresses), in a Django project of ours that
stands in for edx-platform. Nothing of our tool is imported here.
"""

import ipaddress
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


def stay_on_this_machine(event: str, arguments: tuple) -> None:
    """Refuse to leave for any address that is not loopback; for `sys.addaudithook`."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise PermissionError(f"the platform of the tests tried to reach {host}")


def configure(address: str, folder: Path) -> None:
    """Set Django up as edx-platform does where the consumer can tell the difference."""
    from django.conf import settings

    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        SECRET_KEY="of a platform that lives for one test run",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "platform.sqlite3",
                "OPTIONS": {"timeout": 20},
            }
        },
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "rest_framework",
            "config_models",
            "campus",
            "lti_consumer.apps.LTIConsumerApp",
        ],
        MIDDLEWARE=[
            "edx_django_utils.cache.middleware.RequestCacheMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "edx_django_utils.cache.middleware.TieredCacheMiddleware",
            "crum.CurrentRequestUserMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        ROOT_URLCONF="campus.urls",
        LMS_ROOT_URL=address,
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"console": {"class": "logging.StreamHandler"}},
            "root": {"handlers": ["console"], "level": "INFO"},
        },
        PLATFORM_NAME="Independent Campus",
        SERVICE_VARIANT="lms",
        # As edx-platform writes it.
        USAGE_ID_PATTERN=r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))",
    )


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def main(port: int, folder: Path) -> None:
    """Make the database and serve until somebody ends the process."""
    sys.addaudithook(stay_on_this_machine)
    configure(f"http://127.0.0.1:{port}", folder)
    from campus import seam

    seam.install()
    import django
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    make_server(
        "127.0.0.1", port, get_wsgi_application(), server_class=Server, handler_class=WSGIRequestHandler
    ).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
