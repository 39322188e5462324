"""What a stage promises: data that stays or goes, encryption, logs that say little and end, somebody who is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.settings import load
from tests.infra.conftest import BARE, EVERYTHING, Synthesise, build, config
from tests.infra.reading import Reader

pytest.importorskip("aws_cdk", reason="CDK is in the environment of `make check` (group infra) only")

DATA = (
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::Cognito::UserPool",
    "AWS::KMS::Key",
)


def deletion_policies(reader: Reader) -> set[tuple[str, str]]:
    return {
        (resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
        for type_ in DATA
        for resource in reader.resources(type_).values()
    }


def test_kept_data_survives_the_stack(everything: Reader) -> None:
    assert deletion_policies(everything) == {("Retain", "Retain")}


def test_data_that_is_not_kept_goes_with_the_stack(synthesise: Synthesise, bare: Reader) -> None:
    assert deletion_policies(bare) == {("Delete", "Delete")}
    assert not bare.resources("Custom::S3AutoDeleteObjects")
    development = synthesise(config(**{**BARE, "empty_buckets": True}))
    emptied = {
        props["BucketName"] for props in development.properties("Custom::S3AutoDeleteObjects").values()
    }
    assert emptied == {"<Lake/Bucket>", "<Lake/AccessLogs>", "<Imports/Bucket>", "<Anchors/Bucket>"}


def test_buckets_whose_data_is_kept_are_never_emptied(everything: Reader) -> None:
    assert not everything.resources("Custom::S3AutoDeleteObjects")


@pytest.mark.parametrize(("stage", "kept"), [("everything", True), ("bare", False)])
def test_kept_tables_can_be_restored_and_not_deleted(
    stage: str, kept: bool, request: pytest.FixtureRequest
) -> None:
    reader: Reader = request.getfixturevalue(stage)
    for props in reader.properties("AWS::DynamoDB::Table").values():
        assert props["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is kept
        assert props["DeletionProtectionEnabled"] is kept
    (pool,) = reader.properties("AWS::Cognito::UserPool").values()
    assert pool.get("DeletionProtection", "INACTIVE") == ("ACTIVE" if kept else "INACTIVE")


def test_a_stack_with_kept_data_cannot_be_deleted_by_accident_and_says_what_it_costs_for(
    tmp_path: Path,
) -> None:
    _, stack = build(tmp_path, config(**EVERYTHING, cost_centre="marketing"))
    assert stack.termination_protection
    assert stack.tags.tag_values() == {"app": "kizuna", "stage": "test", "cost-centre": "marketing"}


def test_a_stage_can_be_bound_to_an_account(tmp_path: Path) -> None:
    _, stack = build(tmp_path, config(account="123456789012", region="eu-central-1"))
    assert (stack.account, stack.region) == ("123456789012", "eu-central-1")


def test_what_holds_people_is_encrypted_with_the_own_key_where_there_is_one(everything: Reader) -> None:
    key = "<Key.Arn>"
    for props in everything.properties("AWS::DynamoDB::Table").values():
        assert props["SSESpecification"]["KMSMasterKeyId"] == key
    secrets = everything.properties("AWS::SecretsManager::Secret")
    assert {secret["KmsKeyId"] for secret in secrets.values()} == {key}
    for name in ("Lake/Bucket", "Imports/Bucket", "Anchors/Bucket"):
        (rule,) = bucket_encryption(everything, name)
        assert rule["ServerSideEncryptionByDefault"] == {"KMSMasterKeyID": key, "SSEAlgorithm": "aws:kms"}
    topics = everything.properties("AWS::SNS::Topic")
    assert {
        topics[name]["KmsMasterKeyId"] for name in ("Sms/Receipts", "Sms/Replies", "WhatsApp/Events")
    } == {key}
    (own,) = everything.properties("AWS::KMS::Key").values()
    assert own["EnableKeyRotation"] is True


def test_without_an_own_key_nothing_is_left_unencrypted(bare: Reader) -> None:
    assert not bare.resources("AWS::KMS::Key")
    for name in ("Lake/Bucket", "Lake/AccessLogs", "Imports/Bucket", "Anchors/Bucket"):
        (rule,) = bucket_encryption(bare, name)
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    for props in bare.properties("AWS::SQS::Queue").values():
        assert props["SqsManagedSseEnabled"] is True


def bucket_encryption(reader: Reader, name: str) -> list[Any]:
    props = reader.properties("AWS::S3::Bucket")[name]
    rules: list[Any] = props["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    return rules


def test_buckets_are_private_and_forget(everything: Reader) -> None:
    for name, props in everything.properties("AWS::S3::Bucket").items():
        assert set(props["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert ("VersioningConfiguration" in props) is (name == "Anchors/Bucket"), name
    lake = everything.properties("AWS::S3::Bucket")["Lake/Bucket"]
    rules = {rule.get("Prefix"): rule for rule in lake["LifecycleConfiguration"]["Rules"]}
    assert {prefix: rule["ExpirationInDays"] for prefix, rule in rules.items() if prefix} == {
        "events/": 730,
        "errors/": 90,
        "quarantine/": 30,
        "exports/": 7,
        "people/": 8,
        "answers/": 1,
    }


def test_anchors_are_locked_for_as_long_as_they_are_kept(
    everything: Reader, bare: Reader, synthesise: Synthesise
) -> None:
    def lock(reader: Reader) -> Any:
        return reader.properties("AWS::S3::Bucket")["Anchors/Bucket"].get("ObjectLockConfiguration")

    strict = synthesise(config(**{**EVERYTHING, "anchor_lock": "compliance", "anchor_days": 3650}))
    assert lock(everything)["Rule"] == {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1827}}
    assert lock(strict)["Rule"] == {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 3650}}
    assert lock(bare) is None
    rules = everything.properties("AWS::S3::Bucket")["Anchors/Bucket"]["LifecycleConfiguration"]["Rules"]
    (rule,) = [each for each in rules if "ExpirationInDays" in each]
    assert rule["ExpirationInDays"] == rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1828


def test_an_anchor_is_taken_once(everything: Reader) -> None:
    policy = everything.properties("AWS::S3::BucketPolicy")["Anchors/Bucket/Policy"]["PolicyDocument"]
    (once,) = [each for each in policy["Statement"] if each.get("Sid") == "WriteOnce"]
    assert (once["Effect"], once["Action"]) == ("Deny", "s3:PutObject")
    assert once["Condition"] == {"Null": {"s3:if-none-match": "true"}}


def test_files_to_import_are_gone_after_a_month_and_the_bus_is_told_of_new_ones(everything: Reader) -> None:
    bucket = everything.properties("AWS::S3::Bucket")["Imports/Bucket"]
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert [rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule] == [30]
    assert not any("Prefix" in rule for rule in rules)
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert not everything.resources("Custom::S3BucketNotifications")


def test_the_lake_holds_compressed_lines_by_day(everything: Reader) -> None:
    (stream,) = everything.properties("AWS::KinesisFirehose::DeliveryStream").values()
    target = stream["ExtendedS3DestinationConfiguration"]
    assert target["Prefix"] == "events/dt=!{timestamp:yyyy-MM-dd}/"
    assert target["ErrorOutputPrefix"].startswith("errors/")
    assert (target["CompressionFormat"], target["FileExtension"]) == ("GZIP", ".jsonl.gz")
    assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}


def test_the_signing_key_is_made_in_aws_and_never_in_the_template(everything: Reader) -> None:
    secret = everything.properties("AWS::SecretsManager::Secret")["SigningKeys"]
    made = secret["GenerateSecretString"]
    assert json.loads(made["SecretStringTemplate"]) == {"current": "k1"}
    assert (made["GenerateStringKey"], made["PasswordLength"]) == ("k1", 64)
    assert "SecretString" not in secret


def test_tokens_of_line_are_entered_by_hand_and_never_in_the_template(everything: Reader) -> None:
    secret = everything.properties("AWS::SecretsManager::Secret")["LineAccounts"]
    assert secret["SecretString"] == "{}"


def test_every_log_ends(everything: Reader, bare: Reader) -> None:
    for reader in (everything, bare):
        for name, props in reader.properties("AWS::Logs::LogGroup").items():
            assert props["RetentionInDays"] == 30, name
    functions = everything.properties("AWS::Lambda::Function")
    own = {props["LoggingConfig"]["LogGroup"] for props in functions.values()}
    assert own == {f"<{name.replace('/Function', '/Logs')}>" for name in functions}


def test_the_access_log_keeps_no_write_key_no_link_token_and_no_address(everything: Reader) -> None:
    (stage,) = everything.properties("AWS::ApiGatewayV2::Stage").values()
    logged = stage["AccessLogSettings"]["Format"]
    assert json.loads(logged)["route"] == "$context.routeKey"
    for leak in ("path", "querystring", "identity", "sourceIp", "userAgent", "claims", "header"):
        assert leak.lower() not in logged.lower()


def test_the_api_is_throttled(everything: Reader) -> None:
    (stage,) = everything.properties("AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 1000, "ThrottlingBurstLimit": 2000}
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)


def test_mail_goes_over_tls_with_suppression_and_its_events_to_the_default_bus(everything: Reader) -> None:
    (configuration,) = everything.properties("AWS::SES::ConfigurationSet").values()
    assert configuration["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    assert configuration["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
    assert configuration["ReputationOptions"] == {"ReputationMetricsEnabled": True}
    assert configuration["TrackingOptions"]["HttpsPolicy"] == "REQUIRE"
    by_bus, by_sns = mail_destinations(everything)
    bus = by_bus["EventBridgeDestination"]["EventBusArn"]
    assert bus == "arn:<Partition>:events:<Region>:<AccountId>:event-bus/default"
    # What protects people comes a second way, for AWS promises no level of delivery for the first.
    assert by_sns["SnsDestination"] == {"TopicARN": "<Email/Reports>"}
    assert set(by_sns["MatchingEventTypes"]) == {"bounce", "complaint", "reject", "renderingFailure"}


def mail_destinations(reader: Reader) -> list[dict[str, Any]]:
    """Where SES reports to: the bus, then SNS."""
    found = reader.properties("AWS::SES::ConfigurationSetEventDestination").values()
    destinations = [props["EventDestination"] for props in found]
    return sorted(destinations, key=lambda each: "SnsDestination" in each)


def test_without_tracking_ses_leaves_links_and_pictures_alone(synthesise: Synthesise) -> None:
    reader = synthesise(config(**BARE, tracking=False))
    by_bus, _ = mail_destinations(reader)
    reported = set(by_bus["MatchingEventTypes"])
    assert not reported & {"open", "click"}
    assert {"send", "delivery", "bounce", "complaint", "reject", "renderingFailure"} <= reported


def test_receipts_and_replies_to_texts_come_back_to_the_feedback_queue(everything: Reader) -> None:
    subscriptions = [
        (props["TopicArn"], props["Endpoint"], "RedrivePolicy" in props)
        for props in everything.properties("AWS::SNS::Subscription").values()
        if props["Protocol"] == "sqs"
    ]
    assert sorted(subscriptions) == [
        ("<Email/Reports>", "<Queues/Feedback.Arn>", True),
        ("<Sms/Receipts>", "<Queues/Feedback.Arn>", True),
        ("<Sms/Replies>", "<Queues/Feedback.Arn>", True),
        ("<WhatsApp/Events>", "<Queues/Feedback.Arn>", True),
    ]
    (configuration,) = everything.properties("AWS::SMSVOICE::ConfigurationSet").values()
    (destination,) = configuration["EventDestinations"]
    assert destination["SnsDestination"] == {"TopicArn": "<Sms/Receipts>"}


def test_a_configuration_set_that_exists_is_not_made_again(synthesise: Synthesise) -> None:
    sms = {**EVERYTHING["sms"], "configuration_set": "mine"}
    reader = synthesise(config(**BARE, sms=sms))
    assert not reader.resources("AWS::SMSVOICE::ConfigurationSet")
    variables = reader.properties("AWS::Lambda::Function")["Deliver/Function"]["Environment"]["Variables"]
    assert variables["KIZUNA_SMS_CONFIGURATION_SET"] == "mine"


def test_managers_are_invited_and_use_a_second_factor(everything: Reader) -> None:
    (pool,) = everything.properties("AWS::Cognito::UserPool").values()
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    roles = {props["GroupName"] for props in everything.properties("AWS::Cognito::UserPoolGroup").values()}
    assert roles == {"viewer", "author", "approver", "privacy", "staff"}


def test_an_issuer_of_the_company_replaces_the_pool(synthesise: Synthesise) -> None:
    jwt = {"issuer": "https://login.example.com/", "audience": ["kizuna-admin"]}
    reader = synthesise(config(**BARE, jwt=jwt))
    assert not reader.resources("AWS::Cognito::UserPool")
    (authorizer,) = reader.properties("AWS::ApiGatewayV2::Authorizer").values()
    assert authorizer["JwtConfiguration"] == {
        "Issuer": "https://login.example.com/",
        "Audience": ["kizuna-admin"],
    }


def test_links_point_at_the_api_when_nothing_else_is_said(bare: Reader) -> None:
    outputs = bare.outputs()
    assert outputs["BaseUrl"] == outputs["ApiUrl"] == "<Http/Api.ApiEndpoint>"


def test_every_resting_place_of_failures_has_an_alarm(everything: Reader) -> None:
    watched = {
        props["Dimensions"][0]["Value"].strip("<>").removesuffix(".QueueName")
        for props in everything.properties("AWS::CloudWatch::Alarm").values()
        if props.get("Namespace") == "AWS/SQS"
    }
    queues = everything.properties("AWS::SQS::Queue")
    assert watched == {name for name, props in queues.items() if "RedrivePolicy" not in props}


def test_every_alarm_tells_somebody_and_says_what_to_do(everything: Reader) -> None:
    for name, props in everything.properties("AWS::CloudWatch::Alarm").items():
        assert props["AlarmActions"] == ["<Alarms/Topic>"], name
        assert len(props["AlarmDescription"]) > 20, name
        assert props["TreatMissingData"] == "notBreaching", name


def test_what_must_be_watched_is_watched(everything: Reader) -> None:
    alarms = {
        (props["MetricName"], props["Threshold"])
        for props in everything.properties("AWS::CloudWatch::Alarm").values()
    }
    assert {
        ("IteratorAge", 3_600_000),
        ("Errors", 1),
        ("Throttles", 1),
        ("5xx", 1),
        ("Reputation.BounceRate", 0.02),
        ("Reputation.ComplaintRate", 0.001),
        ("SourcesQuiet", 1),
        ("SourcesFlooding", 1),
        ("SourcesNotWatched", 1),
        ("ExperimentsUneven", 1),
        ("ExperimentsNotJudged", 1),
        ("WayOutBroken", 1),
        ("WayOutNotChecked", 1),
        ("RunsPaused", 1),
        ("MarketingStopped", 1),
        ("BrakesNotWatched", 1),
    } <= alarms


def test_the_watch_over_sources_is_that_of_its_own_stage(everything: Reader) -> None:
    watched = [
        {each["Name"]: each["Value"] for each in props["Dimensions"]}
        for props in everything.properties("AWS::CloudWatch::Alarm").values()
        if props["MetricName"].startswith("Sources")
    ]
    functions = everything.properties("AWS::Lambda::Function").values()
    (stage,) = {
        props["Environment"]["Variables"]["KIZUNA_STAGE"]
        for props in functions
        if "KIZUNA_STAGE" in props.get("Environment", {}).get("Variables", {})
    }
    assert watched == [{"service": "kizuna", "stage": stage}] * 3


def test_a_stage_without_alarms_and_dashboard_pays_for_none(bare: Reader) -> None:
    costly = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::KMS::Key"}
    assert not costly & bare.types()
    # The one topic costs nothing while it is silent: bounces and complaints come by it a second time.
    assert [name for name in bare.properties("AWS::SNS::Topic") if name != "Email/Reports"] == []


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_stages_of_the_repository_can_be_built_well_within_the_limits(
    synthesise: Synthesise, stage: str
) -> None:
    reader = synthesise(load(stage))
    assert len(reader.raw["Resources"]) < 400  # CloudFormation takes 500
    assert len(json.dumps(reader.raw)) < 500_000  # and a megabyte
