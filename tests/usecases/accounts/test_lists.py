"""Providers' lists, read from where the last hour stopped and told where the policy asks: killed anywhere, nothing is
lost and nothing counts twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import pytest

from kizuna.core.accounts import EmailQuota, Reading, TextQuota
from kizuna.core.errors import Unavailable
from kizuna.core.people import AddressStatus
from kizuna.core.ports.accounts import OptedOut, PageGone
from kizuna.core.ports.suppressed import Suppressed
from kizuna.local.memory.accounts import InMemoryAccountNotes
from kizuna.usecases.accounts.quotas import FRESH_FOR, KnownQuotas, read_quotas
from kizuna.usecases.accounts.reading import NUMBERS_EVERY, Mirror, read_opted_out, read_suppressed
from kizuna.usecases.accounts.telling import EVERY, Teller, tell_suppressed
from tests.support.builders import NOON
from tests.support.customers import mail_shop, subscribe
from tests.support.house import House

HOUR = timedelta(hours=1)
NUMBER = "+12065550142"
T = TypeVar("T")


@dataclass
class Account:
    """The port `ProviderAccount`: two to a page, and as silent as it is told to be."""

    mailboxes: list[Suppressed] = field(default_factory=list)
    numbers: list[OptedOut] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    silent_after: int = 1_000_000
    forgets_pages: bool = False

    def _answer(self, what: str) -> None:
        self.asked.append(what)
        if len(self.asked) > self.silent_after:
            raise Unavailable("throttled")

    def email(self) -> EmailQuota:
        self._answer("quota")
        return EmailQuota(14, 50_000, 0)

    def texts(self) -> TextQuota:
        raise Unavailable("no leave")

    def suppressed(self, *, since: datetime | None, token: str) -> tuple[tuple[Suppressed, ...], str]:
        self._answer(token)
        found = [each for each in self.mailboxes if since is None or each.at >= since]
        return self._page(found, token)

    def opted_out(self, *, token: str) -> tuple[tuple[OptedOut, ...], str]:
        self._answer(token)
        return self._page(self.numbers, token)

    def _page(self, found: list[T], token: str) -> tuple[tuple[T, ...], str]:
        if token and self.forgets_pages:
            self.forgets_pages = False
            raise PageGone("list")
        start = int(token or 0)
        return tuple(found[start : start + 2]), str(start + 2) if start + 2 < len(found) else ""

    def suppress(self, address: str, because: Literal["bounce", "complaint"]) -> None:
        self._answer(address)
        self.told.append((address, because))


def a_house(*users: str) -> House:
    house = House(mail_shop())
    for user in users or ("ann", "bea", "cat", "dan", "eve"):
        house.ingest(subscribe(user, f"{user}@example.com"))
    house.settle()
    return house


def mirror(house: House, account: Account, notes: InMemoryAccountNotes, *, is_over: bool = False) -> Mirror:
    return Mirror(account, notes, house.people, house.ledger, house.new_id, lambda: is_over)


def dead(house: House) -> set[str]:
    held = (address for profile in house.people.stored.values() for address in profile.addresses.values())
    return {address.value.partition("@")[0] for address in held if address.status is not AddressStatus.OK}


def bounced(*users: str, at: datetime = NOON - HOUR) -> list[Suppressed]:
    return [Suppressed(f"{user}@example.com", "bounce", at) for user in users]


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def test_a_list_is_read_to_its_end_and_the_next_hour_asks_for_what_is_newer() -> None:
    house, notes, account = a_house(), InMemoryAccountNotes(), Account(bounced("ann", "bea", "cat"))
    assert read_suppressed(mirror(house, account, notes), house.catalog, now=NOON).changed == 3
    account.mailboxes += bounced("dan", at=NOON)
    account.asked.clear()
    found = read_suppressed(mirror(house, account, notes), house.catalog, now=NOON + HOUR)
    assert (found.changed, dead(house)) == (1, {"ann", "bea", "cat", "dan"})


def test_where_the_time_is_over_or_the_provider_silent_the_next_hour_goes_on_from_that_page() -> None:
    house, notes, account = (
        a_house(),
        InMemoryAccountNotes(),
        Account(bounced("ann", "bea", "cat", "dan", "eve")),
    )
    read_suppressed(mirror(house, account, notes, is_over=True), house.catalog, now=NOON)
    assert (dead(house), account.asked) == ({"ann", "bea"}, [""])
    account.silent_after = 2
    with pytest.raises(Unavailable):
        read_suppressed(mirror(house, account, notes), house.catalog, now=NOON + HOUR)
    account.silent_after = 1_000
    read_suppressed(mirror(house, account, notes), house.catalog, now=NOON + 2 * HOUR)
    assert dead(house) == {"ann", "bea", "cat", "dan", "eve"}
    assert account.asked == ["", "2", "4", "4"]


def test_a_page_that_the_provider_forgot_begins_the_round_anew_and_counts_nobody_twice() -> None:
    house, notes, account = a_house(), InMemoryAccountNotes(), Account(bounced("ann", "bea", "cat"))
    read_suppressed(mirror(house, account, notes, is_over=True), house.catalog, now=NOON)
    account.forgets_pages = True
    found = read_suppressed(mirror(house, account, notes), house.catalog, now=NOON + HOUR)
    assert (found.changed, dead(house)) == (1, {"ann", "bea", "cat"})


def test_a_number_on_the_opt_out_list_is_a_stop_of_everybody_with_that_number_once() -> None:
    house, notes = a_house(), InMemoryAccountNotes()
    for user in ("ann", "bea"):
        house.ingest(subscribe(user, f"{user}@example.com", number=2, traits={"phone": NUMBER}))
    account = Account(numbers=[OptedOut(NUMBER, NOON - HOUR), OptedOut("+12065550199", NOON)])
    first = read_opted_out(mirror(house, account, notes), house.catalog, now=NOON)
    assert (first.listed, first.known, first.changed) == (2, 1, 1)
    for user in ("ann", "bea"):
        said = house.ledger.events(house.person("user_id", user).parts)
        assert [(each.action, each.text) for each in said if each.channel == "sms"] == [("sms_in", "STOP")]
    account.asked.clear()
    read_opted_out(mirror(house, account, notes), house.catalog, now=NOON + NUMBERS_EVERY - HOUR)
    assert account.asked == []
    again = read_opted_out(mirror(house, account, notes), house.catalog, now=NOON + NUMBERS_EVERY)
    assert (again.listed, again.changed) == (2, 0)


# ── telling ─────────────────────────────────────────────────────────────────────────────────────


def a_teller(house: House, account: Account, notes: InMemoryAccountNotes, rested: list[float]) -> Teller:
    return Teller(account, notes, house.people, rested.append)


def test_nothing_is_told_unless_the_policy_asks_for_it() -> None:
    house, notes, account = a_house(), InMemoryAccountNotes(), Account(bounced("ann"))
    read_suppressed(mirror(house, account, notes), house.catalog, now=NOON)
    assert tell_suppressed(a_teller(house, account, notes, []), house.catalog, now=NOON) == 0
    assert account.told == []


def a_house_that_tells() -> House:
    house = a_house()
    policy = house.catalog.policy.model_copy(update={"tell_suppressed": True})
    house.catalog = replace(house.catalog, policy=policy)
    return house


def test_dead_mailboxes_are_told_once_a_day_each_with_its_reason_and_a_rest_behind_it() -> None:
    house, notes, account = a_house_that_tells(), InMemoryAccountNotes(), Account()
    rested: list[float] = []
    account.mailboxes = [*bounced("ann"), Suppressed("bea@example.com", "complaint", NOON - HOUR)]
    read_suppressed(mirror(house, account, notes), house.catalog, now=NOON)
    teller = a_teller(house, account, notes, rested)
    assert tell_suppressed(teller, house.catalog, now=NOON) == 2
    assert sorted(account.told) == [("ann@example.com", "bounce"), ("bea@example.com", "complaint")]
    assert rested == [1.0, 1.0]
    assert tell_suppressed(teller, house.catalog, now=NOON + EVERY - HOUR) == 0
    later = NOON + EVERY
    assert tell_suppressed(teller, house.catalog, now=later) == 0, (
        "their records changed, their mailboxes did not"
    )
    assert len(account.told) == 2


def test_somebody_active_with_a_dead_mailbox_is_told_of_once_and_again_only_for_another_reason() -> None:
    house, notes, account = a_house_that_tells(), InMemoryAccountNotes(), Account(bounced("ann"))
    read_suppressed(mirror(house, account, notes), house.catalog, now=NOON)
    teller = a_teller(house, account, notes, [])
    told = []
    for day in range(5):
        for id_, profile in house.people.stored.items():  # active: a new record each day
            changed = profile.addresses
            if day == 3:
                changed = {
                    place: replace(held, status=AddressStatus.COMPLAINED)
                    if held.status is AddressStatus.HARD_BOUNCED
                    else held
                    for place, held in changed.items()
                }
            house.people.stored[id_] = replace(profile, addresses=changed, updated_at=NOON + day * EVERY)
        told.append(tell_suppressed(teller, house.catalog, now=NOON + day * EVERY))
    assert told == [1, 0, 0, 1, 0]
    assert account.told == [("ann@example.com", "bounce"), ("ann@example.com", "complaint")]


def test_what_died_long_ago_and_is_told_us_only_now_is_told_on() -> None:
    house, notes, account = a_house_that_tells(), InMemoryAccountNotes(), Account()
    teller = a_teller(house, account, notes, [])
    assert tell_suppressed(teller, house.catalog, now=NOON) == 0
    account.mailboxes = bounced("ann", at=NOON - timedelta(days=300))
    read_suppressed(mirror(house, account, notes), house.catalog, now=NOON + EVERY)
    assert tell_suppressed(teller, house.catalog, now=NOON + EVERY) == 1


def test_a_walk_that_was_cut_off_goes_on_and_leaves_nobody_out() -> None:
    house, notes, account = (
        a_house_that_tells(),
        InMemoryAccountNotes(),
        Account(bounced("ann", "bea", "cat")),
    )
    read_suppressed(mirror(house, account, notes), house.catalog, now=NOON)
    teller = a_teller(house, account, notes, [])
    for _ in range(20):
        account.asked.clear()
        account.silent_after = 1
        try:
            tell_suppressed(teller, house.catalog, now=NOON)
        except Unavailable:
            continue
        break
    assert {address for address, _ in account.told} == {
        f"{user}@example.com" for user in ("ann", "bea", "cat")
    }


# ── quotas ──────────────────────────────────────────────────────────────────────────────────────


def test_of_providers_that_say_nothing_the_last_known_value_stands() -> None:
    notes, account = InMemoryAccountNotes(), Account()
    email, texts = read_quotas(account, notes, channels=("email", "sms"), now=NOON)
    assert (email.quota, texts.quota, texts.failed) == (EmailQuota(14, 50_000, 0), None, "no leave")
    account.silent_after = 0
    (email,) = read_quotas(account, notes, channels=("email",), now=NOON + HOUR)
    assert (email.quota, email.at, email.failed) == (EmailQuota(14, 50_000, 0), NOON, "throttled")
    assert notes.readings()["email"] == email


def test_senders_look_once_a_minute_and_go_by_what_they_knew_where_they_cannot() -> None:
    class Silent(InMemoryAccountNotes):
        looked = 0
        is_silent = False

        def readings(self) -> Mapping[str, Reading]:
            self.looked += 1
            if self.is_silent:
                raise Unavailable("throttled")
            return super().readings()

    notes, clock = Silent(), [NOON]
    known = KnownQuotas(notes, clock=lambda: clock[0])
    assert known.per_second("email") is None
    notes.note_reading(Reading("email", NOON).read(EmailQuota(14, 50_000, 0), NOON))
    assert (known.per_second("email"), notes.looked) == (None, 1)
    clock[0] += FRESH_FOR
    assert (known.per_second("email"), known.per_second("sms"), notes.looked) == (14, None, 2)
    notes.is_silent = True
    clock[0] += FRESH_FOR
    assert (known.per_second("email"), notes.looked) == (14, 3)
