"""The HTTP API: which function answers which path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kizuna.topology.names import Function


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the HTTP API. `jwt` routes are behind the authorizer; all others check by themselves.

    `$default` takes what no other route matches.
    """

    method: Literal["GET", "POST", "ANY"]
    path: str
    function: Function
    auth: Literal["none", "jwt"] = "none"


ROUTES: tuple[Route, ...] = (
    # Client SDKs. ANY, because OPTIONS, HEAD and wrong methods get our own answers (with CORS headers and a
    # JSON body that SDKs understand) and never the gateway's.
    Route("ANY", "/v1/{call}", Function.COLLECT),
    Route("ANY", "/v1/projects/{key}/settings", Function.COLLECT),
    Route("ANY", "/sourceConfig", Function.COLLECT),
    Route("ANY", "/beacon/v1/batch", Function.COLLECT),
    Route("ANY", "/api/s/{call}", Function.COLLECT),
    Route("ANY", "/api/s/s2s/{call}", Function.COLLECT),
    Route("ANY", "/v1/decide", Function.DECIDE),
    Route("ANY", "/v1/inbox", Function.INBOX),
    Route("ANY", "/v1/inbox/{act}", Function.INBOX),
    # What messengers tell us over HTTP, each call signed by them.
    Route("POST", "/hooks/line/{account}", Function.HOOKS),
    # The person's side: signed links.
    Route("ANY", "/u/{token}", Function.PREFERENCES),
    Route("ANY", "/preferences/{token}", Function.PREFERENCES),
    Route("ANY", "/preferences", Function.PREFERENCES),
    Route("ANY", "/confirm/{token}", Function.PREFERENCES),
    Route("ANY", "/c/{token}", Function.PREFERENCES),
    Route("ANY", "/s/{token}", Function.PREFERENCES),
    # The management side.
    Route("ANY", "/admin/{proxy+}", Function.ADMIN, auth="jwt"),
    # Work for call centres and shops: by the role staff, in a function that may record what came of it.
    Route("ANY", "/admin/tasks", Function.TASKS, auth="jwt"),
    Route("ANY", "/admin/tasks/{task}/{act}", Function.TASKS, auth="jwt"),
    # Rights of the person: by the role privacy alone, in a function that may do what no other may.
    Route("ANY", "/admin/people/{person}/erasure", Function.PRIVACY, auth="jwt"),
    Route("ANY", "/admin/people/{person}/export", Function.PRIVACY, auth="jwt"),
    Route("ANY", "/admin/erasures", Function.PRIVACY, auth="jwt"),
    # A path with a slash at its end matches no route (and HTTP APIs take none that has one); unknown paths get an
    # answer that SDKs understand.
    Route("ANY", "$default", Function.COLLECT),
)
