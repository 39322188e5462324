"""Who may do what: nothing by wildcard, nothing that the topology does not list, and every change seen in review."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest

from kizuna.adapters.tables.catalog_keys import BACKFILLS, BRAKES, CATALOG, CONTROLS, IMPORTS, KEYS, pace
from kizuna.topology import FUNCTIONS, PACES_OF_KEYS, TABLES, Sink, Table
from tests.infra import golden
from tests.infra.reading import Reader, as_list, policies, statements

pytest.importorskip("aws_cdk", reason="CDK is in the environment of `make check` (group infra) only")

# Resource patterns in a policy, and the actions they may stand beside.
EXPECTED_PATTERNS = {
    ("*", "dynamodb:ListStreams"),
    ("*", "ses:GetAccount"),
    ("*", "ses:ListSuppressedDestinations"),
    ("*", "ses:PutSuppressedDestination"),
    ("*", "sms-voice:DescribeAccountAttributes"),
    ("*", "sms-voice:DescribeSpendLimits"),
    ("*", "xray:PutTelemetryRecords"),
    ("*", "xray:PutTraceSegments"),
    ("<Lake/Bucket.Arn>/quarantine/*", "s3:PutObject"),
    ("<Lake/Bucket.Arn>/events/*", "s3:AbortMultipartUpload"),
    ("<Lake/Bucket.Arn>/events/*", "s3:GetObject"),
    ("<Lake/Bucket.Arn>/events/*", "s3:PutObject"),
    ("<Lake/Bucket.Arn>/errors/*", "s3:AbortMultipartUpload"),
    ("<Lake/Bucket.Arn>/errors/*", "s3:GetObject"),
    ("<Lake/Bucket.Arn>/errors/*", "s3:PutObject"),
    ("<Lake/Bucket.Arn>/events/*", "s3:DeleteObject"),
    ("<Lake/Bucket.Arn>/errors/*", "s3:DeleteObject"),
    ("<Lake/Bucket.Arn>/quarantine/*", "s3:DeleteObject"),
    ("<Lake/Bucket.Arn>/quarantine/*", "s3:GetObject"),
    ("<Lake/Bucket.Arn>/exports/*", "s3:DeleteObject"),
    ("<Lake/Bucket.Arn>/exports/*", "s3:GetObject"),
    ("<Lake/Bucket.Arn>/exports/*", "s3:PutObject"),
    ("<Lake/Bucket.Arn>/people/*", "s3:DeleteObject"),
    ("<Lake/Bucket.Arn>/people/*", "s3:GetObject"),
    ("<Lake/Bucket.Arn>/people/*", "s3:PutObject"),
    ("<Lake/Bucket.Arn>/answers/*", "s3:AbortMultipartUpload"),
    ("<Lake/Bucket.Arn>/answers/*", "s3:GetObject"),
    ("<Lake/Bucket.Arn>/answers/*", "s3:PutObject"),
    ("<Anchors/Bucket.Arn>/anchors/*", "s3:GetObject"),
    ("<Anchors/Bucket.Arn>/anchors/*", "s3:PutObject"),
    ("<Imports/Bucket.Arn>/imports/*", "s3:GetObject"),
    ("<Imports/Bucket.Arn>/orders/*", "s3:GetObject"),
    ("<Imports/Bucket.Arn>/rejects/*", "s3:PutObject"),
    (
        "arn:<Partition>:scheduler:<Region>:<AccountId>:schedule/<Schedules/Group>/*",
        "scheduler:CreateSchedule",
    ),
    ("arn:<Partition>:s3:::pictures-of-the-shop/mms/*", "s3:GetObject"),
}
BY_SNS = "endpoint/<application>/*"  # where a stage pushes by SNS; see test_wiring


def test_the_policies_are_the_reviewed_ones(everything: Reader) -> None:
    """After a change that is meant: `python -m tests.infra.golden`, and read the difference."""
    assert golden.text(everything) == golden.POLICIES.read_text(encoding="utf-8")


def test_no_action_is_a_pattern(everything: Reader) -> None:
    actions = {action for _, statement in statements(everything) for action in as_list(statement["Action"])}
    assert not [action for action in actions if "*" in action]


def test_no_resource_is_a_pattern_but_the_listed_ones(everything: Reader) -> None:
    found = {
        (resource, action)
        for _, statement in statements(everything)
        for resource in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
        if "*" in resource
    }
    assert found == EXPECTED_PATTERNS


def test_every_listed_pattern_has_a_reason() -> None:
    from infra.access import WILDCARDS

    start = r"^.*(?=schedule/|mms/)|^<[^>]+>/"
    shown = {re.sub(start, "", resource) for resource, _ in EXPECTED_PATTERNS} | {BY_SNS}
    assert {pattern.replace("<Schedules/Group>", "<group>") for pattern in shown} == set(WILDCARDS)


def test_no_statement_allows_everything_but_something(everything: Reader) -> None:
    for name, statement in statements(everything):
        assert statement["Effect"] == "Allow", name
        assert not {"NotAction", "NotResource"} & statement.keys(), name


def test_no_role_carries_a_policy_of_aws(everything: Reader) -> None:
    assert not [
        name
        for name, role in everything.properties("AWS::IAM::Role").items()
        if role.get("ManagedPolicyArns")
    ]


def test_every_function_has_a_role_of_its_own(everything: Reader) -> None:
    roles = [props["Role"] for props in everything.properties("AWS::Lambda::Function").values()]
    assert len(set(roles)) == len(roles) == len(FUNCTIONS)


def test_a_function_acts_on_tables_as_the_topology_says(everything: Reader) -> None:
    for spec in FUNCTIONS:
        for table in Table:
            resource = f"<Tables/{table.title()}.Arn>"
            given = set(spec.tables.get(table, ()))
            given |= (
                {"dynamodb:UpdateItem"}
                if (table, Sink.PACE in spec.sinks) == (Table.CATALOG, True)
                else set()
            )
            assert actions_on(everything, spec.name.title(), resource) == given


def test_what_everybody_may_call_changes_how_often_a_key_came_and_nothing_else_of_the_catalog(
    everything: Reader,
) -> None:
    for spec in FUNCTIONS:
        if Sink.PACE not in spec.sinks:
            continue
        [changing] = [
            statement
            for name, statement in statements(everything)
            if name == f"{spec.name.title()}/Role"
            and "<Tables/Catalog.Arn>" in as_list(statement["Resource"])
            and not {"dynamodb:GetItem", "dynamodb:Query"} >= set(as_list(statement["Action"]))
        ]
        [[pattern]] = [list(told.values()) for told in changing["Condition"].values()]
        assert as_list(pattern) == [f"{PACES_OF_KEYS}*"]
    assert pace("key 0123").startswith(PACES_OF_KEYS)
    others = (CATALOG, KEYS, IMPORTS, BACKFILLS, BRAKES, CONTROLS, pace("email"), pace("campaign/key "))
    assert not [key for key in others if key.startswith(PACES_OF_KEYS)]


def test_a_function_asks_the_indexes_that_the_topology_names(everything: Reader) -> None:
    for spec in FUNCTIONS:
        for table in TABLES:
            for index in table.indexes:
                resource = f"<Tables/{table.name.title()}.Arn>/index/{index.name}"
                wanted = {"dynamodb:Query"} if index in spec.indexes else set()
                assert actions_on(everything, spec.name.title(), resource) == wanted


def test_only_the_function_of_the_stream_reads_a_stream(everything: Reader) -> None:
    readers = {
        name
        for name, statement in statements(everything)
        if "dynamodb:GetRecords" in as_list(statement["Action"])
    }
    assert readers == {f"{spec.name.title()}/Role" for spec in FUNCTIONS if spec.reads_stream_of}


def test_nobody_scans_a_table(everything: Reader) -> None:
    assert not [
        name for name, statement in statements(everything) if "dynamodb:Scan" in as_list(statement["Action"])
    ]


def test_a_body_of_the_ledger_cannot_be_changed_or_deleted(everything: Reader) -> None:
    """Only a function called privacy may ever delete one."""
    harmless = {"dynamodb:PutItem", "dynamodb:Query", "dynamodb:GetItem", "dynamodb:ConditionCheckItem"}
    for name, statement in statements(everything):
        if "<Tables/Ledger.Arn>" in as_list(statement["Resource"]) and not name.startswith("Privacy"):
            assert set(as_list(statement["Action"])) <= harmless, name


def test_only_the_function_that_delivers_reaches_a_provider(everything: Reader) -> None:
    sending = ("ses:*", "sms-voice:*", "mobiletargeting:*", "social-messaging:*", "sns:*")
    looking = {
        "ses:GetAccount",
        "ses:ListSuppressedDestinations",
        "ses:PutSuppressedDestination",
        "sms-voice:DescribeAccountAttributes",
        "sms-voice:DescribeOptedOutNumbers",
        "sms-voice:DescribeSpendLimits",
    }
    reached = {
        (name, action)
        for name, statement in statements(everything)
        for action in as_list(statement["Action"])
        if any(fnmatchcase(action, pattern) for pattern in sending)
    }
    assert {action for name, action in reached if name == "Account/Role"} == looking
    senders = {name for name, _ in reached if name != "Account/Role"}
    channels = {Sink.SES, Sink.SMS, Sink.PUSH, Sink.WHATSAPP}
    assert senders == {f"{spec.name.title()}/Role" for spec in FUNCTIONS if channels & set(spec.sinks)}


def test_mail_is_sent_as_the_one_sender_only(everything: Reader) -> None:
    (statement,) = [s for _, s in statements(everything) if s.get("Sid") == "SendEmail"]
    assert statement["Condition"] == {"StringLike": {"ses:FromAddress": "*@example.com"}}


def test_a_role_is_lent_to_the_scheduler_only(everything: Reader) -> None:
    lent = [s for _, s in statements(everything) if "iam:PassRole" in as_list(s["Action"])]
    assert {s["Resource"] for s in lent} == {"<Schedules/Role.Arn>"}
    assert all(
        s["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}} for s in lent
    )


def test_the_key_is_used_through_services_only(everything: Reader) -> None:
    for name, statement in statements(everything):
        if "<Key.Arn>" in as_list(statement["Resource"]):
            assert "kms:ViaService" in statement["Condition"]["StringEquals"], name


def test_without_a_key_of_its_own_the_stack_speaks_of_none(bare: Reader) -> None:
    actions = {action for _, statement in statements(bare) for action in as_list(statement["Action"])}
    assert not [action for action in actions if action.startswith("kms:")]


def test_what_lets_a_service_in_names_its_source(everything: Reader) -> None:
    """What any account's EventBridge or SNS could reach would be a way to forge feedback."""
    sources = {"aws:sourcearn", "aws:sourceaccount"}  # IAM reads the names of condition keys in any case
    found = policies(everything)
    trusts = {
        name: [s for s in role["may be taken by"] if s["Principal"] != {"Service": "lambda.amazonaws.com"}]
        for name, role in found["roles"].items()
    }
    for name, guarded in {**trusts, **found["resources"]}.items():
        for statement in guarded:
            if statement["Effect"] == "Allow" and "Service" in statement["Principal"]:
                keys = {key.lower() for operator in statement["Condition"].values() for key in operator}
                assert keys & sources, name


def actions_on(reader: Reader, function: str, resource: str) -> set[str]:
    return {
        action
        for name, statement in statements(reader)
        if name == f"{function}/Role" and resource in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }
