"""What operations of the management side have in common: the token, the roles, what the gateway answers."""

from __future__ import annotations

from typing import Literal

from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.person_examples import SEVERAL
from kizuna.apidocs.shared_parts import INTERNAL, THROTTLED, UNAVAILABLE

MANAGEMENT = "Management"

NO_TOKEN = Reply(
    401,
    "No token, or not a valid one; the gateway answers.",
    {JSON: ref("GatewayProblem")},
    {"unauthorized": {"message": "Unauthorized"}},
    component="NoToken",
)
NO_ROLE = problem(
    403,
    "The token names none of the roles that may read.",
    {"forbidden": "needs one of the roles approver, author, privacy, viewer"},
    component="NoRole",
)
SEVERAL_PEOPLE = Reply(
    409,
    "The identifier fits several people: whom, by which reading.",
    {JSON: ref("SeveralPeople")},
    {"ambiguous": SEVERAL},
    component="SeveralPeople",
)


def not_of_the_role(told: str) -> Reply:
    """What stands in place of `NO_ROLE` where other roles may do it; `told` is the message."""
    return problem(403, "Not of the role.", {"forbidden": told})


def unusable(told: str) -> Reply:
    """A parameter that cannot be used, with the message of one that could not."""
    return problem(400, "A parameter cannot be used.", {"invalid_parameter": told})


def managed(
    name: str,
    method: Literal["get", "post"],
    path: str,
    summary: str,
    japanese: str,
    *replies: Reply,
    refused: Reply = NO_ROLE,
    parameters: tuple[Parameter, ...] = (),
    body: Body | None = None,
) -> Operation:
    """An operation behind a token; `refused` is what answers a token without the role."""
    return Operation(
        id=name,
        method=method,
        path=path,
        tag=MANAGEMENT,
        summary=summary,
        japanese=japanese,
        parameters=parameters,
        body=body,
        replies=(*replies, NO_TOKEN, refused, THROTTLED, INTERNAL, UNAVAILABLE),
        security=({"managementToken": []},),
    )
