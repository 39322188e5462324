"""`kizuna doctor`: whether this machine, and a deployed stage, have what they need."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import typer
from rich.table import Table

from kizuna.cli.context import Place, StackNotFound, place_of, settings_of_stage
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import KizunaError
from kizuna.usecases.quality.freshness import Standing, look


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: whether it is as it must be, what was seen, what to do if not."""

    name: str
    ok: bool
    seen: str
    advice: str = ""


def doctor(context: typer.Context) -> None:
    """Look at Python, node, the CDK CLI, the stage's stack and sending limits, and whether its sources speak."""
    place = place_of(context)
    stage = [] if place.installed else list(_stage(place.stage))
    is_there = all(check.ok for check in stage[:1])
    checks = [*_machine(), *stage, *(_sources(place) if is_there else ())]
    checks += list(_way_out(place)) if is_there else []

    def table() -> Table:
        shown = Table("", "check", "seen", "what to do")
        for check in checks:
            shown.add_row("✓" if check.ok else "✗", check.name, check.seen, "" if check.ok else check.advice)
        return shown

    place.show([asdict(check) for check in checks], table)


def _machine() -> Iterator[Check]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Check("python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")
    node = shutil.which("node")
    seen = _said([node, "--version"]) if node else "not found"
    yield Check("node (to deploy)", _major(seen) >= 22, seen, "make synth brings node 24 along")
    cdk = shutil.which("cdk")
    seen = _said([cdk, "--version"]) if cdk else "not installed; make synth uses npx aws-cdk@2"
    yield Check(
        "cdk 2 (to deploy)", cdk is None or seen.startswith("2."), seen, "use npx aws-cdk@2, not the latest"
    )


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  (fixed words)
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return done.stdout.strip() or done.stderr.strip()


def _major(version: str) -> int:
    digits = version.lstrip("v").partition(".")[0]
    return int(digits) if digits.isdigit() else 0


def _stage(stage: str) -> Iterator[Check]:
    try:
        settings = settings_of_stage(stage)
    except StackNotFound as error:
        yield Check(f"stage {stage}", False, str(error), "cdk deploy, or choose another --stage")
        return
    yield Check(f"stage {stage}", True, settings.base_url)
    yield from _sending()


def _sources(place: Place) -> Iterator[Check]:
    """Every source that declares a cadence."""
    from botocore.exceptions import BotoCoreError, ClientError

    wired = place.services
    try:
        found = look(wired.catalog.current(), wired.arrivals, now=wired.now())
    except (KizunaError, BotoCoreError, ClientError) as error:
        yield Check(
            "sources", False, type(error).__name__, "give this identity leave to read the catalog table"
        )
        return
    for standing in found.standings:
        yield Check(f"source {standing.source}", not standing.watched.is_episode, *_said_of(standing))


def _way_out(place: Place) -> Iterator[Check]:
    """How the canary's last check of the unsubscribe link ended."""
    from botocore.exceptions import BotoCoreError, ClientError

    wired = place.services
    try:
        canary, flight = wired.catalog.current().policy.canary, wired.flight_log.last_flight()
    except (KizunaError, BotoCoreError, ClientError) as error:
        yield Check("way out", False, type(error).__name__, "let this identity read the catalog table")
        return
    if canary is None:
        yield Check("way out", True, "not checked: the policy names no canary")
    elif flight is None:
        yield Check("way out", False, "never checked", "wait a day, or start the function canary")
    elif not flight.is_well:
        seen = f"broken at {flight.failed_at!r} ({flight.seen}), {instant_to_text(flight.at)}"
        yield Check("way out", False, seen, "people cannot unsubscribe: stop sending and see docs/runbook.md")
    else:
        late = flight.is_late(now=wired.now())
        yield Check(
            "way out", not late, f"works, {instant_to_text(flight.at)}", "the daily check has stopped"
        )


def _said_of(standing: Standing) -> tuple[str, str]:
    watched, last = standing.watched, standing.arrived.last_at
    spoke = f"last event {instant_to_text(last)}" if last else "no event yet, or none for weeks"
    seen = f"{watched.state} since {instant_to_text(watched.since)}, {spoke}"
    advice = {
        "quiet": "ask whoever runs it whether it still sends",
        "flooding": "look for a loop or a bulk load",
    }
    return seen, advice.get(watched.state, "")


def _sending() -> Iterator[Check]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        account = boto3.client("sesv2").get_account()
    except (BotoCoreError, ClientError) as error:
        yield Check("SES account", False, type(error).__name__, "give this identity ses:GetAccount")
        return
    quota = account.get("SendQuota", {})
    production = bool(account.get("ProductionAccessEnabled"))
    seen = f"{quota.get('MaxSendRate', 0):g} a second, {quota.get('Max24HourSend', 0):g} a day"
    yield Check("SES out of the sandbox", production, seen, "ask for production access in the SES console")
    yield Check(
        "SES sending enabled", bool(account.get("SendingEnabled")), seen, "SES has paused this account"
    )
