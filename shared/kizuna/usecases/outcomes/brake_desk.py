"""Brakes over HTTP, for the management side: what stands still and why, and who answers for it to go on.

    GET  /admin/brakes                                  every run that is paused, and the brake of all promotion
    POST /admin/brakes/stop                             {"reason": …}: all promotion stands still
    POST /admin/brakes/release                          {"reason": …}: it goes on
    POST /admin/campaigns/{id}/runs/{run}/resume        {"reason": …}: a run goes on that paused for harm, or by hand

What people asked for goes on in any case. 409 where nothing stands still. Each step is kept with who took it and why.
A run that is resumed gets the parts of its audience at once that were not walked yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError

from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply, wrong_method
from kizuna.core.ports import BrakeStore, CatalogStore, Queues, Runs
from kizuna.core.restraint.brakes import NothingToRelease, Stop
from kizuna.core.rights.rights import roles_of
from kizuna.usecases.campaigning.desk import READERS, WRITERS, Because
from kizuna.usecases.campaigning.parts import hand_out_again
from kizuna.usecases.outcomes.braking import Told, release_marketing, resume_run, stop_marketing
from kizuna.usecases.reports import brakes_body

RELEASERS = frozenset({"approver"})
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class BrakeDesk:
    """The ports of pulling brakes and releasing them. `tell` puts what happens on the bus."""

    brakes: BrakeStore
    runs: Runs
    queues: Queues
    catalog: CatalogStore
    tell: Told


def is_meant(request: HttpRequest) -> bool:
    """Whether a request is one for this desk."""
    match _path(request):
        case ["brakes"] | ["brakes", "stop" | "release"] | ["campaigns", _, "runs", _, "resume"]:
            return True
        case _:
            return False


def reply(request: HttpRequest, on: BrakeDesk, *, now: datetime) -> HttpReply:
    """Answer one request. Raises Unavailable, where the bus cannot be told too: nothing was pulled then."""
    status, body = _answer(request, on, now=now)
    return json_reply(status, body)


def _path(request: HttpRequest) -> list[str]:
    return [unquote(part) for part in request.path.strip("/").split("/")][1:]


def _answer(request: HttpRequest, on: BrakeDesk, *, now: datetime) -> Answer:
    path = _path(request)
    looks = path == ["brakes"]
    if request.method != ("GET" if looks else "POST"):
        told = "brakes are looked at by GET, and pulled or released by POST"
        return wrong_method("GET" if looks else "POST", told)
    # To stop is the safe side, so whoever writes may; to go on somebody has to answer for.
    needed = READERS if looks else WRITERS if path[-1] == "stop" else RELEASERS
    if not roles_of(request.claims) & needed:
        return 403, {"code": "forbidden", "message": f"needs one of the roles {', '.join(sorted(needed))}"}
    if not looks:
        try:
            reason = Because.model_validate_json(request.body).reason
            _do(path, reason, _who(request), on, now=now)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "body"
            return 400, {"code": "invalid_request", "message": f"{where}: {first['msg']}"}
        except NothingToRelease as refusal:
            return 409, {"code": "conflict", "message": str(refusal)}
    return 200, brakes_body(on.brakes.current(), now=now)


def _who(request: HttpRequest) -> str:
    """By the name that `kizuna apply` records as well, where the user pool tells one."""
    told = request.claims.get("email") or request.claims.get("username") or request.claims.get("sub") or ""
    return str(told)


def _do(path: list[str], reason: str, by: str, on: BrakeDesk, *, now: datetime) -> None:
    """Guarded by the version of the brake. A crash right after leaves it done. Raises NothingToRelease."""
    brakes, tell = on.brakes, on.tell
    match path:
        case ["brakes", "stop"]:
            pulled = Stop("by_hand", now, "by_hand", reason, by=by)
            stop_marketing(pulled, brakes, tell=tell)
        case ["campaigns", campaign, "runs", run, _]:
            resume_run(campaign, run, brakes, by=by, reason=reason, now=now, tell=tell)
            hand_out_again(campaign, [run], on.runs, on.queues, on.catalog.current())
        case _:
            release_marketing(brakes, by=by, reason=reason, now=now, tell=tell)
