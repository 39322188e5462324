"""A segment for each bucket of each RFM definition, which nobody writes by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kizuna.core.conditions.person_questions import RfmIs
from kizuna.core.rfm.scores import BUCKETS, NAMES, RfmDefinition, bucket_segment
from kizuna.core.segments import Segment


def bucket_segments(definitions: Iterable[RfmDefinition]) -> Iterator[Segment]:
    """The segments `rfm-<definition>-<bucket>` of all people whom the last run put there."""
    for definition in definitions:
        for bucket in BUCKETS:
            yield Segment(
                id=bucket_segment(definition.id, bucket),
                name=f"{definition.name or definition.id}: {NAMES['en'][bucket]}",
                description=f"made by rfm/{definition.id}",
                when=RfmIs(rfm=definition.id, bucket=(bucket,)),
            )
