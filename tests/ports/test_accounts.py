"""The contract of `AccountNotes`."""

from __future__ import annotations

from datetime import timedelta

from kizuna.core.accounts import Checkpoint, EmailQuota, Reading, TextQuota
from tests.support.builders import NOON
from tests.support.stores import Stores


def test_of_each_channel_the_last_reading_is_kept_whole(stores: Stores) -> None:
    assert stores.accounts.readings() == {}
    email = Reading("email", NOON).read(EmailQuota(14, 50_000, 7, health="PROBATION"), NOON)
    texts = Reading("sms", NOON).read(TextQuota(50, 100, "PRODUCTION"), NOON)
    for reading in (email, texts):
        stores.accounts.note_reading(reading)
    missed = email.missed("throttled", NOON + timedelta(hours=1))
    stores.accounts.note_reading(missed)
    assert stores.accounts.readings() == {"email": missed, "sms": texts}


def test_a_list_that_nobody_began_with_is_at_its_beginning_and_others_where_they_were_left(
    stores: Stores,
) -> None:
    assert stores.accounts.checkpoint("suppressed") == Checkpoint("suppressed")
    left = Checkpoint("suppressed", since=NOON).begun(NOON).after_page("p2", NOON)
    stores.accounts.note_checkpoint(left)
    assert stores.accounts.checkpoint("suppressed") == left
    assert stores.accounts.checkpoint("told") == Checkpoint("told")
    assert stores.accounts.readings() == {}


def test_what_was_told_of_a_mailbox_is_known_by_person_and_mailbox_and_the_last_word_counts(
    stores: Stores,
) -> None:
    assert stores.accounts.told("ann", ["a1", "a2"]) == {}
    stores.accounts.note_told("ann", "a1", "bounce")
    stores.accounts.note_told("ann", "a1", "complaint")
    stores.accounts.note_told("bea", "a2", "bounce")
    assert stores.accounts.told("ann", ["a1", "a2"]) == {"a1": "complaint"}
    assert stores.accounts.told("bea", ["a2"]) == {"a2": "bounce"}
    assert stores.accounts.told("bea", []) == {}
