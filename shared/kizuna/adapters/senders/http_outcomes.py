"""What became of one HTTP call that sends, for providers without an SDK: the same classes as `provider_calls`.

certainly not taken, later     name not resolved, connection refused, TLS failed before anything was sent
unclear                        a reset, a timeout while waiting for the answer, an answer that nobody can read
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from kizuna.adapters.senders.provider_calls import THROTTLED_FOR, was_in_handshake
from kizuna.core.messages import NotAccepted, Outcome, Unclear

Read = Callable[[int, Mapping[str, str], bytes], Outcome]


def of_http_call(call: Callable[[], urllib3.BaseHTTPResponse], *, read: Read, at_most: int) -> Outcome:
    """Make the call and read its answer, of which `at_most` bytes are looked at. Never raises.

    `call` must ask for a response that is not read yet (`preload_content=False`). `read` is given the status, the
    headers by lower-case name and the body.
    """
    try:
        response = call()
        try:
            body = response.read(at_most, decode_content=True)
        finally:
            if response.length_remaining:  # more than anybody wants to read
                response.close()
            response.release_conn()
        return read(response.status, {name.lower(): value for name, value in response.headers.items()}, body)
    except (NewConnectionError, NameResolutionError, ConnectTimeoutError):
        return NotAccepted("not_connected", THROTTLED_FOR)
    except ReadTimeoutError:
        return Unclear("read_timeout")
    except SSLError as error:
        if was_in_handshake(error):
            return NotAccepted("tls_failed", THROTTLED_FOR)
        return Unclear("connection_lost")
    except HTTPError as error:
        return NotAccepted("tls_failed", THROTTLED_FOR) if was_in_handshake(error) else _unclear(error)
    except Exception as error:  # a reply that nobody can read, a bug: not known means not known
        return _unclear(error)


def _unclear(error: Exception) -> Outcome:
    return Unclear(type(error).__name__)
