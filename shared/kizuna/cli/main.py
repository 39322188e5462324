"""The `kizuna` command."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kizuna.cli import campaigns, demo, doctor, keys, operations, people, policy, serve, workspace
from kizuna.cli.context import Place, local_url

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
        context.obj.as_json = as_json


app.command()(demo.demo)
app.command()(serve.serve)
app.command()(workspace.plan)
app.command()(workspace.apply)
app.command()(people.explain)
app.command()(operations.violations)
app.command()(operations.repair)
app.command()(doctor.doctor)
app.add_typer(campaigns.app, name="campaign")
app.add_typer(keys.app, name="keys")
app.add_typer(people.app, name="profile")
app.add_typer(people.segments, name="segment")
app.add_typer(policy.app, name="policy")


def main() -> None:
    """The entry point. With `--local` the command runs inside the local cloud, which alone has its data."""
    if "--local" in sys.argv[1:]:
        from kizuna.cli.remote import run_there

        sys.exit(run_there(local_url(), [argument for argument in sys.argv[1:] if argument != "--local"]))
    app()


if __name__ == "__main__":
    main()
