"""The contracts of `CatalogStore`, `Keys` and `Runs`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kizuna.core.catalog import Documents, differences
from kizuna.core.errors import Conflict, InvalidDefinition
from kizuna.core.identity.rsa_texts import read_public_key
from kizuna.core.ports import CatalogStore, Keys, Parts, Runs, RunState
from kizuna.core.sources import KeyKind, key_hash
from tests.support import rsa
from tests.support.builders import CAMPAIGN, NOON, a_key, a_run, some_documents


def applied(catalog: CatalogStore, wanted: Documents) -> int:
    changes = differences(catalog.documents(), wanted)
    return catalog.apply(changes, wanted, now=NOON, actor="tester")


# ── definitions ─────────────────────────────────────────────────────────────────────────────────


def test_an_empty_catalog_is_version_nought(catalog: CatalogStore) -> None:
    assert catalog.current().version == 0
    assert catalog.current().campaigns == {}
    assert catalog.documents() == {}


def test_what_is_applied_is_in_force(catalog: CatalogStore) -> None:
    assert applied(catalog, some_documents()) == 1
    current = catalog.current()
    assert current.version == 1
    assert set(current.campaigns) == {"spring"}
    assert current.version_of("campaign", "spring") == 1
    assert catalog.documents() == some_documents()


def test_only_what_changed_becomes_a_new_version(catalog: CatalogStore) -> None:
    applied(catalog, some_documents())
    assert applied(catalog, some_documents(CAMPAIGN | {"name": "Late spring"})) == 2
    current = catalog.current()
    assert current.campaigns["spring"].name == "Late spring"
    assert (current.version_of("campaign", "spring"), current.version_of("brand", "shop")) == (2, 1)


def test_applying_the_same_again_changes_nothing(catalog: CatalogStore) -> None:
    applied(catalog, some_documents())
    assert differences(catalog.documents(), some_documents()) == ()
    assert applied(catalog, some_documents()) == 1


def test_dates_as_yaml_reads_them_compare_as_themselves(catalog: CatalogStore) -> None:
    dated = CAMPAIGN | {"trigger": {"type": "schedule", "at": datetime(2026, 12, 1, 9, tzinfo=UTC)}}
    wanted = {
        **some_documents(dated),
        ("topic", "news"): {"id": "news", "name": {"en": str(date(2026, 1, 1))}},
    }
    applied(catalog, wanted)
    assert differences(catalog.documents(), wanted) == ()
    trigger = catalog.current().campaigns["spring"].trigger
    assert getattr(trigger, "at", None) == datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_the_order_inside_a_definition_is_kept(catalog: CatalogStore) -> None:
    documents = dict(some_documents())
    documents["brand", "shop"] = {**documents["brand", "shop"], "languages": {"ja": {}, "en": {}}}
    applied(catalog, documents)
    assert list(catalog.current().brands["shop"].languages) == ["ja", "en"]


def test_a_definition_that_is_removed_and_comes_back_counts_on(catalog: CatalogStore) -> None:
    applied(catalog, some_documents())
    without = {key: document for key, document in some_documents().items() if key[0] != "campaign"}
    applied(catalog, without)
    assert catalog.current().campaigns == {}
    assert catalog.current().version_of("campaign", "spring") == 0
    assert applied(catalog, some_documents()) == 3
    assert catalog.current().version_of("campaign", "spring") == 2


def test_what_cannot_be_built_is_refused_and_nothing_changes(catalog: CatalogStore) -> None:
    applied(catalog, some_documents())
    broken = some_documents(CAMPAIGN | {"topic": "nowhere"})
    with pytest.raises(InvalidDefinition, match="nowhere"):
        applied(catalog, broken)
    assert catalog.current().version == 1


def test_changes_found_against_older_definitions_are_refused(catalog: CatalogStore) -> None:
    applied(catalog, some_documents())
    wanted = some_documents(CAMPAIGN | {"name": "Mine"})
    mine = differences(catalog.documents(), wanted)
    applied(catalog, some_documents(CAMPAIGN | {"name": "Theirs"}, CAMPAIGN | {"id": "second"}))
    with pytest.raises(Conflict):
        catalog.apply(mine, wanted, now=NOON, actor="tester")
    assert catalog.current().campaigns["spring"].name == "Theirs"


def test_hundreds_of_definitions_come_into_force_together(catalog: CatalogStore) -> None:
    campaigns = [CAMPAIGN | {"id": f"c{number}"} for number in range(250)]
    assert applied(catalog, some_documents(*campaigns)) == 1
    assert len(catalog.current().campaigns) == 250


# ── keys ────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_found_by_the_hash_of_its_secret(keys: Keys) -> None:
    key = a_key("kzs_abc", kind=KeyKind.SERVER)
    keys.put(key)
    assert keys.find(key_hash("kzs_abc")) == key
    assert keys.find(key_hash("kzs_abd")) is None


def test_a_key_keeps_the_public_key_of_who_signs(keys: Keys) -> None:
    signing = a_key("kzi_abc", kind=KeyKind.IDENTITY, public_key=read_public_key(rsa.PUBLIC_3072))
    keys.put(signing)
    assert keys.find(signing.hash) == signing
    assert keys.list() == (signing,)


def test_a_revoked_key_says_so_and_stays_listed(keys: Keys) -> None:
    older = a_key("kzc_one", created_at=NOON - timedelta(days=1))
    keys.put(a_key("kzc_two"))
    keys.put(older)
    revoked = a_key("kzc_two", revoked_at=NOON)
    keys.put(revoked)
    assert keys.list() == (older, revoked)
    assert keys.find(revoked.hash) == revoked


# ── runs ────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_begins_once(runs: Runs) -> None:
    assert runs.start(a_run())
    assert not runs.start(a_run(started_at=NOON + timedelta(hours=1)))
    assert not runs.start(a_run())
    assert runs.get("spring", a_run().id) == a_run()
    assert runs.get("spring", "other") is None


def test_the_runs_of_a_campaign_are_listed_by_time(runs: Runs) -> None:
    late, early = a_run("20261124T0900Z"), a_run("20261123T0900Z")
    for run in (late, early, a_run(campaign="other")):
        runs.start(run)
    assert runs.list("spring") == (early, late)
    assert runs.list("nothing") == ()


def test_a_shard_goes_on_where_it_stopped_and_never_back(runs: Runs) -> None:
    place = ("spring", "r1", "everyone#3")
    assert runs.checkpoint(*place) is None
    for after in ("p5", "p9", "p7"):
        runs.advance(*place, after)
    assert runs.checkpoint(*place) == "p9"
    assert runs.checkpoint("spring", "r1", "everyone#4") is None
    assert runs.checkpoint("spring", "r2", "everyone#3") is None


def test_a_run_is_kept_with_its_size_and_why_it_never_began(runs: Runs) -> None:
    refused = a_run(people=7, state=RunState.REFUSED, reason="blast: too many", ended_at=NOON)
    runs.start(refused)
    assert runs.get("spring", refused.id) == refused
    assert runs.list("spring") == (refused,)
    assert not runs.end("spring", refused.id, RunState.DONE, at=NOON)


def test_that_a_large_run_goes_in_no_waves_is_kept_with_it_to_its_end(runs: Runs) -> None:
    runs.start(a_run(people=90_000, unramped=True))
    runs.start(a_run("20261124T1200Z"))
    runs.end("spring", "20261123T1200Z", RunState.DONE, at=NOON)
    assert [run.unramped for run in runs.list("spring")] == [True, False]


def test_a_run_ends_once(runs: Runs) -> None:
    runs.start(a_run())
    later = NOON + timedelta(minutes=5)
    assert not runs.end("spring", "never-began", RunState.DONE, at=later)
    assert runs.get("spring", "never-began") is None
    assert runs.end("spring", a_run().id, RunState.DONE, at=later)
    assert not runs.end("spring", a_run().id, RunState.STOPPED, reason="changed", at=NOON)
    assert runs.get("spring", a_run().id) == a_run(state=RunState.DONE, ended_at=later)


def test_a_run_knows_which_of_its_parts_are_done_and_which_pages_are_left(runs: Runs) -> None:
    place = ("spring", "r1")
    assert runs.parts(*place) == Parts()
    runs.advance(*place, "everyone#3", "p4")
    runs.set_aside(*place, "everyone#3@p4")
    assert runs.parts(*place) == Parts(0, ("everyone#3@p4",))
    for _ in range(2):
        runs.finish(*place, "everyone#3")
        runs.finish(*place, "everyone#4")  # nobody was in it: it has no checkpoint
    assert runs.checkpoint(*place, "everyone#3") == "p4"
    assert runs.checkpoint(*place, "everyone#4") is None
    assert runs.parts(*place) == Parts(2, ("everyone#3@p4",))
    runs.finish(*place, "everyone#3@p4")
    runs.set_aside(*place, "everyone#3@p4")
    runs.advance(*place, "everyone#3", "p5")
    assert runs.parts(*place) == Parts(2)
    assert runs.parts("spring", "r2") == Parts()
