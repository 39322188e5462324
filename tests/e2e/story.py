"""What a company would do with a stack that has just been deployed: define, send events, be heard, be left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from segment.analytics.client import Client

from tests.e2e.company import Company, Json, front_door, hold
from tests.e2e.deployment import Deployed
from tests.e2e.processes import Failed

EARLY = timedelta(seconds=30)
ADA, BEN = "ada", "ben"
ADDRESSES = {ADA: "ada@people.example", BEN: "ben@people.example"}


def the_story_of_two_customers(stack: Deployed) -> None:
    """Two customers buy and are written to; one leaves by one click; the campaign comes again, to the other only."""
    story = _Story(Company(stack))
    story.apply(runs_at=datetime.now(UTC) + timedelta(days=300))
    story.customers_buy_four_times()
    story.each_gets_texts_and_a_push()
    story.apply(runs_at=datetime.now(UTC) + EARLY)
    first = story.mails_to(ADA, BEN, since=0)
    story.reports_come_back(first)
    story.leaves_by_one_click(first[ADA])
    story.apply(runs_at=datetime.now(UTC) + EARLY)
    story.mails_to(BEN, since=2)
    story.was_not_written_to_again(ADA)


class _Story:
    def __init__(self, company: Company) -> None:
        self._company, self._stack = company, company.stack

    def apply(self, *, runs_at: datetime) -> None:
        """The sample workspace, with its scheduled campaign moved to an instant and to people we have."""
        self._company.apply(runs_at=runs_at, audience="loyal-customers")

    # ── events, by a real SDK ───────────────────────────────────────────────────────────────────

    def customers_buy_four_times(self) -> None:
        key = self._company.kizuna("keys", "create", "--source", "shop", "--kind", "server")["key"]
        errors: list[Exception] = []
        with front_door(self._stack) as host:
            # Not compressed: the emulator reads every JSON body as text, which a compressed one does not survive.
            sdk = Client(key, host=host, gzip=False, on_error=lambda error, batch: errors.append(error))
            for name, address in ADDRESSES.items():
                sdk.identify(name, _traits(name, address), context=_device(name))
                for number in range(1, 5):
                    sdk.track(
                        name,
                        "Order Completed",
                        {"order_id": f"{name}-{number}", "revenue": 20.5, "currency": "USD"},
                    )
            sdk.flush()
            sdk.join()
        hold(not errors, f"the SDK reported {errors}")

    def each_gets_texts_and_a_push(self) -> None:
        """Four thanks by text, and a welcome on the phone when the fourth order makes them loyal."""
        for name in ADDRESSES:
            self._company.until(partial(self._got, 4, "sms", _phone(name)), f"four texts to {name}")
            self._company.until(partial(self._got, 1, "push", _token(name)), f"one push to {name}")

    def _got(self, count: int, channel: str, to: str) -> bool:
        return len(self._company.outbox(channel, to)) == count

    # ── mail, and what comes back ───────────────────────────────────────────────────────────────

    def mails_to(self, *names: str, since: int) -> dict[str, Json]:
        """The newest mail to each, once all have come; `since` counts the mails of before."""
        wanted = since + len(names)
        self._company.until(lambda: len(self._company.outbox("email")) >= wanted, f"{wanted} mails")
        mails = {name: self._company.outbox("email", ADDRESSES[name])[0] for name in names}
        for mail in mails.values():
            headers = {header["name"].lower(): header["value"] for header in _headers(mail)}
            one_click = headers.get("list-unsubscribe-post")
            hold(one_click == "List-Unsubscribe=One-Click", f"List-Unsubscribe-Post is {one_click!r}")
            tags = mail["tags"]
            hold({"send_id", "campaign", "run"} <= set(tags), f"the tags are {sorted(tags)}")
        return mails

    def reports_come_back(self, mails: Mapping[str, Json]) -> None:
        for name in mails:
            self._company.until(partial(self._was_delivered, name), f"a receipt for {name}'s mail")

    def _was_delivered(self, name: str) -> bool:
        self._stack.carry_feedback()  # each time: a mail is delivered a moment after it was sent
        return "delivered" in self._decision(name)["facts"]

    def leaves_by_one_click(self, mail: Json) -> None:
        headers = {header["name"].lower(): header["value"] for header in _headers(mail)}
        path = urlsplit(headers["list-unsubscribe"].strip("<>")).path
        status, _, _ = self._stack.request("GET", path)
        hold(status == 200, f"the unsubscribe page answered {status}")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _, _ = self._stack.request("POST", path, b"List-Unsubscribe=One-Click", form)
        hold(status == 200, f"the one-click unsubscribe answered {status}")

    def was_not_written_to_again(self, name: str) -> None:
        self._company.until(
            lambda: self._decision(name)["state"] == "DENIED", f"the second mail to {name} withheld"
        )
        reason = self._decision(name)["reason"]
        hold(reason == "topic_opt_out", f"it was withheld because of {reason}")
        mails = len(self._company.outbox("email", ADDRESSES[name]))
        hold(mails == 1, f"{name} got {mails} mails")

    def _decision(self, name: str) -> Json:
        """The newest decision of the scheduled campaign about somebody."""
        found: list[Json] = self._company.kizuna("explain", name, "win-back").get("rows", [])
        if not found:
            raise Failed(f"nothing was decided about {name}")
        return found[-1]


def _headers(mail: Json) -> Sequence[Mapping[str, str]]:
    return [
        {"name": header[0], "value": header[1]} if isinstance(header, list) else header
        for header in mail["headers"]
    ]


def _traits(name: str, address: str) -> Json:
    return {
        "email": address,
        "phone": _phone(name),
        "first_name": name.title(),
        "country": "US",
        "timezone": "America/New_York",
    }


def _device(name: str) -> Json:
    subscribed = [
        {"key": ADDRESSES[name], "type": "EMAIL", "status": "SUBSCRIBED"},
        {"key": _token(name), "type": "PUSH", "status": "SUBSCRIBED"},
    ]
    return {"device": {"type": "ios", "token": _token(name)}, "messaging_subscriptions": subscribed}


def _phone(name: str) -> str:
    return {ADA: "+12025550101", BEN: "+12025550102"}[name]


def _token(name: str) -> str:
    return f"token-of-{name}"
