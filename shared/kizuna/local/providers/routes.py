"""The double's own HTTP: outbox, log, faults and events as JSON, and the page for a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import parse_qsl, quote

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kizuna.core.errors import NotFound
from kizuna.local.providers.events import ProviderEvent
from kizuna.local.providers.faults import Fault
from kizuna.local.providers.page import detail_page, list_page
from kizuna.local.providers.wire import Reply, Request, json_reply
from kizuna.local.providers.world import Behaviour

if TYPE_CHECKING:
    from kizuna.local.providers.double import ProviderDouble


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Opens(_Model):
    kind: Literal["open"]
    message_id: str


class Clicks(_Model):
    kind: Literal["click"]
    message_id: str
    link: str


class Reacts(_Model):
    kind: Literal["complaint", "bounce"]
    message_id: str


class Replies(_Model):
    """A text from a person. With `message_id` it answers that text, from its recipient."""

    kind: Literal["reply"]
    body: str
    message_id: str | None = None
    sender: str | None = None
    to: str | None = None


PersonDoes = Annotated[Opens | Clicks | Reacts | Replies, Field(discriminator="kind")]


class Acknowledged(_Model):
    numbers: frozenset[int]


_PERSON: TypeAdapter[PersonDoes] = TypeAdapter(PersonDoes)
_FAULTS: TypeAdapter[Fault | list[Fault]] = TypeAdapter(Fault | list[Fault])


class Routes:
    def __init__(self, double: ProviderDouble) -> None:
        self._double = double
        self._table: Mapping[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "/"): self._list,
            ("GET", "/health"): lambda _: json_reply({"ok": True}),
            ("GET", "/outbox.json"): self._outbox,
            ("DELETE", "/outbox.json"): self._clear,
            ("GET", "/log.json"): self._log,
            ("GET", "/faults"): lambda _: json_reply(self._double.faults.as_json()),
            ("POST", "/faults"): self._order,
            ("DELETE", "/faults"): self._forgive,
            ("GET", "/events.json"): self._events,
            ("POST", "/events.json"): self._happen,
            ("POST", "/events/ack"): self._acknowledge,
        }

    def serve(self, request: Request) -> Reply:
        """Answers every request; what is wrong with one is told by field, with status 400."""
        if request.method != "GET" and request.headers.get("sec-fetch-site") == "cross-site":
            return _problem(403, "not from another site")
        try:
            return self._route(request)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return _problem(400, f"{where}: {first['msg']}" if where else first["msg"])
        except NotFound as error:
            return _problem(404, str(error))
        except ValueError as error:
            return _problem(400, str(error))

    def _route(self, request: Request) -> Reply:
        known = self._table.get((request.method, request.path))
        if known is not None:
            return known(request)
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["messages", message_id]:
                return self._detail(message_id, request)
            case "POST", ["messages", message_id]:
                return self._press(message_id, request)
        if any(path == request.path for _, path in self._table):
            return _problem(405, f"{request.path} does not take {request.method}")
        return _problem(404, "no such page; the provider APIs are SES v2, SNS, SMS v2 and Pinpoint")

    # ── pages ───────────────────────────────────────────────────────────────────────────────────

    def _list(self, request: Request) -> Reply:
        return _html(list_page(self._double, request.query, accepts=_languages(request)))

    def _detail(self, message_id: str, request: Request) -> Reply:
        message = self._double.message(message_id)
        return _html(detail_page(self._double, message, request.query, accepts=_languages(request)))

    def _press(self, message_id: str, request: Request) -> Reply:
        """A button of the detail page: do it, and show the page again."""
        form = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
        self._do(_PERSON.validate_python({**form, "message_id": message_id}))
        language = f"?lang={quote(request.query['lang'])}" if "lang" in request.query else ""
        return Reply(303, b"", headers=(("Location", f"/messages/{quote(message_id)}{language}"),))

    # ── JSON ────────────────────────────────────────────────────────────────────────────────────

    def _outbox(self, request: Request) -> Reply:
        found = self._double.outbox.messages(channel=request.query.get("channel"), to=request.query.get("to"))
        return json_reply([message.as_json() for message in found])

    def _clear(self, _request: Request) -> Reply:
        self._double.clear()
        return Reply(204, b"")

    def _log(self, _request: Request) -> Reply:
        return json_reply([call.as_json() for call in self._double.log()])

    def _order(self, request: Request) -> Reply:
        asked = _FAULTS.validate_json(request.body)
        self._double.faults.add(*(asked if isinstance(asked, list) else [asked]))
        return json_reply(self._double.faults.as_json(), status=201)

    def _forgive(self, _request: Request) -> Reply:
        self._double.faults.clear()
        return Reply(204, b"")

    def _events(self, request: Request) -> Reply:
        limit = int(request.query.get("limit", "1000"))
        return json_reply([event.as_json() for event in self._double.due_events(limit=limit)])

    def _happen(self, request: Request) -> Reply:
        return json_reply(self._do(_PERSON.validate_json(request.body)).as_json(), status=201)

    def _acknowledge(self, request: Request) -> Reply:
        numbers = Acknowledged.model_validate_json(request.body).numbers
        return json_reply({"acknowledged": self._double.acknowledge(numbers)})

    def _do(self, what: PersonDoes) -> ProviderEvent:
        match what:
            case Opens(message_id=message_id):
                return self._double.opened(message_id)
            case Clicks(message_id=message_id, link=link):
                return self._double.clicked(message_id, link)
            case Reacts(kind="complaint", message_id=message_id):
                return self._double.reacted(message_id, Behaviour.COMPLAINS)
            case Reacts(message_id=message_id):
                return self._double.reacted(message_id, Behaviour.BOUNCES)
            case Replies(body=body, message_id=message_id, sender=sender, to=to):
                return self._double.replied(body, sender=sender, to=to, answers=message_id)


def _problem(status: int, message: str) -> Reply:
    return json_reply({"message": message}, status=status)


def _html(page: str) -> Reply:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'"
    headers = (("Content-Security-Policy", policy), ("Cache-Control", "no-store"))
    return Reply(200, page.encode(), "text/html; charset=utf-8", headers)


def _languages(request: Request) -> str:
    return request.headers.get("accept-language", "")
