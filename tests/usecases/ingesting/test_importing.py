"""Files become golden records part by part: each row once, wherever it is stopped and however often it comes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.cli.paths import WORKSPACE
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.files.jobs import ImportOptions, Progress
from kizuna.core.people import Profile
from kizuna.usecases.ingesting.importing import Importer, run_import
from kizuna.usecases.ingesting.rehearsing import rehearse
from tests.support.builders import NOON, a_catalog
from tests.support.fakes import InMemoryCatalog
from tests.support.house import House
from tests.support.imports import InMemoryImports, InMemoryRejects, MemoryFile, options_of

SAMPLES = Path(__file__).parents[3] / "events" / "imports"


class Desk:
    """A house with an importer at its door."""

    def __init__(self, *, part_rows: int = 3) -> None:
        self.house = House(a_catalog())
        self.imports, self.rejects = InMemoryImports(), InMemoryRejects()
        self.catalog = InMemoryCatalog()
        self.part_rows = part_rows

    def run(
        self,
        content: bytes | str,
        options: ImportOptions | None = None,
        *,
        now: datetime = NOON,
        is_over: Callable[[], bool] = lambda: False,
    ) -> Progress:
        file = MemoryFile(content.encode() if isinstance(content, str) else content)
        house = self.house
        on = Importer(
            people=house.people,
            ledger=house.ledger,
            catalog=self.catalog,
            quarantine=house.quarantine,
            imports=self.imports,
            rejects=self.rejects,
            new_id=house.new_id,
            part_rows=self.part_rows,
        )
        return run_import(
            options or options_of("crm"),
            file,
            on,
            fingerprint=file.fingerprint(),
            now=lambda: now,
            is_over=is_over,
        )

    def person(self, kind: str, value: str) -> Profile:
        people = self.house.people
        owner = people.owners([(kind, value)])[kind, value]
        return people.profiles([owner])[owner]

    def state(self) -> Any:
        """What is known of whom, but for the ids that were drawn."""
        people = self.house.people
        return sorted(
            (
                sorted(profile.identities),
                sorted((name, repr(trait.value)) for name, trait in profile.traits.items()),
                sorted(people.events[profile.id]),
                sorted(entry.event.id for entry in people.consents[profile.id]),
            )
            for profile in people.stored.values()
            if not profile.merged_into
        )


def orders(people: int, each: int) -> str:
    rows = [
        f"u{number % people},Order Completed,2026-0{1 + number % 9}-01,{number}"
        for number in range(people * each)
    ]
    return "\n".join(["user_id,event,timestamp,properties.revenue:integer", *rows]) + "\n"


def test_every_row_becomes_part_of_its_person_and_a_person_is_written_once_a_part() -> None:
    desk = Desk(part_rows=100)
    done = desk.run(orders(4, 10))
    assert (done.state, done.rows, done.counts["counted"], done.counts["created"]) == ("done", 40, 40, 4)
    assert len(desk.house.people.writes) == 4
    assert len(desk.house.people.events[desk.person("user_id", "u1").id]) == 10


def test_the_same_file_again_is_known_and_nothing_is_done() -> None:
    desk = Desk()
    first = desk.run(orders(2, 3))
    writes = len(desk.house.people.writes)
    again = desk.run(orders(2, 3), now=NOON + timedelta(days=9))
    assert (again, len(desk.house.people.writes)) == (first, writes)


def test_another_edition_of_the_same_file_counts_again() -> None:
    desk = Desk()
    desk.run(orders(1, 2))
    again = desk.run(orders(1, 2), options_of("crm", edition="2"))
    assert again.counts["counted"] == 2


def test_an_import_goes_on_where_its_time_was_over() -> None:
    desk = Desk()
    first = desk.run(orders(2, 5), is_over=lambda: True)
    assert (first.state, first.rows) == ("running", 3)
    rest = [desk.run(orders(2, 5), is_over=lambda: True) for _ in range(4)]
    assert [(each.state, each.rows) for each in rest[:3]] == [("running", 6), ("running", 9), ("done", 10)]
    assert rest[-1].counts["counted"] == 10


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("form", ["plain", "gzip", "utf-16"])
@given(
    stops=st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(["write", "advance", "rejects"])), max_size=5
    )
)
@settings(max_examples=40, deadline=None)
def test_wherever_it_is_killed_the_same_command_again_ends_as_though_nothing_had_happened(
    form: str, stops: list[tuple[int, str]]
) -> None:
    text = orders(3, 4) + "u1,too few\n" + orders(2, 2).split("\n", 1)[1]
    content = text.encode("utf-16") if form == "utf-16" else text.encode()
    content = gzip.compress(content) if form == "gzip" else content
    calm = Desk()
    calm.run(content)
    desk = Desk()
    for after, where in stops:
        _kill(desk, after, where, content)
    done = desk.run(content)
    assert (done.state, done.rows, desk.state()) == ("done", 17, calm.state())
    assert desk.rejects.all() == calm.rejects.all()
    assert desk.house.quarantine.report() == calm.house.quarantine.report()


def _kill(desk: Desk, after: int, where: str, content: bytes) -> None:
    """Run, and end with the so-manieth call of one kind, before it or behind it."""
    calls, behind = divmod(after, 2)
    target: Any = {
        "write": (desk.house.people, "commit"),
        "advance": (desk.imports, "advance"),
        "rejects": (desk.rejects, "keep"),
    }[where]
    owner, name = target
    original, left = getattr(owner, name), [calls]

    def dying(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            return original(*args, **kwargs)
        if behind:
            original(*args, **kwargs)
        raise Killed

    setattr(owner, name, dying)
    try:
        desk.run(content)
    except Killed:
        pass
    finally:
        setattr(owner, name, original)


def test_whoever_is_slower_on_the_same_file_stops_and_changes_nothing() -> None:
    desk = Desk()
    desk.run(orders(2, 5), is_over=lambda: True)
    fast = [False]

    def overtaken(progress: Progress) -> None:
        if not fast[0]:
            fast[0] = True
            desk.run(orders(2, 5), is_over=lambda: True)

    desk.imports.before_advance = overtaken
    with pytest.raises(Conflict):
        desk.run(orders(2, 5))
    assert desk.run(orders(2, 5)).state == "done"
    counted = [len(desk.house.people.events[desk.person("user_id", name).id]) for name in ("u0", "u1")]
    assert counted == [5, 5]


def test_what_a_store_refuses_is_left_for_later_with_the_checkpoint_where_it_was() -> None:
    desk = Desk()
    desk.house.people.down = True
    with pytest.raises(Unavailable):
        desk.run(orders(2, 2))
    desk.house.people.down = False
    assert desk.run(orders(2, 2)).counts["counted"] == 4


def test_a_cut_file_brings_in_what_it_holds_and_says_why_it_ends() -> None:
    whole = gzip.compress(orders(50, 40).encode())
    desk = Desk(part_rows=500)
    done = desk.run(whole[: len(whole) // 2])
    assert done.state == "failed"
    assert done.failure.startswith("truncated_gzip: the file ends before its compressed data does, after")
    assert 300 < done.rows == done.counts["counted"] < 1_900


def test_an_import_that_failed_before_its_first_row_may_be_tried_with_another_mapping() -> None:
    desk = Desk()
    wrong = options_of("crm", {"as": "identify", "columns": {"nothing": "email"}})
    assert desk.run("mail\na@people.example\n", wrong).state == "failed"
    right = options_of("crm", {"as": "identify", "columns": {"mail": "email"}})
    assert desk.run("mail\na@people.example\n", right).counts["created"] == 1


def test_rows_that_name_nobody_who_can_be_known_are_rejected_by_row() -> None:
    desk = Desk()
    done = desk.run("user_id,traits.x\nu1,1\nnull,2\n0,3\nu2,4\n")
    assert done.rejected == {"no_usable_identity": 2}
    assert [(each.row, each.original) for each in desk.rejects.all()] == [(2, "null,2"), (3, "0,3")]


def test_history_starts_nothing_and_the_opt_outs_in_it_count_from_their_own_day() -> None:
    desk = Desk(part_rows=100)
    desk.run((SAMPLES / "people.csv").read_bytes())
    clara = desk.person("user_id", "c-1003")
    (entry,) = desk.house.people.consents[clara.id]
    assert (entry.event.action, entry.event.source, entry.event.actor) == ("withdraw", "csv_import", "import")
    assert entry.event.at == datetime(2026, 5, 3, tzinfo=UTC)
    assert not any(fact.kind == "event" for write in desk.house.people.writes for fact in write.facts)


def test_a_yes_permits_only_with_the_proof_that_its_row_shows() -> None:
    desk = Desk(part_rows=100)
    desk.run((SAMPLES / "people.csv").read_bytes())
    consents = desk.house.people.consents
    (proven,) = consents[desk.person("user_id", "c-1001").id]
    assert (proven.event.action, proven.event.wording_version) == ("grant", "signup-2026")
    assert "https://shop.example/signup" in (proven.event.proof or "")
    (bare,) = consents[desk.person("user_id", "c-1002").id]
    assert (bare.event.action, bare.event.wording_version, bare.event.proof) == ("grant", None, None)


def test_a_proof_that_comes_later_is_recorded_behind_the_yes_that_had_none() -> None:
    desk = Desk()
    header = (
        "user_id,email,consent.email,consent.email.wording_version,consent.email.shown,consent.email.at\n"
    )
    desk.run(header + "u1,a@people.example,yes,,,\n")
    desk.run(header + "u1,a@people.example,yes,w1,/signup,2026-03-01\n")
    found = [entry.event.proof for entry in desk.house.people.consents[desk.person("user_id", "u1").id]]
    assert [proof is not None for proof in found] == [False, True]


def test_the_endpoints_of_a_user_become_one_person_whose_no_is_kept() -> None:
    desk = Desk(part_rows=2)
    desk.run((SAMPLES / "pinpoint-endpoints.csv").read_bytes())
    aiko = desk.person("user_id", "p-1")
    assert {address.channel for address in aiko.addresses.values()} == {"email", "sms", "push"}
    assert {value for kind, value in aiko.identities if kind == "pinpoint_endpoint"} == {"e-1", "e-2", "e-3"}
    assert [entry.event.channel for entry in desk.house.people.consents[aiko.id]] == ["sms"]
    ben = desk.person("email", "ben@people.example")
    assert [entry.event.action for entry in desk.house.people.consents[ben.id]] == ["withdraw"]


def test_a_user_with_twelve_endpoints_is_one_person_by_the_sample_workspace() -> None:
    workspace = read_workspace(WORKSPACE)
    desk = Desk(part_rows=100)
    rules = {key: body for key, body in workspace.documents.items() if key[0] == "identity"}
    desk.catalog = InMemoryCatalog(rules)
    lines = [
        json.dumps(
            {
                "Id": f"e-{number}",
                "ChannelType": "GCM",
                "Address": f"token-{number:02d}-of-a-device",
                "OptOut": "NONE",
                "EffectiveDate": "2026-05-01T00:00:00Z",
                "User": {"UserId": "p-12"},
            }
        )
        for number in range(12)
    ]
    done = desk.run("\n".join(lines) + "\n")
    assert (done.counts["created"], done.counts["reported"], done.rejected) == (1, 0, {})
    person = desk.person("user_id", "p-12")
    assert len(person.addresses) == 12
    assert sum(kind == "pinpoint_endpoint" for kind, _ in person.identities) == 12


def test_a_dry_run_says_what_would_happen_at_most_and_writes_nothing() -> None:
    desk = Desk(part_rows=100)
    desk.run("user_id,email\nc-1001,aiko@people.example\nold,ben@people.example\n")
    writes = len(desk.house.people.writes)
    file = MemoryFile((SAMPLES / "people.csv").read_bytes())
    found = rehearse(options_of("crm"), file, desk.house.people, fingerprint=file.fingerprint(), now=NOON)
    assert (found.rows, found.created, found.attached, found.merged) == (6, 2, 2, 0)
    assert found.rejected == {"missing_identity": 1, "unreadable_time": 1}
    assert found.consents == {
        "grant email": 1,
        "grant email without proof: permits nothing": 1,
        "withdraw email": 1,
    }
    assert found.examples[0] == "row 5: names nobody: no user id, address or other identifier"
    assert (len(desk.house.people.writes), list(desk.imports.stored)) == (
        writes,
        list(desk.imports.stored)[:1],
    )


def test_a_dry_run_counts_who_would_be_united_by_the_file_itself() -> None:
    content = "user_id,anonymous_id\nu1,\n,a1\nu1,a1\nu1,a1\n"
    file = MemoryFile(content.encode())
    found = rehearse(options_of("crm"), file, House(a_catalog()).people, fingerprint="f", now=NOON)
    assert (found.created, found.attached, found.merged) == (2, 0, 1)
