"""`kizuna profile export|forget|restrict` and `kizuna erasures`, on the local cloud."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from kizuna.apidocs.person_export import PersonExport
from kizuna.cli.console import SafeConsole
from kizuna.cli.context import Place
from kizuna.core.consent import GENESIS, body_hash, consent_event_from_json
from kizuna.core.events import Event
from kizuna.core.messages import State
from kizuna.core.ports import People, TimelineEntry
from kizuna.core.reasons import Reason
from kizuna.usecases.rights.exporting import Exporter, export
from tests.support.clouds import GREETING_WANTED, Shop, a_user, running_shop
from tests.support.erasing import SERVER, into_lake, lived, places_of, restore, snapshot

WANTED = {"type": "track", "event": GREETING_WANTED}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


@pytest.fixture
def user() -> str:
    return a_user()


def kizuna(*arguments: str) -> tuple[int, str]:
    """A command inside the cloud of this process: its exit code and what it printed."""
    from kizuna.cli.main import app

    printed = io.StringIO()
    place = Place(installed=True, console=SafeConsole(file=printed, width=200))
    try:
        ended = app([*arguments], obj=place, standalone_mode=False)
    except typer.BadParameter as refused:
        return refused.exit_code, printed.getvalue()
    return (ended if isinstance(ended, int) else 0), printed.getvalue()


def told(*arguments: str) -> Any:
    code, output = kizuna("--json", *arguments)
    assert code == 0, output
    return json.loads(output)


# ── export ──────────────────────────────────────────────────────────────────────────────────────


def test_an_export_is_of_its_schema_and_holds_everything(shop: Shop, user: str, tmp_path: Path) -> None:
    person = lived(shop, user)
    row = {"kind": "event", "id": "1", "person": person.profile.parts[1], "name": f"Row of {user}"}
    into_lake(shop, f"events/dt={shop.now:%Y-%m-%d}/{user}.jsonl.gz", [row, {**row, "person": "p-another"}])
    file = tmp_path / "person.json"
    told("profile", "export", person.email, "--out", str(file), "--lake", "--actor", "dpo")
    text = file.read_text(encoding="utf-8")
    document = json.loads(text)
    PersonExport.model_validate(document)
    assert not [value for value in person.values if value not in text]
    assert file.stat().st_mode & 0o077 == 0
    assert document["lake"] == [row]
    assert {message["sentence"]["en"] != "" for message in document["messages"]} == {True}
    assert [merged["id"] for merged in document["mergedProfiles"]] == [
        part for part in person.profile.parts if part != person.profile.id
    ]
    (line,) = [
        each for each in shop.wired.erasures.entries(kind="exported") if each.person == person.profile.id
    ]
    assert line.actor == "dpo"


def test_whoever_gets_the_export_can_verify_the_chain_of_consents(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    code, output = kizuna("profile", "export", user, "--out", "-")
    assert code == 0
    chain = next(each for each in json.loads(output)["consents"] if each["part"] == person.profile.id)
    events = chain["events"]
    assert len(events) >= 2
    assert events[0]["previous"] == GENESIS
    assert all(one["hash"] == other["previous"] for one, other in pairwise(events))
    assert all(
        body_hash(consent_event_from_json(entry["event"]), entry["previous"]) == entry["hash"]
        for entry in events
    )
    assert (chain["head"], chain["holds"]) == (events[-1]["hash"], True)


def test_an_export_needs_no_more_memory_for_a_longer_life(shop: Shop, user: str) -> None:
    """The timeline is told event by event: a hundred times as many take no more room."""
    person = lived(shop, user)
    wired = shop.wired

    class LongLife:
        def __init__(self, events: int) -> None:
            self._events = events

        def timeline(self, parts: Any, **_: Any) -> Iterator[TimelineEntry]:
            for number in range(self._events):
                event = Event(
                    "track", f"e{number}", SERVER, shop.now, shop.now, properties={"text": "x" * 1000}
                )
                yield TimelineEntry(parts[0], f"e#{number}", event)

    def most(events: int) -> int:
        people = cast(People, LongLife(events))  # an export asks it nothing else
        on = Exporter(people, wired.ledger, wired.messages, wired.erasures, wired.journeys)
        tracemalloc.start()
        length = sum(
            len(piece) for piece in export(person.profile, on, wired.catalog.current(), now=shop.now)
        )
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert length > 1000 * events
        return peak

    most(10)
    few, many = most(50), most(5_000)
    assert many < few + 500_000


def test_nobody_is_exported_who_is_not_there(shop: Shop) -> None:
    code, output = kizuna("--json", "profile", "export", "nobody@people.example")
    assert (code, json.loads(output)["error"]) == (1, "NotFound")


# ── erase ───────────────────────────────────────────────────────────────────────────────────────


def test_a_person_is_forgotten_by_the_command_and_the_rest_follows(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    done = told("profile", "forget", person.email, "--reason", "objection", "--actor", "dpo")
    assert (done["person"], done["next"]) == (person.profile.id, "contents_again")
    assert places_of(shop, person.values) == []
    shop.cloud.advance(timedelta(hours=2))
    again = told("profile", "forget", person.profile.id, "--reason", "objection")
    assert again["next"] is None
    lines = [each for each in told("erasures", "list")["entries"] if each["person"] == person.profile.id]
    assert [(each["kind"], each["ground"], each["actor"]) for each in lines] == [
        ("erased", "objection", "dpo"),
        ("finished", "objection", "dpo"),
    ]


def test_without_a_ground_of_the_law_nobody_is_forgotten(shop: Shop, user: str) -> None:
    shop.greet(user)
    assert kizuna("profile", "forget", user, "--reason", "because")[0] != 0
    assert shop.person(user).status == "active"


def test_what_proved_a_consent_is_found_by_the_address(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    told("profile", "forget", user, "--reason", "request")
    found = told("erasures", "proofs", f"email:{person.email.upper()}")["found"]
    proofs = [proof for each in found for proof in each["proofs"]]
    assert {proof["action"] for proof in proofs} >= {"grant", "withdraw"}
    assert not [value for value in person.values if value in json.dumps(found)]


def test_a_suppression_is_lifted_by_staff_alone(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    told("profile", "forget", user, "--reason", "request")
    assert shop.wired.ledger.suppressions("email", person.email)
    shop.cloud.advance(timedelta(minutes=1))
    told("erasures", "lift", f"email:{person.email}", "--reason", "asked in writing", "--actor", "dpo")
    assert shop.wired.ledger.suppressions("email", person.email) == ()
    assert kizuna("erasures", "lift", user, "--reason", "no address")[0] == 1


@pytest.mark.parametrize("written", ["upper", "＠"])
def test_who_comes_with_the_address_of_somebody_erased_is_told_what_is_kept_and_who_may_end_it(
    shop: Shop, user: str, written: str
) -> None:
    person = lived(shop, user)
    told("profile", "forget", user, "--reason", "request")
    shop.cloud.advance(timedelta(hours=2))
    newcomer = a_user()
    address = f" {person.email.upper()} " if written == "upper" else person.email.replace("@", "＠")
    traits = {"email": address, "country": "US", "timezone": "America/New_York"}
    shop.send({"type": "identify", "userId": newcomer, "traits": traits}, {**WANTED, "userId": newcomer})
    shop.settle()

    assert [message.reason for message in shop.messages(newcomer)] == ["objection"]
    found = told("profile", "consents", newcomer)
    assert (found["consents"], [each["action"] for each in found["kept"]]) == ([], ["suppression_hash"])
    code, said = kizuna("profile", "lift", newcomer, "--reason", "she asked us to")
    assert (code, "kizuna erasures lift" in said) == (1, True)

    told("erasures", "lift", f"email:{person.email}", "--reason", "she asked us to", "--actor", "dpo")
    assert told("profile", "consents", newcomer)["kept"] == []
    shop.send({**WANTED, "userId": newcomer, "messageId": f"{newcomer}-again"})
    shop.settle()
    assert {message.reason for message in shop.messages(newcomer)} == {"objection", "opt_out_regime"}


def test_who_lifts_a_persons_own_objection_hears_what_still_stands(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    told("profile", "forget", user, "--reason", "request")
    shop.cloud.advance(timedelta(hours=2))
    newcomer = a_user()
    shop.send({"type": "identify", "userId": newcomer, "traits": {"email": person.email}})
    shop.settle()
    told("profile", "object", newcomer, "--reason", "by phone")

    code, said = kizuna("profile", "lift", newcomer, "--reason", "by phone again")

    assert (code, "kizuna erasures lift" in said) == (0, True)


def test_after_a_restore_the_command_erases_everybody_of_the_log_again(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    backup = [
        item for item in snapshot("people") if any(part in item["pk"]["S"] for part in person.profile.parts)
    ]
    told("profile", "forget", user, "--reason", "request")
    shop.cloud.advance(timedelta(hours=2))
    restore("people", [*(item for item in snapshot("people") if item not in backup), *backup])
    assert places_of(shop, person.values)
    status = {each["person"]: each["status"] for each in told("erasures", "replay")["erasures"]}
    assert status[person.profile.id] == "begun"
    assert places_of(shop, person.values) == []
    assert {each["status"] for each in told("erasures", "replay")["erasures"]} == {"erased", "under_way"}


# ── restrict ────────────────────────────────────────────────────────────────────────────────────


def test_a_restricted_person_is_kept_and_not_written_to(shop: Shop, user: str) -> None:
    told_of = told("profile", "restrict", restricted(shop, user), "--reason", "disputed", "--actor", "dpo")
    assert told_of["status"] == "restricted"
    reach = shop.person(user).reach_version
    shop.greet(user)
    (message,) = shop.messages(user)
    assert (message.state, message.reason) == (State.DENIED, Reason.RESTRICTED)
    assert shop.person(user).traits
    shop.cloud.advance(timedelta(seconds=1))  # the log is in the order of time, and of one moment in none
    told("profile", "unrestrict", user, "--reason", "settled", "--actor", "dpo")
    assert shop.person(user).status == "active"
    assert shop.person(user).reach_version > reach
    kinds = [each.kind for each in shop.wired.erasures.entries() if each.person == shop.person(user).id]
    assert kinds == ["restricted", "unrestricted"]


def restricted(shop: Shop, user: str) -> str:
    shop.send({"type": "identify", "userId": user, "traits": {"country": "US"}})
    return user


def test_a_message_on_its_way_is_stopped_by_a_restriction(shop: Shop, user: str) -> None:
    shop.greet(user, settle=False)
    shop.cloud._stream_once()
    told("profile", "restrict", user, "--reason", "disputed")
    shop.settle()
    (message,) = shop.messages(user)
    assert (message.state, message.reason) == (State.DENIED, Reason.RESTRICTED)
