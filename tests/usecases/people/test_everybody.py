"""A walk over everybody, and who gave which product up among them."""

from __future__ import annotations

from dataclasses import replace

from kizuna.usecases.consents.excluding import excluded_people
from kizuna.usecases.people.everybody import everybody
from tests.support.builders import NOON, an_event
from tests.support.customers import identify, mail_shop, subscribe
from tests.support.house import House

RULES = [{"id": "cancelled", "event": "Subscription Cancelled"}]


def a_house(*users: str) -> House:
    house = House(mail_shop(product_exclusions=RULES))
    house.ingest(*(subscribe(user) for user in users))
    house.settle()
    return house


def test_everybody_who_lives_is_met_once_whatever_the_size_of_a_page() -> None:
    house = a_house(*(f"u{number}" for number in range(17)))
    gone = house.person("user_id", "u3")
    house.people.stored[gone.id] = replace(gone, status="erased")
    for size in (1, 4, 100):
        pages = list(everybody(house.people, page=size))
        met = [profile.id for page in pages for profile in page.people]
        assert sorted(met) == sorted(profile.id for profile in house.living() if profile.id != gone.id)
        assert [page.share for page in pages] == sorted(page.share for page in pages)
        assert (pages[-1].share, pages[-1].looked_at) == (1, 17)


def test_somebody_who_was_merged_is_met_under_the_id_they_live_on_under() -> None:
    house = a_house("u1")
    house.ingest(identify(7, user=None, anonymous="a7"))
    house.settle()
    house.ingest(identify(8, user="u1", anonymous="a7"))
    met = [profile.id for page in everybody(house.people, page=1) for profile in page.people]
    assert met == [house.person("user_id", "u1").id]


def test_who_gave_a_product_up_is_found_with_it_and_one_product_can_be_asked_for() -> None:
    house = a_house("u1", "u2", "u3")
    for number, (user, product) in enumerate([("u1", "tea"), ("u2", "cup"), ("u2", "tea")]):
        event = an_event(
            "Subscription Cancelled",
            number=50 + number,
            user_id=user,
            properties={"product_id": product},
            at=NOON,
            received_at=NOON,
        )
        house.ingest(event)

    def found(product: str | None = None) -> dict[str, list[str]]:
        pages = excluded_people(house.people, house.catalog, now=NOON, product=product, page=2)
        return {each.profile.id: sorted(each.products) for page in pages for each in page.found}

    first, second = (house.person("user_id", user).id for user in ("u1", "u2"))
    assert found() == {first: ["tea"], second: ["cup", "tea"]}
    assert found("cup") == {second: ["cup"]}
    assert found("pot") == {}
