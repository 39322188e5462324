"""`kizuna webhooks`: how the systems are doing that are told things, the secrets that sign for them, and a test."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from kizuna.cli.actors import ActorOption, ReasonOption, who
from kizuna.cli.context import Place, place_of
from kizuna.cli.people import person_meant
from kizuna.core.durations import Duration, instant_to_text
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.ids import digest
from kizuna.core.messages import Accepted
from kizuna.core.ports.callouts import Barred, Broken, Call, CallResult, Replied
from kizuna.core.webhooks.circuits import Circuit, of_definition
from kizuna.core.webhooks.definitions import Webhook
from kizuna.core.webhooks.signing import secret_text, signed_headers
from kizuna.runtime.wiring import Services
from kizuna.usecases.delivery.webhook_replay import failed, replay

app = typer.Typer(no_args_is_help=True, help=__doc__)

WebhookArgument = Annotated[str, typer.Argument(help="The webhook's id in the workspace.")]


class NotTaken(KizunaError):
    """A system did not take what it was told."""


@app.command(name="list")
def list_webhooks(context: typer.Context) -> None:
    """All webhooks, and how each is doing: well, failing, left alone until an instant, paused, or gone."""
    place = place_of(context)
    wired = place.services
    catalog = wired.catalog.current()
    data = [
        _row(webhook, catalog.version_of("webhook", webhook.id), wired.circuits.read(webhook.id))
        for webhook in sorted(catalog.webhooks.values(), key=lambda each: each.id)
    ]

    def table() -> Table:
        shown = Table("id", "url", "state", "until", "failures", "last")
        for row in data:
            shown.add_row(*(str("" if row[name] is None else row[name]) for name in _COLUMNS))
        return shown

    place.show(data, table)


_COLUMNS = ("id", "url", "state", "until", "failures", "last")


def _row(webhook: Webhook, version: int, stored: Circuit | None) -> dict[str, Any]:
    circuit = of_definition(stored or Circuit(webhook.id, version), version)
    state = "well"
    if not webhook.enabled:
        state = "paused"
    elif circuit.is_disabled:
        state = "gone"
    elif circuit.open_until is not None:
        state = "left alone"
    elif circuit.failures:
        state = "failing"
    return {
        "id": webhook.id,
        "url": webhook.leads_to,
        "state": state,
        "until": instant_to_text(circuit.open_until) if circuit.open_until else None,
        "failures": circuit.failures,
        "last": circuit.last or None,
        "last_at": instant_to_text(circuit.last_at) if circuit.last_at else None,
    }


@app.command()
def secret(context: typer.Context, webhook: WebhookArgument) -> None:
    """The secrets that sign for a webhook, the newest first, in the form that its libraries take."""
    place = place_of(context)
    found = _known(place, webhook)
    if found.topic:
        place.fail(
            NotFound(f"{found.id} is a topic: SNS signs what it brings, and there is no secret of ours")
        )
    secrets = place.services.secrets.webhook_secrets(found.id, found.secrets)
    numbered = zip(reversed(found.secrets), map(secret_text, secrets), strict=True)
    data = [{"number": number, "secret": text} for number, text in numbered]
    place.show(data, lambda: "\n".join(f"{each['number']}  [bold]{each['secret']}[/bold]" for each in data))


@app.command()
def test(context: typer.Context, webhook: WebhookArgument) -> None:
    """Tell a webhook that it is being tested, once, signed as always. Exit code 1 if it does not take that.

    It changes nothing of how the webhook is thought to be doing.
    """
    place = place_of(context)
    found = _known(place, webhook)
    if found.topic:
        _publish_a_test(found, place)
        return
    result = called(found, place.services)
    match result:
        case Replied(status=status) if 200 <= status < 300:
            told = {"webhook": found.id, "status": status}
            place.show(told, lambda: f"{found.id} took it: {status}")
        case Replied(status=status):
            place.fail(NotTaken(f"{found.id} answered {status}; anything but 2xx is tried again"))
        case Barred(reason=reason) | Broken(reason=reason):
            place.fail(NotTaken(f"{found.id} was not reached: {reason}"))


@app.command("replay")
def replay_failed(
    context: typer.Context,
    webhook: WebhookArgument,
    reason: ReasonOption,
    since: Annotated[str, typer.Option("--since", help="How far back, such as 3d.")] = "7d",
    person: Annotated[str, typer.Option("--person", help="Only what tells of this person.")] = "",
    actor: ActorOption = "",
) -> None:
    """Tell a webhook once more what it refused for good. It keeps its `webhook-id`; who did it and why is kept.

    A webhook that answered 410 is called again only after its definition changed.
    """
    place = place_of(context)
    wired = place.services
    catalog, now = wired.catalog.current(), wired.now()
    found = _known(place, webhook)
    try:
        began = Duration.parse(since).before(now)
    except ValueError as error:
        raise typer.BadParameter("--since: a length such as 3d") from error
    about = person_meant(place, person) if person else None
    by = who(actor)
    put = [
        replay(
            each, people=wired.people, messages=wired.messages, catalog=catalog, now=now, by=by, reason=reason
        )
        for each in failed(found.id, wired.messages, catalog, since=began, person=about)
    ]
    data = {"webhook": found.id, "failed": len(put), "replayed": sum(put)}
    place.show(data, lambda: f"{sum(put)} of {len(put)} failed messages are on their way to {found.id} again")


def _publish_a_test(webhook: Webhook, place: Place) -> None:
    wired = place.services
    now = wired.now()
    body = f'{{"type":"webhook.test","timestamp":"{instant_to_text(now)}","data":{{}}}}'
    test_id = f"test_{digest('webhook test', webhook.id, instant_to_text(now))}"
    outcome = wired.topics.publish(
        webhook.topic,
        body,
        subject="webhook.test",
        attributes={"webhook-id": test_id, "type": "webhook.test"},
    )
    if not isinstance(outcome, Accepted):
        place.fail(NotTaken(f"{webhook.id} was not published to: {outcome.reason}"))
    place.show({"webhook": webhook.id, "published": True}, lambda: f"{webhook.id} took it")


def called(webhook: Webhook, wired: Services) -> CallResult:
    """One signed call that says that it is a test."""
    now = wired.now()
    body = f'{{"type":"webhook.test","timestamp":"{instant_to_text(now)}","data":{{}}}}'.encode()
    secrets = wired.secrets.webhook_secrets(webhook.id, webhook.secrets)
    test_id = f"test_{digest('webhook test', webhook.id, instant_to_text(now))}"
    return wired.callout.call(Call(webhook.url, signed_headers(test_id, body, at=now, secrets=secrets), body))


def _known(place: Place, webhook: str) -> Webhook:
    found = place.services.catalog.current().webhooks.get(webhook)
    if found is None:
        place.fail(NotFound(f"there is no webhook {webhook!r} in force"))
    return found
