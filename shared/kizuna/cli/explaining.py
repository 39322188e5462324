"""`kizuna explain`: why somebody heard from us and why not, and why they heard nothing at all lately."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from kizuna.cli.context import Place, place_of
from kizuna.cli.people import CountryOption, LanguageOption, PersonArgument
from kizuna.core.catalog import Catalog
from kizuna.core.decisions.silence import nobody_known
from kizuna.core.decisions.telling import lines_of
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.errors import NotFound
from kizuna.core.messages import Message
from kizuna.core.people import Profile
from kizuna.core.policy import ConsentPolicy
from kizuna.core.refusing.meant import near, perhaps
from kizuna.core.remedies import remedy
from kizuna.core.sentences import Language
from kizuna.runtime.desks import management_desk
from kizuna.usecases.decisions.desk import Unusable, instant_asked
from kizuna.usecases.decisions.explain import explain_person, is_of
from kizuna.usecases.decisions.replaying import Replay, replayed
from kizuna.usecases.decisions.silence import (
    LOOKS_BACK,
    nobody_body,
    silence_body,
    silence_lines,
    why_nothing,
)
from kizuna.usecases.people.finding import Ambiguous, find_person
from kizuna.usecases.people.pages import message_body


def explain(
    context: typer.Context,
    person: PersonArgument,
    campaign: Annotated[str | None, typer.Argument(help="Only this campaign.")] = None,
    country: CountryOption = None,
    language: LanguageOption = "en",
    since: Annotated[
        str | None,
        typer.Option(
            "--since", help="Since when (7d ago, or an instant), and why other campaigns decided nothing."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Judge each decision again from what was kept of it.")
    ] = False,
    sensitive: Annotated[
        bool, typer.Option("--sensitive", help="With what the records tell of the person.")
    ] = False,
) -> None:
    """Why a person heard from us, and why not: each decision in words, with the three questions and the six keys."""
    place = place_of(context)
    catalog = place.services.catalog.current()
    profile = _person(place, person, country, catalog)
    if profile is None:
        place.show(nobody_body(), lambda: Text(nobody_known(language)))
        return
    if since is not None:
        if campaign is not None:
            _refuse_unknown(place, campaign, catalog, profile)
        _lately(place, profile, catalog, since, campaign, language, sensitive=sensitive)
        return
    if campaign is not None:
        _refuse_unknown(place, campaign, catalog, profile)
    found = explain_person(
        profile, messages=place.services.messages, catalog=catalog, language=language, campaign=campaign
    )
    if not found:
        _never(place, profile, catalog, campaign, language, sensitive=sensitive)
        return
    told = [
        {
            **message_body(each.message, personal=sensitive),
            "sentence": each.sentence,
            **({"replay": str(_replay(place, each.message))} if check else {}),
        }
        for each in found
    ]

    def text() -> Text:
        lines: list[str] = []
        for each, body in zip(found, told, strict=True):
            lines += [each.sentence, *_remedy(each.message, language)]
            lines += [f"  {line}" for line in lines_of(each.message, language)]
            lines += [f"  replay: {body['replay']}"] if check else []
        return Text("\n".join(lines))

    place.show(told, text)
    if check and any(body["replay"] in _WRONG for body in told):
        raise typer.Exit(1)


def _remedy(message: Message, language: Language) -> list[str]:
    told = remedy(message.state, message.reason, language)
    return [f"  {told}"] if told else []


_WRONG = {Replay.OTHER_ANSWER, Replay.OTHER_INPUTS}
_NOTHING: dict[Language, str] = {
    "en": "Nothing was ever intended. In the last {days} days:",
    "ja": "これまでに配信の予定はありませんでした。直近{days}日間の状況:",
}


def _never(
    place: Place,
    profile: Profile,
    catalog: Catalog,
    campaign: str | None,
    language: Language,
    *,
    sensitive: bool,
) -> None:
    """Say that nothing was intended, and why each campaign, or this one, decided nothing in the last 30 days. As JSON
    that is what `--since 30d` answers."""
    desk, now = management_desk(place.services), place.services.now()
    told = why_nothing(profile, desk, catalog, since=now - LOOKS_BACK, now=now, campaign=campaign or "")

    def text() -> Text:
        lines = silence_lines(told, catalog, language, sensitive=sensitive)[1:]
        return Text("\n".join([_NOTHING[language].format(days=LOOKS_BACK.days), *lines]))

    place.show(silence_body(told, catalog, sensitive=sensitive), text)


def _refuse_unknown(place: Place, campaign: str, catalog: Catalog, profile: Profile) -> None:
    """End the command for a name that is none; one that is gone has its decisions still."""
    known = {*catalog.campaigns, *catalog.journeys}
    if campaign in known:
        return
    if any(is_of(message, campaign) for message in place.services.messages.of_person(profile.parts)):
        return
    told = perhaps(near(campaign, sorted(known)))
    place.fail(NotFound(f"there is no campaign or journey {campaign!r}{told}"))


def _lately(
    place: Place,
    profile: Profile,
    catalog: Catalog,
    since: str,
    campaign: str | None,
    language: Language,
    *,
    sensitive: bool,
) -> None:
    wired = place.services
    now = wired.now()
    try:
        start = instant_asked("--since", since, now=now)
    except Unusable as unusable:
        place.fail(unusable)
    desk = management_desk(wired)
    told = why_nothing(profile, desk, catalog, since=start or now, now=now, campaign=campaign or "")
    place.show(
        silence_body(told, catalog, sensitive=sensitive),
        lambda: Text("\n".join(silence_lines(told, catalog, language, sensitive=sensitive))),
    )


def _person(place: Place, reference: str, country: str | None, catalog: Catalog) -> Profile | None:
    """Whom a reference means; None for nobody, which is an answer here and no failure."""
    try:
        return find_person(reference, place.services.people, country=country, rules=catalog.identity)
    except Ambiguous as several:
        place.fail(several)


def _replay(place: Place, message: Message) -> Replay:
    version: Any = message.decision.get("catalog")
    policy = _policy(place, version) if isinstance(version, int) else None
    return replayed(message, ledger=place.services.ledger, policy=policy).outcome


def _policy(place: Place, version: int) -> ConsentPolicy | None:
    """The consent rules of a version of the catalog; those without any where it had no policy."""
    try:
        document = place.services.catalog.document_at("policy", "policy", version=version)
    except NotFound:
        return EngagementPolicy().consent
    return EngagementPolicy.model_validate(document).consent
