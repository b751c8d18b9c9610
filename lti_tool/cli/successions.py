"""`lti-tool platforms succeed`: one registration takes the place of another, once it is seen what moves."""

from collections.abc import Sequence

import click

from lti_tool import clock
from lti_tool.cli import application
from lti_tool.errors import NotFound, Stale
from lti_tool.services import succession as service
from lti_tool.services.succession import Preview
from lti_tool.services.succession_plan import Group, Verdict
from lti_tool.transactions import reading, transaction

COURSES = {
    Verdict.EXCHANGED: "known to both: their communities go on under the new registration",
    Verdict.MOVED: "not opened by the new registration yet: their communities will be found there",
    Verdict.OWN_LIFE: "left alone: the new registration's space has contributions of its own",
    Verdict.EMPTY: "left alone: they never had a space, the new registration's have one",
    Verdict.AMBIGUOUS: "left alone: several deployments have the same context id",
    Verdict.NO_DEPLOYMENT: "left alone: no deployment of the new registration fits; name one by --deployment",
}
PEOPLE = {
    Verdict.EXCHANGED: "known to both: they go on as whom the old registration knew them",
    Verdict.MOVED: "not seen by the new registration yet: it will find them",
    Verdict.OWN_LIFE: "left alone: they wrote under the new registration already",
}
REFUSALS = {
    "same-platform": "OLD and NEW are the same registration.",
    "other-lms": "The two have issuers on different hosts: they are not the same LMS.",
    "other-organisation": "The two belong to different organisations.",
    "new-suspended": "The new registration is paused or was replaced itself; it must be active.",
    "replaced-already": "The old registration was replaced already; that is not finished until it is undone.",
    "shared-by-organisations": "The old registration serves deployments of other organisations as well.",
    "overtaken": "Somebody came by the new registration just now. Nothing was changed; run it again.",
    "too-late": "More than thirty days have passed: it cannot be undone any more.",
    "later-first": "One of the two took part in a later replacement. Undo that one first.",
    "no-such-platform": "There is no such platform; `lti-tool platforms list` shows them.",
    "no-such-deployment": "The new registration has no such deployment of this organisation.",
    "no-such-succession": "OLD was not replaced by NEW, or that is undone already.",
}


@click.command(help="Let registration NEW take the place of OLD: the same LMS, registered anew.")
@click.argument("old", type=int)
@click.argument("new", type=int)
@click.option("--deployment", help="Deployment of NEW for courses that none of its deployments fits by id.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--undo", is_flag=True, help="Put everything back; for thirty days.")
def succeed(old: int, new: int, deployment: str | None, yes: bool, undo: bool) -> None:
    """Show what would move, ask, and move it; or move it back."""
    app = application.made_and_ready()
    try:
        with app.app_context():
            if undo:
                _undo(old, new, yes)
            else:
                _succeed(old, new, deployment, yes)
    except (NotFound, Stale) as refusal:
        raise click.ClickException(REFUSALS[refusal.code]) from None


def _succeed(old: int, new: int, deployment: str | None, yes: bool) -> None:
    with reading():
        for line in _preview(service.preview(old, new, deployment)):
            click.echo(line)
    if not yes:
        click.confirm("Do it? It can be undone for thirty days.", abort=True)
    with transaction():
        moved = service.succeed(old, new, deployment, clock.now())
    click.echo(f"Rows moved: {moved.courses} of courses, {moved.people} of people.")
    click.echo(f"Platform {old} takes no launches any more and says that it was replaced.")
    click.echo(f"`lti-tool platforms succeed {old} {new} --undo` puts everything back, for thirty days.")


def _undo(old: int, new: int, yes: bool) -> None:
    if not yes:
        click.confirm(f"Give everything back to platform {old}, which takes launches again?", abort=True)
    with transaction():
        moved = service.undo(old, new, clock.now())
    click.echo(f"Rows moved back: {moved.courses} of courses, {moved.people} of people.")


def _preview(preview: Preview) -> list[str]:
    old, new = preview.old, preview.new
    return [
        f"{new.name} (platform {new.id}, client id {new.client_id}) takes the place of",
        f"{old.name} (platform {old.id}, client id {old.client_id}).",
        "Courses, matched by their context id:",
        *_lines(preview.courses, COURSES),
        "People, matched by their id in the LMS (sub):",
        *_lines(preview.people, PEOPLE),
        "Columns in gradebooks keep their addresses. An LMS may hide them from another registration: where a "
        "score is refused, the trainer presses “Try once more” on the grading page.",
    ]


def _lines(groups: Sequence[Group], sentences: dict[Verdict, str]) -> list[str]:
    if not groups:
        return ["  none"]
    return [f"  {group.count:>6}  {sentences[group.verdict]}\n          {_named(group)}" for group in groups]


def _named(group: Group) -> str:
    more = ", …" if group.count > len(group.examples) else ""
    return ", ".join(group.examples) + more
