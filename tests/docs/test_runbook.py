"""docs/runbook.md: what it says that a record says is what senders put there."""

from __future__ import annotations

import re

from tests.docs.reading import ROOT, codes, page, rows, section

SENDERS = ROOT / "shared" / "kizuna" / "adapters" / "senders"


def test_every_word_of_a_refused_message_is_one_that_a_sender_has() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SENDERS.glob("*.py")))
    refused = rows(section(page("docs/runbook.md"), "## A channel refuses what we send"))
    said = [word for told, *_ in refused for word in codes(told)]
    assert len(said) > 10
    unknown = [word for word in said if f'"{re.sub(r"^http_[0-9]+$", "http_{status}", word)}"' not in code]
    assert not unknown
