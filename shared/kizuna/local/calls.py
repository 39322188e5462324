"""Calls of DynamoDB and SQS that moto answers without the way over HTTP that nobody listens to.

botocore composes a request, signs it and hands it to moto, which matches its address against those of all services,
takes it apart again and looks up the methods of a handler: three quarters of what a read costs. Here the same
handler is given the body that botocore wrote, and botocore reads the answer as from any wire.

Calls to addresses that are not of AWS, and those outside of `mock_aws`, take the usual way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import moto.core.responses
import moto.sqs.models
from botocore.awsrequest import AWSResponse
from botocore.endpoint import Endpoint
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.core.parse import PROTOCOL_PARSERS, RequestDict
from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores, get_service_model, method_names_from_class
from moto.dynamodb.responses import DynamoHandler
from moto.moto_api._internal import mock_random
from moto.sqs.responses import SQSResponse
from moto.utilities.utils import get_partition
from werkzeug.datastructures import MultiDict

from kizuna.local.storage import DYNAMODB

Answer = tuple[Any, dict[str, Any]]

# Of services that are asked in JSON, with the name of the operation in a header.
_HANDLERS: Final[dict[str, Callable[[], BaseResponse]]] = {"dynamodb": DynamoHandler, "sqs": SQSResponse}
_JSON: Final = PROTOCOL_PARSERS["json"]


@DYNAMODB.replaces(Endpoint, "make_request")
def _make_request(
    original: Callable[..., Answer], endpoint: Endpoint, operation: Any, request: dict[str, Any]
) -> Answer:
    """Nothing is repeated: moto never has too much to do."""
    handler = _HANDLERS.get(operation.service_model.service_name)
    address = urlsplit(request["url"])
    if handler is None or not botocore_stubber.enabled or not address.netloc.endswith(".amazonaws.com"):
        return original(endpoint, operation, request)
    asked = _prepared(handler(), operation, request, path=address.path)
    status, headers, body = asked.call_action()
    return _read(endpoint, operation, AWSResponse(request["url"], status, headers, None), body)


def _prepared(handler: BaseResponse, operation: Any, request: dict[str, Any], *, path: str) -> BaseResponse:
    """As moto's own `setup_class` leaves it for a request of this kind."""
    handler.uri, handler.path, handler.raw_path = request["url"], path, path
    handler.method, handler.headers = request["method"], request["headers"]
    handler.raw_body = request["body"]
    handler.body = request["body"].decode()
    handler.querystring = handler.data = {}
    handler.uri_match = {}
    handler.response_headers = {"server": "amazon.com"}
    handler.region = request["context"]["client_region"]
    handler.partition = get_partition(handler.region)
    handler.current_account = DEFAULT_ACCOUNT_ID
    model = get_service_model(handler.boto3_service_name).operation_model(operation.name)
    told: RequestDict = {
        "method": request["method"],
        "values": MultiDict(),
        "headers": request["headers"],
        "body": request["body"],
        "url_path": path,
        "url_params": {},
    }
    handler.params = _JSON(model, map_type=handler.PROTOCOL_PARSER_MAP_TYPE).parse(told)
    return handler


def _read(endpoint: Endpoint, operation: Any, reply: AWSResponse, body: str | bytes) -> Answer:
    written = body.encode() if isinstance(body, str) else body
    wire = {"headers": reply.headers, "status_code": reply.status_code, "body": written}
    parser = endpoint._response_parser_factory.create_parser(operation.service_model.resolved_protocol)
    parsed = parser.parse(wire, operation.output_shape)
    if reply.status_code >= 300:
        endpoint._add_modeled_error_fields(wire, parsed, operation, parser)
    parsed["ResponseMetadata"]["RetryAttempts"] = 0
    return reply, parsed


def _request_id(headers: dict[str, Any]) -> str:
    """52 letters and digits, as AWS gives them, of one draw in place of 52."""
    headers["x-amzn-requestid"] = made = f"{mock_random.getrandbits(208):052X}"
    return made


_underscored: Final = cache(camelcase_to_underscores)

# At a call of any service moto finds out anew which methods a class has, and how it spells an operation.
DYNAMODB.replaces_value(moto.core.responses, "method_names_from_class", cache(method_names_from_class))
for _module in (moto.core.responses, moto.sqs.models):
    DYNAMODB.replaces_value(_module, "camelcase_to_underscores", _underscored)
DYNAMODB.replaces_value(moto.core.responses, "gen_amzn_requestid_long", _request_id)
