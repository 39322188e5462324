"""What a function imports before its first call: each module here would cost every cold start of `collect`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.cold_start import _OURS_READY, _SETTINGS

ROOT = Path(__file__).resolve().parents[2]
RARE = (
    "kizuna.adapters.merge_records",
    "kizuna.adapters.reviews_table",
    "kizuna.core.bus_events",
    "kizuna.core.content",
    "kizuna.core.contracts",
    "kizuna.core.erasure",
    "kizuna.core.identity_reviews",
    "kizuna.core.links",
    "kizuna.core.merge_log",
    "kizuna.core.merging",
    "kizuna.core.rights",
    "kizuna.core.unmerging",
    "email_validator",
    "liquid",
    "phonenumbers",
)


def test_collect_starts_without_what_most_calls_never_need():
    told = f"{_OURS_READY}\nimport sys; print([name for name in {RARE} if name in sys.modules])"
    environment = {
        **os.environ,
        **_SETTINGS,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "shared"))),
    }

    done = subprocess.run(  # noqa: S603  (our own code)
        [sys.executable, "-c", told], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
