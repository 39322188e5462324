"""What happened in a story, when and why: one line for each thing, in English and Japanese, or as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kizuna.core.durations import instant_to_text
from kizuna.core.journeys.messages import journey_and_step
from kizuna.core.journeys.path_words import why_in_words
from kizuna.core.journeys.run import JourneyRun, Station
from kizuna.core.messages import Message, State
from kizuna.core.sentences import CHANNELS, REASONS, Language, Words
from kizuna.local.time_travel.playing import Played
from kizuna.local.time_travel.stories import DEEDS, Happening
from kizuna.local.time_travel.world import Sent

Kind = Literal["happened", "entered", "step", "sent", "withheld", "ended", "waits"]

# Of things at one moment, in the order in which one leads to the other.
_ORDER: tuple[Kind, ...] = ("happened", "entered", "step", "sent", "withheld", "ended", "waits")
_SILENT = frozenset({State.DENIED, State.EXPIRED, State.FAILED})

_SAID: Mapping[Kind, Words] = {
    "happened": Words("happens", "出来事"),
    "entered": Words("enters", "開始"),
    "step": Words("step", "ステップ"),
    "sent": Words("hears", "配信"),
    "withheld": Words("does not hear", "配信なし"),
    "ended": Words("ends", "終了"),
    "waits": Words("waits", "待機"),
}
_UNTIL = Words("until {}", "{}まで")
_ON_PAUSE = Words("for the journey to go on", "ジャーニーの再開待ち")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: when, to whom, what, and why. `what` names steps, events and templates as they are."""

    at: datetime
    kind: Kind
    who: str
    what: str
    why: str = ""  # a code, of `path_words` or of `reasons`
    until: datetime | None = None

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        told = {
            "at": instant_to_text(self.at),
            "kind": self.kind,
            "person": self.who or None,
            "what": self.what,
            "why": self.why or None,
            "until": instant_to_text(self.until) if self.until is not None else None,
        }
        return {name: value for name, value in told.items() if value is not None}


def lines_of(played: Played, *, journey: str | None = None) -> tuple[Line, ...]:
    """Everything that happened, in its order; of one journey alone if it is named."""
    found = [*_deeds(played)]
    for run in played.runs:
        if journey in (None, run.journey):
            found += _walk(run, played)
    found += [_sent(each, played) for each in played.sent if _is_of(each.message, journey)]
    found += [
        _withheld(each, played) for each in played.messages if each.state in _SILENT and _is_of(each, journey)
    ]
    return tuple(sorted(found, key=lambda line: (line.at, _ORDER.index(line.kind))))


def kind_in_words(kind: Kind, language: Language) -> str:
    told: str = getattr(_SAID[kind], language)
    return told


def why_of(line: Line, played: Played, language: Language) -> str:
    """Why, in words."""
    if line.kind == "waits":
        told: str = getattr(_UNTIL if line.until is not None else _ON_PAUSE, language)
        return told.format(f"{line.until.astimezone(played.zone):%Y-%m-%d %H:%M}") if line.until else told
    if line.kind == "withheld" and line.why in REASONS:
        return str(getattr(REASONS[line.why], language))
    return why_in_words(line.why, language) if line.why else ""


def what_of(line: Line, language: Language) -> str:
    """What, with the channel of a message in words."""
    if line.kind not in ("sent", "withheld"):
        return line.what
    channel, _, rest = line.what.partition(" ")
    words = CHANNELS.get(channel)
    return f"{rest} {getattr(words, language) if words is not None else channel}"


# ── what there is to tell ───────────────────────────────────────────────────────────────────────


def _is_of(message: Message, journey: str | None) -> bool:
    of_step = journey_and_step(message.campaign)
    return journey is None or (of_step is not None and of_step[0] == journey)


def _deeds(played: Played) -> Iterator[Line]:
    for at, name, deed in played.happened:
        yield Line(at, "happened", name, _deed(deed))


def _deed(deed: Happening) -> str:
    """What happened, by its own name: the event, or the deed and what it is about."""
    if deed.event is not None:
        return deed.event
    return "; ".join(_told(name, about) for name in DEEDS if (about := getattr(deed, name)) is not None)


def _told(deed: str, about: object) -> str:
    """A deed and what it is about. What traits come to be is left out: it may be anything, and long."""
    if not isinstance(about, dict):
        return f"{deed} {about}"
    return f"{deed} " + ", ".join(
        about if deed == "traits" else (f"{name} {value}" for name, value in about.items())
    )


def _walk(run: JourneyRun, played: Played) -> Iterator[Line]:
    who = played.name_of(run.person)
    key = f" ({run.key})" if run.key else ""
    yield Line(run.entered_at, "entered", who, f"{run.journey}{key}")
    last: Station | None = run.path[-1] if run.is_over and run.path else None
    for station in run.path:
        if station is not last:
            yield Line(station.at, "step", who, f"{run.journey}.{station.node}", station.why)
    if last is not None:
        yield Line(last.at, "ended", who, f"{run.journey}.{last.node}", f"{run.state}.{run.reason}")
    else:
        yield Line(played.ends, "waits", who, f"{run.journey}.{run.ahead or run.node}", until=run.due_at)


def _sent(sent: Sent, played: Played) -> Line:
    message = sent.message
    told = f"{message.channel} {message.campaign} ({message.template}, {message.language})"
    return Line(sent.at, "sent", played.name_of(message.person), told)


def _withheld(message: Message, played: Played) -> Line:
    told = f"{message.channel} {message.campaign}"
    return Line(message.changed_at, "withheld", played.name_of(message.person), told, message.reason)
