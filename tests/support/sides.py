"""People who may turn out to be one: anything may be known of them; equal times and shared things are likely."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from kizuna.core.people import Address, AddressStatus, Identity, Profile, Trait
from kizuna.core.seen import Seen, minute_of
from tests.support.builders import NOON, a_profile
from tests.support.folds import HOUR, folded, order

TIMES = st.integers(0, 3).map(lambda hours: NOON + hours * HOUR)
MAYBE = st.none() | TIMES
MEMORIES = [folded(order(1)).profile.aggregates, folded(order(2), order(3, hour=-1)).profile.aggregates]
MARKS = [b"a" * 8, b"b" * 8]
RECENT = minute_of(NOON - timedelta(hours=2))
VALUES: list[Any] = [1, 2, "a", "bb", None, True, [1], ["b", "a"], {"k": 1}]


def traits_of(names: list[str]) -> st.SearchStrategy[dict[str, Trait]]:
    told = st.builds(Trait, st.sampled_from(VALUES), TIMES, st.sampled_from(["app", "web"]), st.booleans())
    return st.dictionaries(st.sampled_from(names), told)


@st.composite
def stored_people(draw: st.DrawFn, name: str, *, own: bool = False) -> Profile:
    """A stored profile. With `own`, nobody else holds its identifiers, as in a store."""
    addresses = draw(
        st.lists(
            st.builds(
                Address, st.sampled_from(["email", "push"]), st.sampled_from(["x", "y"]), TIMES,
                status=st.sampled_from(AddressStatus), status_at=MAYBE, platform=st.sampled_from(["", "ios"]),
                zone=st.sampled_from([None, "Asia/Tokyo"]),
            )
        )
    )  # fmt: skip
    values = st.sampled_from("abc").map(lambda letter: f"{name}-{letter}" if own else letter)
    identities = draw(st.lists(st.builds(Identity, st.just("email"), values, st.sampled_from("xX"), MAYBE)))
    marks = st.builds(Seen, st.sampled_from(MARKS), st.integers(RECENT, RECENT + 1))
    return a_profile(
        name,
        version=draw(st.integers(1, 5)),
        created_at=draw(TIMES),
        identities={identity.key: identity for identity in identities},
        traits=draw(traits_of(["plan", "city", "country", "genres"])),
        addresses={address.key: address for address in addresses},
        aggregates=draw(st.sampled_from(MEMORIES)),
        seen=tuple(draw(st.lists(marks, max_size=2, unique_by=lambda mark: mark.hash))),
        gpc=draw(st.booleans()),
        status=draw(st.sampled_from(["active", "restricted"])),
        zone=(zone := draw(st.sampled_from([None, "Asia/Tokyo", "Europe/Paris"]))),
        zone_at=draw(TIMES) if zone else None,
        consent_scopes=draw(st.dictionaries(st.just("s"), st.sampled_from(["grant@1", "withdraw@1", "@2"]))),
        last_event_at=draw(MAYBE),
        purchased_at=draw(MAYBE),
    )  # fmt: skip
