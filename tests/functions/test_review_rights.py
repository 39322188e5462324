"""Who was erased stays erased, and who holds a publishable key gets at nobody: through handlers and stored tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.errors import NotFound
from kizuna.core.provider_reports import MessageReport
from kizuna.usecases.collecting import violations
from kizuna.usecases.identity.unmerge import CannotUnmerge, Registry, last_merge_of, merge_by_hand, undo_merge
from kizuna.usecases.ingesting.importing import Importer, run_import
from kizuna.usecases.outcomes import feedback
from tests.support.clouds import Shop, running_shop
from tests.support.erasing import an_event, ask, forget, lived, places_of, take, work
from tests.support.imports import MemoryFile, options_of, upload

EVIL = "attacker@evil.example"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as made:
        yield made


def registry(shop: Shop) -> Registry:
    return Registry(shop.wired.people, shop.wired.ledger, shop.wired.merges)


# ── erased ──────────────────────────────────────────────────────────────────────────────────────


def test_a_merge_is_not_undone_while_the_person_is_being_erased(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    record = last_merge_of(person.profile, registry(shop))
    catalog = shop.wired.catalog.current()
    asked = ask(shop, user)
    with pytest.raises(CannotUnmerge, match="erased"):
        undo_merge(record.id, registry(shop), catalog, now=shop.now)
    assert work(shop, asked.person).is_buried
    shop.cloud.advance(timedelta(hours=3))
    assert places_of(shop, person.values) == []


def test_nobody_is_united_by_hand_with_somebody_who_is_being_erased(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    take(shop, an_event(shop, 1, user_id=None, anonymous_id=f"guest-{user}"))
    guest = shop.holder("anonymous_id", f"guest-{user}")
    assert guest is not None
    ask(shop, user)
    with pytest.raises(NotFound, match="there is no profile"):
        merge_by_hand(
            guest.id,
            person.profile.id,
            registry(shop),
            shop.wired.catalog.current(),
            reason="same",
            now=shop.now,
        )


def test_a_late_bounce_of_somebody_erased_makes_nobody(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    message = shop.messages(user)[0]
    shop.cloud.advance(timedelta(seconds=1))
    forget(shop, user)
    shop.cloud.advance(timedelta(seconds=1))
    wired = shop.wired
    on = feedback.Listener(wired.people, wired.ledger, wired.messages, wired.quarantine, wired.new_profile_id)
    late = feedback._report_event(
        message,
        MessageReport(
            f"bounce-{message.id}", message.id, shop.now, "failed", event="Email Bounced", hard=True
        ),
        None,
        shop.now,
    )
    with shop.new_violations() as found:
        feedback._record(late, on, wired.catalog.current(), now=shop.now)
    assert [each.cause for each in found] == ["no_usable_identity"]
    assert places_of(shop, person.values) == []


def test_one_side_of_an_undone_merge_may_be_erased_and_the_other_keeps_no_trace(
    shop: Shop, user: str
) -> None:
    guest, tie = f"guest-{user}", f"tie-{user}"
    shop.send({"type": "track", "anonymousId": guest, "event": "Seen"})
    shop.greet(user)
    shop.send({"type": "identify", "userId": user, "anonymousId": guest, "messageId": tie})
    shop.settle()
    kept = shop.person(user)
    undo_merge(
        last_merge_of(kept, registry(shop)).id, registry(shop), shop.wired.catalog.current(), now=shop.now
    )
    shop.settle()
    other = shop.holder("anonymous_id", guest)
    assert other is not None
    assert other.id != kept.id
    forget(shop, other.id)
    shop.cloud.advance(timedelta(hours=3))
    # What the customer did on that device is the customer's own event, and stays in that timeline alone.
    assert [place for place in places_of(shop, (guest,)) if f"{kept.id} e#" not in place] == []
    assert shop.person(user).id == kept.id
    again = shop.wired.merges.of([kept.id])
    assert again == ()
    late = an_event(shop, 9, user_id=user, anonymous_id=guest)
    assert take(shop, late).counted == 1  # a new visit after the erasure is the customer's


def test_the_rest_of_a_file_brings_nobody_back(shop: Shop, user: str) -> None:
    person, wired = lived(shop, user), shop.wired
    file = MemoryFile(f"user_id,event\nfirst-of-a-file,A\n{user},B\n".encode())
    on = Importer(
        wired.people, wired.ledger, wired.catalog, wired.quarantine, wired.imports, wired.import_bucket,
        wired.new_profile_id, part_rows=1,
    )  # fmt: skip

    def a_turn(is_over: bool) -> None:
        options, known = options_of(), file.fingerprint()
        run_import(options, file, on, fingerprint=known, now=lambda: shop.now, is_over=lambda: is_over)

    a_turn(True)
    shop.cloud.advance(timedelta(seconds=1))
    forget(shop, user)
    shop.cloud.advance(timedelta(seconds=1))
    a_turn(False)
    assert shop.holder("user_id", "first-of-a-file") is not None
    assert places_of(shop, person.values) == []


# ── a publishable key ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("claim", [{"verified": True}, {"verified": True, "triggers": True}])
def test_what_a_page_sends_in_our_own_words_is_replayed_as_a_pages_word(
    shop: Shop, user: str, claim: Any
) -> None:
    shop.greet(user)
    before = shop.person(user)
    at = shop.now.isoformat()
    forged = {
        "type": "identify",
        "id": f"forged-{user}",
        "at": at,
        "receivedAt": at,
        "profileId": before.id,
        "traits": {"email": EVIL, "plan": "stolen"},
        **claim,
    }
    with shop.new_violations() as found:
        shop.send(forged, key=shop.keys.client)
    assert [each.cause for each in found] == ["missing_identity"]
    violations.replay(shop.wired.quarantine, shop.wired.queues, shop.wired.catalog.current(), now=shop.now)
    shop.settle()
    after = shop.person(user)
    assert after.addresses == before.addresses
    assert after.trait("plan") == before.trait("plan")


# ── files ───────────────────────────────────────────────────────────────────────────────────────


def test_a_file_for_a_source_that_nobody_declared_is_not_read(shop: Shop, user: str) -> None:
    with shop.new_violations() as found:
        upload(shop, f"user_id,event\n{user},A\n".encode(), source="no-such-source", by_hand=True)
        shop.settle()
    assert [(each.cause, each.source) for each in found] == [("import_gone", "imports")]
    assert shop.holder("user_id", user) is None
