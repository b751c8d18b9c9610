"""Community Value: a learning community inside an LMS course, an LTI 1.3 tool."""

__version__ = "0.1.0"


def create_app(environment: str = "production", overrides: dict | None = None):
    """Make the application.

    :param environment: one of the files in configs/ (production, development, demo, testing).
    :param overrides: settings that win over files and environment variables.
    :raises lti_tool.errors.UnsafeSettings: naming the setting that cannot be worked with.
    """
    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    from lti_tool import access, admin_access, jobs, observation, pages, request_cycle, settings, transactions
    from lti_tool.extensions import db, migrate

    folder = settings.directory
    app = Flask(__name__, template_folder=str(folder("templates")), static_folder=str(folder("static")))
    chosen = settings.load(app, environment, overrides)
    if chosen.trusted_proxies:
        hops = chosen.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)

    chosen.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(folder("migrations")), render_as_batch=True)
    with app.app_context():
        transactions.own_transactions(db.engine)

    observation.install(app)
    access.install(app)
    admin_access.install(app)
    request_cycle.install(app)
    pages.install(app)
    _register_blueprints(app)
    access.stay_in_this_community(app)
    jobs.install(app)
    return app


def _register_blueprints(app) -> None:
    from lti_tool.blueprints import (
        activities,
        assessment,
        columns,
        comments,
        connection,
        content,
        evidence,
        front,
        grading,
        health,
        home,
        lti,
        marking,
        members,
        metrics,
        notices,
        participation,
        policies,
        posts,
        preferences,
        prompts,
        questions,
        registration,
        sign_in,
    )

    outside = (front, health, metrics, lti, content, notices, registration, sign_in)
    inside = (
        home,
        posts,
        comments,
        members,
        participation,
        grading,
        columns,
        assessment,
        marking,
        policies,
        prompts,
        activities,
        questions,
        evidence,
        preferences,
        connection,
    )
    for part in outside + _console() + inside:
        app.register_blueprint(part.bp)


def _console():
    """Return the rooms of the console."""
    from lti_tool.blueprints import (
        admin,
        admin_account,
        admin_administrators,
        deployments,
        keys,
        launch_log,
        origins,
        platform_life,
        platforms,
        role_rules,
    )

    return (
        admin,
        platforms,
        deployments,
        role_rules,
        origins,
        platform_life,
        launch_log,
        keys,
        admin_administrators,
        admin_account,
    )
