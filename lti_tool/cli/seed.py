"""`lti-tool seed`: a database full of communities, to see how an installation does before people do."""

import click

from lti_tool import clock
from lti_tool.cli import application
from lti_tool.errors import NotFound, Unfit
from lti_tool.services import seed as seeding
from lti_tool.services.seed import Plan
from lti_tool.transactions import reading, transaction

_IMPOSSIBLE = {
    "impossible": "Every community needs a contribution, and only a single one can have all of them.",
    "too-small": "So many contributions do not fit into communities of that size at the most.",
}


@click.command(help="Fill the database with communities that live in two languages, to try out its size.")
@click.option("--communities", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--contributions", type=click.IntRange(1, 50_000_000), default=100_000, show_default=True)
@click.option(
    "--largest", type=click.IntRange(1), help="Contributions of the largest community. [default: a fifth]"
)
@click.option(
    "--members", type=click.IntRange(2), help="Members of the largest community. [default: as usual]"
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same number, the same words.")
@click.option("--into", type=int, metavar="COMMUNITY", help="Let this community become the largest one.")
@click.option("--beside-real-data", is_flag=True, help="Do it although people have written in this database.")
def seed(communities, contributions, largest, members, seed, into, beside_real_data) -> None:
    """Seed the database."""
    largest = largest or (contributions if communities == 1 else max(1, contributions // 5))
    app = application.made_and_ready()
    with app.app_context():
        plan = _plan(communities, contributions, largest, members, seed, into, app)
        with reading():
            in_use = seeding.is_in_use()
        if in_use and not beside_real_data:
            raise click.ClickException(
                "People have written in this database. What is seeded cannot be told from it afterwards and "
                "is not taken out again. If that is what you want: --beside-real-data."
            )
        try:
            with click.progressbar(length=contributions, label="Contributions", show_pos=True) as bar:
                done = None
                for progress in seeding.fill(plan, clock.now(), transaction):
                    bar.update(progress.contributions - (done.contributions if done else 0))
                    done = progress
        except NotFound:
            raise click.ClickException(f"There is no community {into}.") from None
    click.echo(
        f"{done.communities:,} communities with {done.contributions:,} contributions; the largest is "
        f"community {done.largest_community}, with {largest:,}."
    )


def _plan(communities, contributions, largest, members, seed, into, app) -> Plan:
    try:
        return Plan(
            communities=communities,
            contributions=contributions,
            largest=largest,
            members=members or 0,
            seed=seed,
            into=into,
            time_zone=app.extensions["settings"].time_zone,
        )
    except Unfit as problem:
        code = next(iter(problem.problems.values()))[0]
        raise click.ClickException(_IMPOSSIBLE[code]) from None
