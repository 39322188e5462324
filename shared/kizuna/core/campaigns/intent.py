"""Why a campaign speaks: its intent card."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from kizuna.core.campaigns.base import Definition

Answer = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10)]
Remark = Annotated[str, StringConstraints(strip_whitespace=True)]


class IntentCard(Definition):
    """Three questions before anybody is written to (K05); a campaign without an answer to each is refused.

    Besides, why this person, channel and moment, in the words of who planned it (K06): decision records quote them
    beside what the facts say.
    """

    what_is_needed: Answer
    why: Answer
    how_to_ask: Answer
    relevant_because: Remark = ""
    best_channel_because: Remark = ""
    best_time_because: Remark = ""
