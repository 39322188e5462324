"""What the workspace offers people on their own page, and how consents by mailed link are asked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kizuna.core.durations import FIRST, Duration
from kizuna.core.restraint.caps import FrequencyCap
from kizuna.core.restraint.wishes import LONGEST_PAUSE

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _in_some_language(words: dict[str, str]) -> dict[str, str]:
    if not words or not all(text.strip() for text in words.values()):
        raise ValueError("say it in at least one language")
    return words


class FrequencyChoice(_Definition):
    """A rhythm that people may choose: at most `count` promotional messages in `window`, over all channels.

    `name` is how the page calls it, by language.
    """

    id: Slug
    name: dict[str, str]
    count: int = Field(ge=1, le=100)
    window: Duration

    _is_told = field_validator("name")(_in_some_language)

    @field_validator("window")
    @classmethod
    def _can_be_counted(cls, window: Duration) -> Duration:
        FrequencyCap(count=1, window=window)  # refuses what caps cannot remember
        return window

    @property
    def cap(self) -> FrequencyCap:
        return FrequencyCap(count=self.count, window=self.window)


class LeavingReason(_Definition):
    """A reason for leaving that people may tick; told as the property `reason` of `Reason For Leaving Given`."""

    id: Slug
    name: dict[str, str]

    _is_told = field_validator("name")(_in_some_language)


REASONS_FOR_LEAVING = (
    LeavingReason(id="too-many", name={"en": "There were too many messages", "ja": "お知らせの数が多すぎる"}),
    LeavingReason(
        id="not-relevant", name={"en": "They were not about what I like", "ja": "興味のある内容ではなかった"}
    ),
    LeavingReason(id="bad-time", name={"en": "They came at a bad time", "ja": "届く時間帯が合わなかった"}),
    LeavingReason(id="never-asked", name={"en": "I never asked for them", "ja": "申し込んだ覚えがない"}),
    LeavingReason(id="other", name={"en": "Something else", "ja": "その他"}),
)


class PreferenceCenter(_Definition):
    """The person's own page.

    `frequencies` are offered as "fewer messages"; touches are counted for them as for caps. `pauses` are how long a
    pause may be. `ask_again_after`: a rhythm that was chosen is asked about again after so long (it stays in force
    until then and after; the wish carries the instant, for conditions). `wording_version` names the text beside the
    boxes (with `-ja` behind it, the Japanese one): without it nothing can be switched on again on the page.
    `shows_segments` tells people which segments they are in.
    """

    frequencies: tuple[FrequencyChoice, ...] = Field(default=(), max_length=6)
    pauses: tuple[Duration, ...] = Field(default=(Duration.parse("30d"), Duration.parse("90d")), max_length=6)
    ask_again_after: Duration | None = None
    leaving_reasons: tuple[LeavingReason, ...] = Field(default=REASONS_FOR_LEAVING, max_length=10)
    wording_version: str = ""
    shows_segments: bool = False
    offers_export: bool = True
    offers_erasure: bool = True

    @field_validator("frequencies", "leaving_reasons")
    @classmethod
    def _have_ids_of_their_own(
        cls, choices: tuple[FrequencyChoice | LeavingReason, ...]
    ) -> tuple[FrequencyChoice | LeavingReason, ...]:
        if len({each.id for each in choices}) < len(choices):
            raise ValueError("two have the same id")
        return choices

    @field_validator("pauses")
    @classmethod
    def _end(cls, pauses: tuple[Duration, ...]) -> tuple[Duration, ...]:
        if any(not FIRST < pause.after(FIRST) <= FIRST + LONGEST_PAUSE for pause in pauses):
            raise ValueError("a pause lasts up to a year")
        return pauses


class DoubleOptIn(_Definition):
    """How a consent is confirmed by mail, where the country asks for that (`consent.double_opt_in_countries`).

    `valid_for`: how long the mailed link confirms. `repeat_after`: so long no second mail goes to one address, and
    never more than `most` within thirty days, whoever asks: a form must not become a way to flood a stranger.
    """

    valid_for: Duration = Duration.parse("7d")
    repeat_after: Duration = Duration.parse("1d")
    most: int = Field(default=3, ge=1, le=10)
