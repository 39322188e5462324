"""Logs and metrics, the same for every function. Logs carry ids, counts and reasons: never an address, a body,
a name or a token (`abuse-cases.md` 1.7)."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Mapping
from pathlib import Path

from aws_lambda_powertools import Logger, Metrics

from kizuna.core.errors import KizunaError
from kizuna.topology import METRICS_NAMESPACE

logger = Logger(service="kizuna", level=os.environ.get("KIZUNA_LOG_LEVEL", "INFO"), utc=True)
metrics = Metrics(namespace=METRICS_NAMESPACE, service="kizuna")

_UNSAFE = re.compile(
    r"[^\w .,:;/()'\"\[\]{}<>=+*#-]|\S*@\S*|(?<!\w)\+?\d[\d -]{6,}\d(?!\w)|[\w.=-]{48,}", re.ASCII
)
_OURS = ("/kizuna/", "/functions/")


def safe(error: BaseException) -> str:
    """An error as it may be logged. Only our own say in their text what happened, with ids and reasons; the text of
    any other may hold whatever the code was given, so its type and place must do."""
    if isinstance(error, KizunaError):
        return _named(error, str(error))
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):  # of a service: its code, and what was asked of it
        code = response.get("Error", {}).get("Code", "")
        return _named(error, f"{code} of {getattr(error, 'operation_name', '?')} {_place(error)}")
    return _named(error, _place(error))


def _named(error: BaseException, said: str) -> str:
    return f"{type(error).__name__}: {_UNSAFE.sub('…', said)[:300]}"


def _place(error: BaseException) -> str:
    """Where it broke: the innermost line of ours, or the innermost of all."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if any(part in frame.filename for part in _OURS)] or frames
    return f"in {ours[-1].name}, {Path(ours[-1].filename).name} {ours[-1].lineno}" if ours else "nowhere"
