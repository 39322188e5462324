"""Logs and metrics, the same for every function. Logs carry ids, counts and reasons: never an address, a body,
a name or a token (`abuse-cases.md` 1.7)."""

from __future__ import annotations

import os
import re

from aws_lambda_powertools import Logger, Metrics

NAMESPACE = "Kizuna"

logger = Logger(service="kizuna", level=os.environ.get("KIZUNA_LOG_LEVEL", "INFO"), utc=True)
metrics = Metrics(namespace=NAMESPACE, service="kizuna")

_UNSAFE = re.compile(r"[^\w .,:;/()'\"\[\]{}<>=+*#-]|\S*@\S*|\+?\d[\d -]{7,}", re.ASCII)


def safe(error: BaseException) -> str:
    """An error as it may be logged: its type, and its text without anything that looks like personal data."""
    return f"{type(error).__name__}: {_UNSAFE.sub('…', str(error))[:300]}"
