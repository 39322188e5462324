"""What every sender shares: leave from the gate, and what an answer that is no "yes" means (`delivery.md` 4).

    certainly not taken, later     throttled, paused, or nothing of the request was ever written
    certainly not taken, for good  an error of a list per provider
    unclear                        everything else, errors without a name on a list included

A wrong "unclear" costs one contact; a wrong "not taken" sends a message twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectionError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)

from kizuna.core.content.errors import ContentError
from kizuna.core.gate import Approved, NotApproved
from kizuna.core.messages import NotAccepted, Outcome, Rejected, Unclear
from kizuna.core.ports import Envelope

THROTTLED_FOR = timedelta(minutes=1)
STOPPED_FOR = timedelta(minutes=15)  # paused, or a quota is used up: soon again is pointless

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}")


@dataclass(frozen=True, slots=True)
class ErrorClasses:
    """The errors of one provider that say for certain that nothing was taken. Any other is unclear."""

    later: Mapping[str, timedelta]  # with how long to wait
    permanent: frozenset[str]
    any_4xx_is_permanent: bool = False
    account: frozenset[str] = (
        frozenset()
    )  # of the permanent ones, those that no other message would escape either


def check_leave(approved: Approved, envelope: Envelope, *, channel: str) -> None:
    """Raises NotApproved unless the gate approved this very message, on this channel, to this address."""
    message = envelope.message
    if not isinstance(approved, Approved):
        raise NotApproved(f"message {message.id}: not an approval")
    if (approved.message_id, approved.channel, approved.endpoint) != (
        message.id,
        channel,
        message.address_id,
    ):
        raise NotApproved(f"message {message.id}: the approval is for another message, channel or address")


def one_call(call: Callable[[], Outcome], classes: ErrorClasses) -> Outcome:
    """What became of one call. Never raises: after the claim, every error is an outcome."""
    try:
        return call()
    except ClientError as error:
        return _of_error_reply(error, classes)
    except (ParamValidationError, ContentError):
        return Rejected("invalid_request")  # refused on this side, before anything was sent
    except (ConnectionError, HTTPClientError) as error:
        return _of_broken_connection(error)
    except Exception as error:  # not known means not known: a reset, a reply that nobody can read, a bug
        return Unclear(_readable(type(error).__name__))


def _of_broken_connection(error: ConnectionError | HTTPClientError) -> Outcome:
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return NotAccepted("not_connected", THROTTLED_FOR)
    if was_in_handshake(error):
        return NotAccepted("tls_failed", THROTTLED_FOR)
    match error:
        case ReadTimeoutError():
            return Unclear("read_timeout")
        case ConnectionClosedError() | SSLError():
            return Unclear("connection_lost")
        case _:
            return Unclear(_readable(type(error).__name__))


def _of_error_reply(error: ClientError, classes: ErrorClasses) -> Outcome:
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = _readable(str(error.response.get("Error", {}).get("Code", "")))
    if status >= 500:
        return Unclear(code)  # whatever it is called, it came from behind the front door
    if code in classes.later:
        return NotAccepted(code, classes.later[code])
    if status == 429 and classes.any_4xx_is_permanent:
        return NotAccepted(code, THROTTLED_FOR)
    reason = _with_detail(code, error.response.get("Reason"))
    if code in classes.permanent or (classes.any_4xx_is_permanent and 400 <= status < 500):
        return Rejected(reason, account=not classes.account.isdisjoint((code, reason)))
    return Unclear(reason)


def _with_detail(code: str, detail: object) -> str:
    """The error's name with its documented reason (SMS): `ConflictException.DESTINATION_PHONE_NUMBER_OPTED_OUT`."""
    return f"{code}.{detail}" if isinstance(detail, str) and _CODE.fullmatch(detail) else code


def _readable(code: str) -> str:
    """Names of errors come from outside; only what looks like one is passed on."""
    return code if _CODE.fullmatch(code) else "unreadable_reply"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def was_in_handshake(error: BaseException) -> bool:
    """Whether it broke while TLS began, before the request could be written. Later the same errors prove nothing."""
    return any(_broke_in_handshake(cause) for cause in _causes(error))


def _broke_in_handshake(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "do_handshake":
            return True
        trace = trace.tb_next
    return False
