"""One POST to a system of the company → what it answered. May reach the internet, and do nothing else."""

from typing import Any

from kizuna.adapters.senders.callout import answered
from kizuna.adapters.senders.https_call import HttpsCall

_CALLOUT = HttpsCall()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answered(event, _CALLOUT)
