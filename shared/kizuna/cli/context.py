"""Where a command works: a deployed stage, or the local cloud of `make serve`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import typer
from rich.text import Text

from kizuna.cli.console import SafeConsole
from kizuna.core.errors import InvalidDefinition, KizunaError
from kizuna.runtime.settings import Settings
from kizuna.runtime.wiring import Services, services
from kizuna.topology import Queue


@dataclass(slots=True)
class Place:
    """What every command gets: a stage, the form of the output, and the services behind it."""

    stage: str = "dev"
    as_json: bool = False
    installed: bool = False  # inside a local cloud: its services are there already
    console: SafeConsole = field(default_factory=SafeConsole)
    _services: Services | None = None

    @property
    def services(self) -> Services:
        """The services of the stage, found by the outputs of its stack."""
        if self._services is None:
            self._services = services() if self.installed else Services(settings_of_stage(self.stage))
        return self._services

    def show(self, data: Any, text: Callable[[], object]) -> None:
        """Print `data` as JSON if that was asked for, else what `text` gives, for people."""
        if self.as_json:
            self.console.print_json(json.dumps(data, ensure_ascii=False, default=str))
        else:
            shown = text()
            # Plain text is not wrapped: keys, tokens and commands are there to be copied.
            self.console.print(shown, soft_wrap=isinstance(shown, str))

    def fail(self, error: KizunaError) -> NoReturn:
        """End with exit code 1 and every reason, one a line."""
        reasons = (
            [str(each) for each in error.problems] if isinstance(error, InvalidDefinition) else [str(error)]
        )
        self.tell(type(error).__name__, reasons)
        raise typer.Exit(1)

    def tell(self, error: str, reasons: Sequence[str]) -> None:
        """Print what was wrong, every reason on a line of its own."""
        if self.as_json:
            self.console.print_json(json.dumps({"error": error, "reasons": reasons}))
            return
        for reason in reasons:
            self.console.print(Text.assemble(("✗", "red"), f" {reason}"), soft_wrap=True)


def failure_of(error: KizunaError | OSError) -> str:
    """An error that no command expected, in a line."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def place_of(context: typer.Context) -> Place:
    place = context.find_object(Place)
    if place is None:
        raise RuntimeError("commands run below the kizuna command")
    return place


class StackNotFound(KizunaError):
    """The stage has no stack in this account and region."""


def settings_of_stage(stage: str) -> Settings:
    """The settings of a deployed stage, from the outputs of its CloudFormation stack."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    name = f"Kizuna-{stage}"
    try:
        stacks = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        hint = "set AWS_PROFILE and AWS_REGION, or use --local with `make serve`"
        raise StackNotFound(f"cannot read stack {name}: {type(error).__name__} ({hint})") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", ())}
    return Settings(
        stage=stage,
        people=outputs["TablePeople"],
        ledger=outputs["TableLedger"],
        catalog=outputs["TableCatalog"],
        queues={queue.value: outputs[name] for queue in Queue if (name := queue_output(queue)) in outputs},
        bus=outputs["Bus"],
        lake=outputs["Lake"],
        bucket=outputs["Bucket"],
        imports=outputs["Imports"],
        anchors=outputs.get("Anchors", ""),
        callout=outputs.get("Callout", ""),
        athena_workgroup=outputs.get("AthenaWorkgroup", ""),
        athena_database=outputs.get("AthenaDatabase", ""),
        secret=outputs["Secret"],
        schedule_group=outputs["ScheduleGroup"],
        schedule_role=outputs["ScheduleRole"],
        schedule_target=outputs["ScheduleTarget"],
        schedule_lost=outputs.get("ScheduleLost", ""),
        base_url=outputs["BaseUrl"],
    )


def queue_output(queue: Queue) -> str:
    """The stack output that names a queue's URL, such as `QueueLostChanges`."""
    return "Queue" + "".join(part.capitalize() for part in queue.value.split("-"))


def local_url() -> str:
    """Where `make serve` listens."""
    return os.environ.get("KIZUNA_LOCAL_URL", "http://127.0.0.1:8080")
