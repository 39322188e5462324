"""What came of a run, as plain values: to be stored, and to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.core.rfm.runs import BucketFigures, Result, RfmRun
from kizuna.core.rfm.scores import BUCKETS, Bucket, Cuts, RfmDefinition, bucket_segment


def result_body(result: Result) -> dict[str, Any]:
    """As it is stored: see `result_from`."""
    return {
        "cuts": {"days": result.cuts.days, "times": result.cuts.counts, "money": result.cuts.money},
        "lookedAt": result.looked_at,
        "scored": result.scored,
        "cells": [[*cell, count] for cell, count in result.cells.items()],
        "buckets": {bucket: [each.people, each.money, each.reach] for bucket, each in result.buckets.items()},
        "moved": [[before, after, count] for (before, after), count in result.moved.items()],
    }


def result_from(body: Mapping[str, Any]) -> Result:
    """The inverse of `result_body`."""
    cuts = body["cuts"]
    return Result(
        Cuts(tuple(cuts["days"]), tuple(cuts["times"]), tuple(cuts["money"])),
        body["lookedAt"],
        body["scored"],
        {(recency, frequency): count for recency, frequency, count in body["cells"]},
        {bucket: BucketFigures(*body["buckets"][bucket]) for bucket in BUCKETS},
        {(before, after): count for before, after, count in body["moved"]},
    )


def shown_body(run: RfmRun, result: Result, *, written: int | None) -> dict[str, Any]:
    """What `kizuna rfm show --json` prints. `written`: so many records changed; None while they are being written."""
    definition = run.definition
    return {
        "rfm": definition.id,
        "run": run.id,
        "event": definition.event,
        "dateRange": str(definition.date_range),
        "monetary": definition.monetary,
        "lookedAt": result.looked_at,
        "scored": result.scored,
        "written": written,
        "thresholds": {
            "days": list(result.cuts.days),
            "times": list(result.cuts.counts),
            "money": [cut / 100 for cut in result.cuts.money],
        },
        "grid": grid_rows(definition, result),
        "buckets": [bucket_row(definition, bucket, result) for bucket in BUCKETS],
        "moved": [
            {"from": before, "to": after, "people": count}
            for (before, after), count in result.moved.items()
            if before != after
        ],
        "stayed": sum(count for (before, after), count in result.moved.items() if before == after),
    }


def grid_rows(definition: RfmDefinition, result: Result) -> list[dict[str, Any]]:
    """The grid from the highest recency down, each row from the lowest frequency up."""
    sizes = range(1, definition.quantiles + 1)
    return [
        {
            "recency": recency,
            "cells": [
                {"bucket": bucket, "people": result.cells.get((recency, frequency), 0)}
                for frequency, bucket in zip(sizes, definition.buckets[recency], strict=True)
            ],
        }
        for recency in reversed(sizes)
    ]


def bucket_row(definition: RfmDefinition, bucket: Bucket, result: Result) -> dict[str, Any]:
    """One bucket: its size, share of all who are scored, mean money, and how many are reached on each channel."""
    figures = result.buckets[bucket]
    return {
        "bucket": bucket,
        "segment": bucket_segment(definition.id, bucket),
        "people": figures.people,
        "share": figures.people / result.scored if result.scored else 0.0,
        "meanMoney": round(figures.money / figures.people / 100, 2) if figures.people else None,
        "reach": dict(figures.reach),
    }
