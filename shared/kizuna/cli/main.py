"""The `kizuna` command."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kizuna.cli import (
    account,
    brakes,
    campaigns,
    consents,
    costs,
    demo,
    doctor,
    exclusions,
    experiments,
    explaining,
    hygiene,
    identity,
    importing,
    journey_operations,
    journeys,
    keys,
    lake,
    ledger,
    lists,
    merges,
    operations,
    people,
    policy,
    rfm,
    rights,
    segments,
    serve,
    simulate,
    staff,
    tasks,
    templates,
    time_travel,
    violations,
    webhooks,
    workspace,
)
from kizuna.cli.context import Place, failure_of, local_url
from kizuna.core.errors import KizunaError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Kizuna: speak to customers, or stay silent, and be able to say why.",
)

StageOption = Annotated[
    str, typer.Option("--stage", envvar="KIZUNA_STAGE", help="The deployed stage to work on.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
LocalOption = Annotated[bool, typer.Option("--local", help="Work on the local cloud of `make serve`.")]


@app.callback()
def root(
    context: typer.Context,
    stage: StageOption = "dev",
    as_json: JsonOption = False,
    local: LocalOption = False,
) -> None:
    """Options before the command: which stage, and in which form to answer."""
    if context.obj is None:
        context.obj = Place(stage=stage, as_json=as_json)
    else:
        context.obj.stage, context.obj.as_json = stage, as_json


app.command()(demo.demo)
app.command()(serve.serve)
app.command()(workspace.plan)
app.command()(workspace.apply)
app.command()(explaining.explain)
app.command(name="import")(importing.import_files)
app.command()(operations.repair)
app.command()(operations.restored)
app.command("mirror-suppressed")(operations.mirror_suppressed)
app.command()(doctor.doctor)
app.command()(account.account)
app.command("test")(time_travel.run_tests)
app.command()(staff.hold)
app.command()(staff.release)
app.command()(hygiene.hygiene)
app.command()(hygiene.inventory)
app.add_typer(campaigns.app, name="campaign")
app.add_typer(brakes.app, name="brake")
app.add_typer(consents.app, name="consent")
app.add_typer(costs.app, name="cost")
journeys.app.command()(time_travel.simulate)
journeys.app.command()(journey_operations.report)
journeys.app.command()(journey_operations.path)
journeys.app.command()(journey_operations.enter)
journeys.app.command()(journey_operations.pause)
journeys.app.command()(journey_operations.resume)
app.add_typer(journeys.app, name="journey")
app.add_typer(keys.app, name="keys")
app.add_typer(lists.app, name="list")
people.app.command()(merges.merge)
people.app.command()(merges.unmerge)
people.app.command()(merges.merges)
app.add_typer(people.app, name="profile")
app.add_typer(segments.app, name="segment")
app.add_typer(simulate.app, name="simulate")
app.add_typer(lake.app, name="lake")
app.add_typer(ledger.app, name="ledger")
app.add_typer(policy.app, name="policy")
app.add_typer(violations.app, name="violations")
app.add_typer(templates.app, name="template")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(tasks.app, name="tasks")
app.add_typer(exclusions.app, name="exclusions")
app.add_typer(experiments.app, name="experiment")
app.add_typer(rights.app, name="erasures")
app.add_typer(rfm.app, name="rfm")
app.add_typer(identity.app, name="identity")
people.app.command("reviews")(identity.reviews)
people.app.command("settle")(identity.settle_review)
people.app.command("export")(rights.export)
people.app.command("forget")(rights.forget)
people.app.command("restrict")(rights.restrict)
people.app.command("unrestrict")(rights.unrestrict)
people.app.command("object")(staff.object_)
people.app.command("silence")(staff.silence)
people.app.command("lift")(staff.lift)
people.app.command("reply")(staff.reply)


def main() -> None:
    """The entry point. With `--local` the command runs inside the local cloud, which alone has its data.

    Help is the same here as there, and needs no cloud.
    """
    arguments = [argument for argument in sys.argv[1:] if argument != "--local"]
    if "--local" in sys.argv[1:] and "--help" not in arguments:
        from kizuna.cli.remote import run_there

        sys.exit(run_there(local_url(), arguments))
    place = Place()
    try:
        app(arguments, obj=place)
    except (KizunaError, OSError) as error:
        place.tell(type(error).__name__, [failure_of(error)])
        sys.exit(1)


if __name__ == "__main__":
    main()
