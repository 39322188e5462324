"""What the providers' wire protocols have in common: requests, replies, refusals and where they differ.

Three AWS protocols are spoken (names as in the service models): `rest-json` by SES v2 and Pinpoint,
`json` 1.0 by SMS v2, `query` (form in, XML out) by SNS. Signatures are not checked: this is a loopback.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; the body is complete."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `ValueError` when it is anything else."""
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise ValueError("the body is not a JSON object")
        return value

    @property
    def scope(self) -> CredentialScope | None:
        """What the request was signed for, when it was signed."""
        return CredentialScope.of(self.headers.get("authorization", ""))


@dataclass(frozen=True, slots=True)
class CredentialScope:
    """Region and signing name out of `Credential=<key>/<date>/<region>/<service>/aws4_request`."""

    region: str
    service: str

    @classmethod
    def of(cls, authorization: str) -> CredentialScope | None:
        _, found, rest = authorization.partition("Credential=")
        parts = rest.split(",", 1)[0].strip().split("/")
        if not found or len(parts) != 5:
            return None
        return cls(region=parts[2], service=parts[3])


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Refusal(Exception):
    """The provider says no, with the code that its clients find in `ClientError.response["Error"]`.

    `fields` are the members which the service model gives this error beside its message, such as `Reason`.
    """

    def __init__(
        self, code: str, message: str, *, status: int = 400, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields: Mapping[str, str] = fields or {}


class Ids:
    """Unique ids that are the same in every run with the same seed and clock."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = itertools.count(1)

    def uuid(self, at: datetime) -> str:
        name = f"{self._seed}|{at.isoformat()}|{next(self._count)}"
        return str(UUID(bytes=hashlib.blake2b(name.encode(), digest_size=16).digest(), version=4))

    def ses(self, at: datetime) -> str:
        """A message id in the form SES gives: milliseconds, a unique part, six zeros."""
        return f"0100{int(at.timestamp() * 1000):012x}-{self.uuid(at)}-000000"


def json_reply(value: object, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(status, json.dumps(value, ensure_ascii=False).encode(), headers=headers)


def rest_json_refusal(refusal: Refusal, request_id: str) -> Reply:
    """The code travels in a header. Both spellings of `message` stand in the service models."""
    body = {"message": refusal.message, "Message": refusal.message, "RequestID": request_id, **refusal.fields}
    return json_reply(body, status=refusal.status, headers=(("x-amzn-ErrorType", refusal.code),))


def json_refusal(refusal: Refusal, request_id: str) -> Reply:
    """`json` 1.0: the code travels in the body as `__type`."""
    body = {"__type": refusal.code, "Message": refusal.message, "RequestId": request_id, **refusal.fields}
    reply = json_reply(body, status=refusal.status, headers=(("x-amzn-ErrorType", refusal.code),))
    return Reply(reply.status, reply.body, "application/x-amz-json-1.0", reply.headers)


SNS_NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"


def query_reply(action: str, result: Mapping[str, str], request_id: str) -> Reply:
    members = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in result.items())
    xml = (
        f'<{action}Response xmlns="{SNS_NAMESPACE}"><{action}Result>{members}</{action}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    )
    return Reply(200, xml.encode(), "text/xml")


def query_refusal(refusal: Refusal, request_id: str) -> Reply:
    side = "Receiver" if refusal.status >= 500 else "Sender"
    xml = (
        f'<ErrorResponse xmlns="{SNS_NAMESPACE}"><Error><Type>{side}</Type>'
        f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Reply(refusal.status, xml.encode(), "text/xml")
