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
    for part in _outside() + _console() + _inside():
        app.register_blueprint(part.bp)


def _outside():
    """Return what stands before the closed space and the console."""
    from lti_tool.blueprints import (
        arrivals,
        calendar_links,
        content,
        file_links,
        front,
        guest_links,
        health,
        lti,
        mail_links,
        metrics,
        notices,
        registration,
        sign_in,
    )

    return (
        *(front, health, metrics, lti, content, notices, registration, arrivals, sign_in, file_links),
        *(mail_links, calendar_links, guest_links),
    )


def _inside():
    """Return the rooms of the closed space."""
    return _contributions() + _space() + _telling() + _grading()


def _contributions():
    """Return where members write, answer one another, and find again what was written."""
    from lti_tool.blueprints import (
        comments,
        discussions,
        drafts,
        files,
        help,
        helping,
        home,
        kinds,
        mentions,
        posts,
        reactions,
        reading,
        search,
        topics,
    )

    return (
        home,
        discussions,
        help,
        helping,
        posts,
        kinds,
        comments,
        reactions,
        files,
        mentions,
        drafts,
        topics,
        reading,
        search,
    )


def _space():
    """Return what concerns members and their space."""
    from lti_tool.blueprints import (
        activities,
        audit,
        connection,
        courses,
        dividing,
        guests,
        life,
        members,
        moderation,
        my_data,
        overrides,
        people,
        preferences,
        profile,
        prompts,
        shared,
        space,
        subgroups,
        tabs,
        threads,
    )

    return (
        members,
        guests,
        prompts,
        activities,
        preferences,
        connection,
        space,
        tabs,
        people,
        profile,
        subgroups,
        dividing,
        audit,
        my_data,
        moderation,
        threads,
        life,
        shared,
        *(overrides, courses),
    )


def _telling():
    """Return how members are told what concerns them."""
    from lti_tool.blueprints import mails, notifications, own_calendar, push

    return (notifications, mails, push, own_calendar)


def _grading():
    """Return where participation is graded."""
    from lti_tool.blueprints import (
        assessment,
        columns,
        evidence,
        grading,
        marking,
        participation,
        policies,
        questions,
    )

    return (
        participation,
        grading,
        columns,
        assessment,
        marking,
        policies,
        questions,
        evidence,
    )


def _console():
    """Return the rooms of the console."""
    from lti_tool.blueprints import (
        admin,
        admin_account,
        admin_administrators,
        admin_audit,
        admin_people,
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
        admin_audit,
        admin_people,
        keys,
        admin_administrators,
        admin_account,
    )
