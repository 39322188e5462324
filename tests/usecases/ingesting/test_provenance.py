"""Where a trait comes from: its form as told beside the form we compare, and the licence of its source."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.adapters.tables.people_codec import profile_from_item, profile_to_item
from kizuna.core.catalog import Catalog
from kizuna.core.events import Source, SourceKind
from kizuna.core.people import Profile, Trait
from kizuna.core.placements import choose
from kizuna.core.quality.names import LEGACY_MOBILE
from kizuna.core.segments import EVERYONE
from kizuna.core.sources import SourceDefinition, for_decisions, kept_out, licence_of
from tests.support.builders import NOON, SERVER, a_catalog, a_profile, an_event, some_documents
from tests.support.customers import CATALOG, identify
from tests.support.folds import HOUR
from tests.support.house import House

BROKER = Source("broker", SourceKind.SERVER)


def told(**traits: Any) -> dict[str, tuple[Any, Any]]:
    """What a person's traits are after one call: value, and as it was told."""
    house = House(CATALOG)
    house.ingest(identify(1, **traits))
    return {name: (held.value, held.raw) for name, held in house.person("user_id", "u1").traits.items()}


# ── one form, the original kept ─────────────────────────────────────────────────────────────────


def test_a_trait_is_kept_in_one_form_with_what_was_told_beside_it() -> None:
    assert told(
        email="Ann@Example.com",
        phone="090-1234-5678",
        country="JP",
        firstName="Ａnn",
        last_name_kana="たなか",
        plan="Ａ",
    ) == {
        "email": ("ann@example.com", "Ann@Example.com"),
        "phone": ("+819012345678", "090-1234-5678"),
        "country": ("JP", None),
        "firstName": ("Ann", "Ａnn"),
        "last_name_kana": ("タナカ", "たなか"),
        "plan": ("Ａ", None),
    }


def test_the_timeline_holds_what_was_told() -> None:
    house = House(CATALOG)
    house.ingest(identify(1, email="Ann@Example.com", name=" Ann  Bell"))
    (entry,) = house.people.timeline(house.person("user_id", "u1").parts)
    assert entry.event.traits == {"email": "Ann@Example.com", "name": " Ann  Bell"}


def test_what_cannot_be_read_is_kept_as_it_was_told_and_reported() -> None:
    house = House(CATALOG)
    done = house.ingest(identify(1, email="a..b@docomo.ne.jp", phone="12"))
    person = house.person("user_id", "u1")
    assert {name: (held.value, held.raw) for name, held in person.traits.items()} == {
        "email": ("a..b@docomo.ne.jp", None),
        "phone": ("12", None),
    }
    assert person.addresses == {}
    reasons = {one.cause: (one.reason, one.fate) for one in done.violations}
    assert reasons["invalid_email"] == (LEGACY_MOBILE, "stored")
    assert reasons["invalid_phone"] == ("is not a usable phone; kept as a trait only", "stored")


@given(
    st.builds(
        Trait,
        value=st.text(max_size=5) | st.integers() | st.none(),
        at=st.just(NOON),
        source=st.sampled_from(["web", "shop"]),
        vouched=st.booleans(),
        raw=st.none() | st.text(max_size=5),
    )
)
def test_a_trait_comes_back_from_the_store_as_it_was(trait: Trait) -> None:
    profile = replace(a_profile(), traits={"name": trait})
    assert profile_from_item(profile_to_item(profile)).traits == {"name": trait}


# ── licence ─────────────────────────────────────────────────────────────────────────────────────


def source(name: str, licence: str) -> SourceDefinition:
    return SourceDefinition.model_validate({"id": name, "name": name, "licence": licence})


SOURCES = {"broker": source("broker", "third"), "partner": source("partner", "second")}


def test_a_trait_has_the_licence_that_its_source_declares_today() -> None:
    assert [licence_of(name, SOURCES) for name in ("broker", "partner", "ses", "undeclared")] == [
        "third",
        "second",
        "first",
        "first",
    ]
    assert licence_of("broker", {"broker": source("broker", "zero")}) == "zero"


def test_third_parties_are_kept_out_only_where_the_policy_says_so() -> None:
    assert kept_out(SOURCES, third_party=True) == frozenset()
    assert kept_out(SOURCES, third_party=False) == {"broker"}


def test_nothing_but_their_traits_is_kept_out() -> None:
    traits = {"income": Trait("high", NOON, "broker"), "plan": Trait("gold", NOON, "shop")}
    profile: Profile = replace(a_profile(), traits=traits)
    seen = for_decisions(profile, frozenset({"broker"}))
    assert set(seen.traits) == {"plan"}
    assert replace(seen, traits=traits) == profile
    assert for_decisions(profile, frozenset()) is profile
    assert for_decisions(profile, frozenset({"nobody"})) is profile


def a_shop(*, third_party: bool) -> Catalog:
    rich = {"trait": "income", "op": "eq", "value": "high"}
    return a_catalog(
        {
            **some_documents(),
            ("source", "broker"): {"id": "broker", "name": "Broker", "licence": "third"},
            ("policy", "policy"): {"id": "policy", "third_party_in_decisions": third_party},
            ("segment", "rich"): {"id": "rich", "name": "Rich", "when": rich},
            ("placement", "hero"): {
                "id": "hero",
                "name": "Hero",
                "actions": [{"id": "a", "rank": 1, "when": rich, "content": {"x": 1}}],
            },
        }
    )


@pytest.mark.parametrize("third_party", [True, False])
def test_bought_data_chooses_nobody_where_the_policy_forbids_it(third_party: bool) -> None:
    catalog = a_shop(third_party=third_party)
    house = House(catalog)
    house.ingest(
        an_event("", type="identify", user_id="u1", traits={"income": "high"}, source=BROKER, at=NOON - HOUR)
    )
    person = house.person("user_id", "u1")
    assert person.traits["income"].value == "high"  # kept and shown all the same
    assert person.segments == ({EVERYONE, "rich"} if third_party else {EVERYONE})
    choice = choose(catalog.placements["hero"], catalog.decidable(person), now=NOON)
    assert choice.action == ("a" if third_party else None)
    house.ingest(
        an_event(
            "", type="identify", id="own", user_id="u1", traits={"income": "high"}, source=SERVER, at=NOON
        )
    )
    assert house.person("user_id", "u1").segments == {EVERYONE, "rich"}
