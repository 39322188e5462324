"""`kizuna hold|release` and `kizuna profile object|silence|lift|reply`: what staff record for a person, and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from kizuna.cli.actors import ActorOption, ReasonOption, who
from kizuna.cli.context import Place, place_of
from kizuna.cli.people import PersonArgument, person_meant
from kizuna.core.catalog import Catalog
from kizuna.core.durations import Duration, instant_from_text, instant_to_text
from kizuna.core.errors import KizunaError
from kizuna.core.rights.staff_acts import Act
from kizuna.usecases.consents import staff_acts
from kizuna.usecases.consents.staff_acts import StaffDesk

UntilOption = Annotated[
    str, typer.Option("--until", help="An instant such as 2026-12-24, or how long, such as 14d.")
]
HoldOption = Annotated[
    str, typer.Option("--hold", help="The id of a tone hold of the policy, instead of the hold by staff.")
]
RevocationOption = Annotated[
    bool, typer.Option("--revocation/--no-revocation", help="Whether the reply meant: no more texts.")
]


def hold(
    context: typer.Context,
    person: PersonArgument,
    reason: ReasonOption,
    until: UntilOption = "",
    actor: ActorOption = "",
) -> None:
    """Hold promotion back from a person on every channel; what they asked for passes. `release` ends it sooner."""
    place = place_of(context)
    now = place.services.now()
    ends = _instant(until, now=now)
    profile = person_meant(place, person)
    try:
        staff_acts.hold(
            profile, _desk(place), _catalog(place), now=now, by=who(actor), reason=reason, until=ends
        )
    except KizunaError as error:
        place.fail(error)
    told = instant_to_text(ends) if ends else None
    place.show(
        {"person": profile.id, "held": True, "until": told},
        lambda: f"{profile.id} hears no promotion until {told or 'they are released'}",
    )


def release(
    context: typer.Context,
    person: PersonArgument,
    reason: ReasonOption,
    hold: HoldOption = "",
    actor: ActorOption = "",
) -> None:
    """End the hold that a member of staff put on a person, or (--hold) one of the policy that staff may end."""
    place = place_of(context)
    profile = person_meant(place, person)
    try:
        staff_acts.release(
            profile,
            _desk(place),
            _catalog(place),
            now=place.services.now(),
            by=who(actor),
            reason=reason,
            hold=hold,
        )
    except KizunaError as error:
        place.fail(error)
    told = f"{profile.id} is released" + (f" from the hold {hold}" if hold else "")
    place.show({"person": profile.id, "held": False, **({"hold": hold} if hold else {})}, lambda: told)


def object_(
    context: typer.Context, person: PersonArgument, reason: ReasonOption, actor: ActorOption = ""
) -> None:
    """Record an objection to direct marketing: no promotion on any channel, whatever was or will be agreed to."""
    _record(context, person, Act.OBJECT, reason, actor, "is never advertised to again")


def silence(
    context: typer.Context, person: PersonArgument, reason: ReasonOption, actor: ActorOption = ""
) -> None:
    """Record that a person is not to be contacted at all: only what the law requires passes."""
    _record(context, person, Act.SILENCE, reason, actor, "is not contacted any more")


def lift(
    context: typer.Context, person: PersonArgument, reason: ReasonOption, actor: ActorOption = ""
) -> None:
    """Lift the objections and do-not-contacts that stand on a person. Only on their own word."""
    _record(context, person, Act.LIFT, reason, actor, "has no objection and no do-not-contact any more")


def reply(
    context: typer.Context,
    person: PersonArgument,
    reason: ReasonOption,
    revocation: RevocationOption,
    actor: ActorOption = "",
) -> None:
    """Decide what a reply meant that waits to be read (`sms_review`): a revocation, or none."""
    act, told = (
        (Act.WITHDRAW, "gets no promotion by text any more")
        if revocation
        else (Act.DISMISS, "has no reply that waits any more")
    )
    _record(context, person, act, reason, actor, told)


def _record(context: typer.Context, person: str, act: Act, reason: str, actor: str, told: str) -> None:
    place = place_of(context)
    profile = person_meant(place, person)
    try:
        about = staff_acts.record(
            profile,
            act,
            _desk(place),
            _catalog(place),
            now=place.services.now(),
            by=who(actor),
            reason=reason,
        )
    except KizunaError as error:
        place.fail(error)
    kept = staff_acts.kept_of_others(profile, place.services.ledger) if act is Act.LIFT else ()
    more = staff_acts.STILL_KEPT if kept else ""
    place.show({"person": profile.id, "act": str(act), "events": about}, lambda: f"{profile.id} {told}{more}")


def _desk(place: Place) -> StaffDesk:
    wired = place.services
    return StaffDesk(wired.people, wired.ledger, wired.new_profile_id)


def _catalog(place: Place) -> Catalog:
    return place.services.catalog.current()


def _instant(told: str, *, now: datetime) -> datetime | None:
    """An instant, or a length from now. Raises typer.BadParameter for what is neither, or over already."""
    if not told:
        return None
    try:
        until = Duration.parse(told).after(now)
    except ValueError:
        try:
            until = instant_from_text(told)
        except ValueError as error:
            raise typer.BadParameter(
                "--until: an instant such as 2026-12-24, or a length such as 14d"
            ) from error
    if until <= now + timedelta(seconds=1):
        raise typer.BadParameter("--until: is over already")
    return until
