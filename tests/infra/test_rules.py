"""Each sample event meets exactly the rules it should, judged by another implementation than ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from kizuna.topology import BUS_RULES
from tests.infra.reading import Reader

pytest.importorskip("aws_cdk", reason="CDK is in the environment of `make check` (group infra) only")

MAIL = {"mail": {"messageId": "m-1", "tags": {"ses:configuration-set": ["<Email/Set>"], "send_id": ["s-1"]}}}
OF_SOMEBODY_ELSE = {"mail": {"messageId": "m-1", "tags": {"ses:configuration-set": ["newsletter-of-old"]}}}
SES = (
    "Email Sent",
    "Email Delivered",
    "Email Bounced",
    "Email Complaint Received",
    "Email Rejected",
    "Email Rendering Failed",
    "Email Opened",
    "Email Clicked",
)


def event(source: str, detail_type: str, detail: dict[str, Any]) -> Any:
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": detail_type,
        "source": source,
        "account": "123456789012",
        "time": "2026-11-22T09:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }


def rules_met(reader: Reader, bus: str, given: Any) -> set[str]:
    names = {rule.why: rule.name for rule in BUS_RULES}
    return {
        names[props["Description"]]
        for props in reader.properties("AWS::Events::Rule").values()
        if props.get("EventBusName", "default") == bus
        if EventPattern.load(json.dumps(props["EventPattern"])).matches_event(given)
    }


@pytest.mark.parametrize("detail_type", SES)
def test_what_ses_says_about_our_mail_is_feedback(everything: Reader, detail_type: str) -> None:
    assert rules_met(everything, "default", event("aws.ses", detail_type, MAIL)) == {"ses-feedback"}


@pytest.mark.parametrize(
    ("source", "detail_type", "detail"),
    [
        ("aws.ses", "Email Bounced", OF_SOMEBODY_ELSE),
        ("aws.ses", "Email Bounced", {"mail": {"messageId": "m-1"}}),
        ("aws.ses", "Email Delivery Delayed", MAIL),
        ("aws.ses", "Advisor Recommendation Status Open", {"version": "1.0.0"}),
        ("shop", "Email Bounced", MAIL),
        ("shop", "Customer Event", {}),
    ],
)
def test_what_else_happens_in_the_account_is_left_alone(
    everything: Reader, source: str, detail_type: str, detail: dict[str, Any]
) -> None:
    assert rules_met(everything, "default", event(source, detail_type, detail)) == set()


def test_a_file_that_is_put_among_the_imports_is_taken_in(everything: Reader) -> None:
    detail = {"bucket": {"name": "<Imports/Bucket>"}, "object": {"key": "imports/crm/people.csv", "size": 9}}
    assert rules_met(everything, "default", event("aws.s3", "Object Created", detail)) == {"files-in"}


@pytest.mark.parametrize(
    ("bucket", "key", "detail_type"),
    [
        ("<Lake/Bucket>", "imports/crm/people.csv", "Object Created"),
        ("<Imports/Bucket>", "rejects/i1/000000000001.csv", "Object Created"),
        ("<Imports/Bucket>", "orders/i1.json", "Object Created"),
        ("<Imports/Bucket>", "imports/crm/people.csv", "Object Deleted"),
    ],
)
def test_other_objects_start_no_import(everything: Reader, bucket: str, key: str, detail_type: str) -> None:
    detail = {"bucket": {"name": bucket}, "object": {"key": key, "size": 9}}
    assert rules_met(everything, "default", event("aws.s3", detail_type, detail)) == set()


def test_what_back_ends_put_on_the_bus_is_taken_in(everything: Reader) -> None:
    given = event("shop", "Customer Event", {"type": "track", "event": "Order Completed"})
    assert rules_met(everything, "<Bus/Bus>", given) == {"events-in"}


@pytest.mark.parametrize(
    "detail_type", ["SegmentEntered", "MessageSent", "MessageWithheld", "ConsentChanged"]
)
def test_what_is_published_does_not_come_back_in(everything: Reader, detail_type: str) -> None:
    assert rules_met(everything, "<Bus/Bus>", event("kizuna", detail_type, {})) == set()


NARROWED: dict[str, Any] = {
    "ses-feedback": {"detail": {"mail": {"tags": {"ses:configuration-set": ["<Email/Set>"]}}}},
    "files-in": {
        "detail": {"object": {"key": [{"prefix": "imports/"}]}, "bucket": {"name": ["<Imports/Bucket>"]}}
    },
}


def test_a_rule_asks_for_what_the_topology_says_and_for_the_stage_s_own_things(everything: Reader) -> None:
    patterns = {
        props["Description"]: props["EventPattern"]
        for props in everything.properties("AWS::Events::Rule").values()
    }
    for rule in BUS_RULES:
        narrowed = NARROWED.get(rule.name, {})
        assert patterns[rule.why] == {**rule.pattern, **narrowed}
