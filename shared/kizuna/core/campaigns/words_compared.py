"""What the arms of an experiment say, as a mark in the experiment's identity.

An arm whose text was edited is another arm: what people did after the one says nothing of the other. So with another
text in any of its templates the experiment begins anew, under a new fingerprint, and what was counted of the old one
stays counted under the old. What no reader sees of a template (its name, say) is no part of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kizuna.core.ids import digest

Documents = Mapping[tuple[str, str], Mapping[str, Any]]
_READ = ("channel", "default_language", "languages")


def with_words(document: Mapping[str, Any], documents: Documents) -> Mapping[str, Any]:
    """A campaign's document with the mark of what its arms say; as it is where it compares nothing."""
    experiment = document.get("experiment")
    if not isinstance(experiment, Mapping):
        return document
    said = {name: _said(documents.get(("template", name), {})) for name in sorted(set(_templates(document)))}
    mark = digest("words", json.dumps(said, sort_keys=True, ensure_ascii=False, default=str), length=8)
    return {**document, "experiment": {**experiment, "words": mark}}


def _said(template: Mapping[str, Any]) -> dict[str, Any]:
    return {name: template[name] for name in _READ if name in template}


def _templates(document: Mapping[str, Any]) -> Iterator[str]:
    """The templates of a campaign and of its arms, as far as they can be read."""
    arms = document["experiment"].get("arms", ())
    for told in (document, *(arms if isinstance(arms, list | tuple) else ())):
        if not isinstance(told, Mapping):
            continue
        by_channel = told.get("templates")
        named = [told.get("template"), *(by_channel.values() if isinstance(by_channel, Mapping) else ())]
        yield from (name for name in named if isinstance(name, str))
