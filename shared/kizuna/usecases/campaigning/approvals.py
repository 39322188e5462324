"""Whether somebody answered for what a message is about to say, asked once more as it is sent.

A run begins with an approval, and its last messages leave days later, in the words that are in force by then: words
that nobody else has seen must not go out on the approval of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kizuna.core.campaigning.controls import Control, is_approved, needs_approval
from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import Catalog
from kizuna.core.messages import Message
from kizuna.core.ports import Controls, Runs


@dataclass(frozen=True, slots=True)
class Approvals:
    """The approvals for the messages of one batch: read when the first asks whose campaign needs one, and then no
    more. Where the policy asks for none, nothing is read."""

    controls: Controls
    runs: Runs
    _read: list[Mapping[str, Control]] = field(default_factory=list)
    _known: dict[tuple[str, str, int], bool] = field(default_factory=dict)  # campaign, run, catalog's version

    def is_lacking(self, message: Message, catalog: Catalog) -> bool:
        """Whether the campaign of a message needs an approval, and has none as it is in force. Raises Unavailable."""
        campaign = catalog.campaigns.get(message.campaign)
        if campaign is None or not needs_approval(campaign, catalog.policy.approval):
            return False
        key = (message.campaign, message.run, catalog.version)
        if key not in self._known:
            people = self._people(message)
            needed = needs_approval(campaign, catalog.policy.approval, people=people)
            self._known[key] = needed and not is_approved(campaign, self._control(campaign.id), catalog)
        return self._known[key]

    def _people(self, message: Message) -> int | None:
        """How many the message's run is for; None of what a trigger set off."""
        run = None if message.run == TRIGGERED else self.runs.get(message.campaign, message.run)
        return run.people if run is not None else None

    def _control(self, campaign: str) -> Control:
        if not self._read:
            self._read.append(self.controls.current())
        return self._read[0].get(campaign, Control(campaign))
