"""Logs carry ids, counts and reasons; whatever breaks, nothing of a person gets into them (abuse case A25)."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from pydantic import BaseModel, ValidationError

from kizuna.core.errors import Conflict, InvalidDefinition, Problem, Unavailable
from kizuna.runtime.observability import safe
from kizuna.topology import Function, Queue
from tests.support.clouds import Shop, an_sqs_event, failures, sample_documents

CANARIES = ("Ann Canary", "ann.canary@example.com", "+81 90-1234-5678", "かなりあ", "v1.k1." + "aB3_" * 20)


class Told(BaseModel):
    name: int


def a_validation_error(text: str) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Told.model_validate({"name": text})
    return caught.value


def errors(text: str) -> list[Exception]:
    refusal = {"Error": {"Code": "ValidationException", "Message": f"bad key {text}"}}
    return [
        ValueError(f"invalid literal: {text!r}"),
        KeyError(text),
        a_validation_error(text),
        ParamValidationError(report=f"Invalid type for parameter Item, value: {text}"),
        ClientError(refusal, "PutItem"),
        RuntimeError(text),
    ]


@pytest.mark.parametrize("canary", CANARIES)
def test_an_error_is_logged_without_what_it_tells_of_a_person(canary: str) -> None:
    for error in errors(canary):
        assert canary not in safe(error)
        for part in canary.split():
            assert part not in safe(error)


@pytest.mark.parametrize("canary", [each for each in CANARIES if each != "Ann Canary"])
def test_not_even_our_own_errors_carry_what_looks_like_an_address_or_a_token(canary: str) -> None:
    assert canary not in safe(Unavailable(f"event {canary}: refused"))


def test_what_helps_to_find_the_cause_is_there() -> None:
    told = "profile p06h06852005b07mqf684af3o60 at version 7: run 20261125T1000Z"
    assert safe(Conflict(told)) == f"Conflict: {told}"
    refusal = {"Error": {"Code": "AccessDeniedException", "Message": "told to"}}
    assert safe(ClientError(refusal, "PutItem")).startswith("ClientError: AccessDeniedException of PutItem")
    assert "segments/pro" in safe(InvalidDefinition((Problem("segments/pro: when", "unknown"),)))
    with pytest.raises(KeyError) as caught:
        sample_documents()["nothing", "here"]
    assert safe(caught.value).startswith(
        "KeyError: in test_what_helps_to_find_the_cause_is_there, test_review_l"
    )


def test_a_function_that_breaks_down_over_a_person_does_not_name_them(
    shop: Shop, user: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(*_: object, **__: object) -> None:
        raise ValueError("Ann Canary lives here")

    monkeypatch.setattr("kizuna.usecases.ingesting.ingest._plain", torn)
    assert shop.send({"type": "track", "userId": user, "event": "X"}).status == 200  # kept in the queue
    event = {"type": "track", "id": "x", "at": "2026-11-22T00:00:00Z", "receivedAt": "2026-11-22T00:00:00Z"}
    work = {
        "type": "events",
        "source": "shop",
        "source_kind": "server",
        "events": [{**event, "userId": user}],
    }
    assert failures(shop.invoke(Function.INGEST, an_sqs_event(Queue.INGEST, work))) == ["message-0"]
    said = [str(vars(record)["error"]) for record in caplog.records if record.levelname != "INFO"]
    assert len(said) == 2
    assert all("Canary" not in each and "torn" in each for each in said)
