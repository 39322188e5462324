"""The template is what `kizuna.topology` says, nothing more and nothing less."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.settings import ROOT
from kizuna.topology import (
    BUS_RULES,
    DECIDED_INDEX,
    DUE_INDEX,
    ENVIRONMENT,
    FUNCTIONS,
    QUEUES,
    ROUTES,
    SCHEDULED_FUNCTION,
    STREAM,
    SWEEPS,
    TABLES,
    Function,
    FunctionSpec,
    Queue,
    QueueSpec,
    Sink,
    function,
    queue_variable,
)
from tests.infra.conftest import Synthesise, config
from tests.infra.reading import Reader, statements

pytest.importorskip("aws_cdk", reason="CDK is in the environment of `make check` (group infra) only")

LOST_STARTS = "Queues/LostStarts"
BY_SNS = {"KIZUNA_PUSH_SNS_IOS", "KIZUNA_PUSH_SNS_ANDROID"}  # instead of the push application
_APPLICATION = "arn:aws:sns:eu-central-1:123456789012:app"


def name_of(queue: Queue) -> str:
    return "Queues/" + queue.value.title().replace("-", "")


def function_name(spec: FunctionSpec) -> str:
    return f"{spec.name.value.title()}/Function"


def deployed_functions(reader: Reader) -> dict[str, Any]:
    return {
        name: props
        for name, props in reader.properties("AWS::Lambda::Function").items()
        if props["Handler"].startswith("functions.")
    }


# ── functions ───────────────────────────────────────────────────────────────────────────────────


def test_every_function_is_deployed_with_its_memory_and_its_time(everything: Reader) -> None:
    deployed = {
        name: (props["Handler"], props["MemorySize"], props["Timeout"])
        for name, props in deployed_functions(everything).items()
    }
    assert deployed == {function_name(spec): (spec.handler, spec.memory, spec.timeout) for spec in FUNCTIONS}


def test_functions_run_on_the_platform_that_the_asset_is_built_for(everything: Reader) -> None:
    platforms = {
        (props["Runtime"], *props["Architectures"]) for props in deployed_functions(everything).values()
    }
    assert platforms == {("python3.13", "arm64")}


def test_all_functions_share_one_asset(everything: Reader) -> None:
    assets = {json.dumps(props["Code"]) for props in deployed_functions(everything).values()}
    assert len(assets) == 1


@pytest.mark.parametrize("spec", FUNCTIONS, ids=lambda spec: spec.name.value)
def test_the_entry_point_of_a_function_is_where_lambda_looks_for_it(spec: FunctionSpec) -> None:
    module, _, _ = spec.handler.rpartition(".")
    assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()


SINK_VARIABLES = {
    Sink.LAKE: {"KIZUNA_LAKE": "<Lake/Stream>"},
    Sink.QUARANTINE: {"KIZUNA_BUCKET": "<Lake/Bucket>"},
    Sink.QUARANTINE_READ: {"KIZUNA_BUCKET": "<Lake/Bucket>"},
    Sink.ARCHIVE: {"KIZUNA_BUCKET": "<Lake/Bucket>"},
    Sink.SNAPSHOT: {"KIZUNA_BUCKET": "<Lake/Bucket>"},
    Sink.ATHENA: {
        "KIZUNA_ATHENA_WORKGROUP": "Kizuna-test-lake",
        "KIZUNA_ATHENA_DATABASE": "kizuna_test",
    },
    Sink.IMPORTS: {"KIZUNA_IMPORTS": "<Imports/Bucket>"},
    Sink.ANCHORS: {"KIZUNA_ANCHORS": "<Anchors/Bucket>"},
    Sink.BUS: {"KIZUNA_BUS": "<Bus/Bus>"},
    Sink.SCHEDULER: {
        "KIZUNA_SCHEDULE_GROUP": "<Schedules/Group>",
        "KIZUNA_SCHEDULE_ROLE": "<Schedules/Role.Arn>",
        "KIZUNA_SCHEDULE_TARGET": "arn:<Partition>:lambda:<Region>:<AccountId>:function:Kizuna-test-campaign",
        "KIZUNA_SCHEDULE_LOST": "<Queues/LostStarts.Arn>",
    },
    Sink.SECRETS: {"KIZUNA_SECRET": "<SigningKeys>"},
    Sink.SES: {"KIZUNA_SES_CONFIGURATION_SET": "<Email/Set>"},
    Sink.SMS: {
        "KIZUNA_SMS_ORIGINATION": "arn:aws:sms-voice:eu-central-1:123456789012:pool/pool-1",
        "KIZUNA_SMS_CONFIGURATION_SET": "<Sms/Set>",
    },
    Sink.PUSH: {"KIZUNA_PUSH_APPLICATION": "app-1"},
    Sink.WHATSAPP: {
        "KIZUNA_WHATSAPP_PHONE_NUMBER": "arn:aws:social-messaging:eu-central-1:123456789012:phone-number-id/0a1b",
        "KIZUNA_WHATSAPP_API_VERSION": "v22.0",
    },
    Sink.CALLOUT: {
        "KIZUNA_CALLOUT": "arn:<Partition>:lambda:<Region>:<AccountId>:function:Kizuna-test-callout"
    },
    Sink.LINE: {"KIZUNA_LINE_SECRET": "<LineAccounts>"},
    Sink.TOPICS: {},
    Sink.PACE: {},
    Sink.PROVIDERS: {"KIZUNA_SMS_OPT_OUT_LIST": "Default"},
}


def expected_environment(spec: FunctionSpec) -> dict[str, str]:
    return {
        "KIZUNA_STAGE": "test",
        "KIZUNA_LOG_LEVEL": "INFO",
        "KIZUNA_BASE_URL": "https://hello.example.com",
        **{f"KIZUNA_TABLE_{table.name.upper()}": f"<Tables/{table.name.title()}>" for table in TABLES},
        **{queue_variable(queue): f"<{name_of(queue)}>" for queue in spec.sends_to},
        **{key: value for sink in spec.sinks for key, value in SINK_VARIABLES[sink].items()},
    }


def test_every_function_is_told_what_it_uses_and_nothing_else(everything: Reader) -> None:
    told = {name: props["Environment"]["Variables"] for name, props in deployed_functions(everything).items()}
    assert told == {function_name(spec): expected_environment(spec) for spec in FUNCTIONS}


def test_every_documented_variable_is_given_to_some_function(everything: Reader) -> None:
    given = {
        name
        for props in deployed_functions(everything).values()
        for name in props["Environment"]["Variables"]
    }
    queues = {queue_variable(queue) for spec in FUNCTIONS for queue in spec.sends_to}
    assert given | BY_SNS == (set(ENVIRONMENT) - {"KIZUNA_QUEUE_<NAME>"}) | queues


def test_a_stage_that_names_platform_applications_pushes_by_sns_and_may_do_nothing_else(
    synthesise: Synthesise,
) -> None:
    arns = {"sns_ios": f"{_APPLICATION}/APNS/shop", "sns_android": f"{_APPLICATION}/GCM/shop"}
    by_sns = synthesise(config(push={"enabled": True, **arns}))
    variables = deployed_functions(by_sns)["Deliver/Function"]["Environment"]["Variables"]
    assert {name for name in variables if "PUSH_" in name} == BY_SNS
    assert (variables["KIZUNA_PUSH_SNS_IOS"], variables["KIZUNA_PUSH_SNS_ANDROID"]) == tuple(arns.values())
    leave = {s["Sid"]: (s["Action"], s["Resource"]) for _, s in statements(by_sns) if "Sid" in s}
    assert leave["RegisterTokens"] == ("sns:CreatePlatformEndpoint", list(arns.values()))
    endpoints = [arn.replace(":app/", ":endpoint/") + "/*" for arn in arns.values()]
    assert leave["SendPush"] == ("sns:Publish", endpoints)


def test_a_channel_that_is_off_is_not_spoken_of(bare: Reader) -> None:
    variables = deployed_functions(bare)["Deliver/Function"]["Environment"]["Variables"]
    assert not [
        name for name in variables if any(channel in name for channel in ("SMS", "PUSH", "WHATSAPP", "LINE"))
    ]


def test_only_a_function_that_feeds_itself_may_go_round_in_circles(everything: Reader) -> None:
    circling = {
        name
        for name, props in deployed_functions(everything).items()
        if props.get("RecursiveLoop") == "Allow"
    }
    consumers = {queue.name: queue.consumer for queue in QUEUES}
    assert circling == {
        function_name(spec)
        for spec in FUNCTIONS
        if any(consumers[queue] is spec.name for queue in spec.sends_to)
    }


# ── tables ──────────────────────────────────────────────────────────────────────────────────────


def test_every_table_has_its_keys_its_stream_and_its_time_to_live(everything: Reader) -> None:
    deployed = {
        name: (
            [(key["AttributeName"], key["KeyType"]) for key in props["KeySchema"]],
            props["BillingMode"],
            "StreamSpecification" in props,
            props.get("TimeToLiveSpecification", {}).get("AttributeName"),
        )
        for name, props in everything.properties("AWS::DynamoDB::Table").items()
    }
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    assert deployed == {
        f"Tables/{spec.name.title()}": (keys, "PAY_PER_REQUEST", spec.stream, spec.ttl) for spec in TABLES
    }


def test_the_stream_carries_what_was_and_what_is(everything: Reader) -> None:
    people = everything.properties("AWS::DynamoDB::Table")["Tables/People"]
    assert people["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_the_indexes_hold_keys_only(everything: Reader) -> None:
    tables = everything.properties("AWS::DynamoDB::Table")
    indexes = {
        name: props["GlobalSecondaryIndexes"]
        for name, props in tables.items()
        if "GlobalSecondaryIndexes" in props
    }
    assert indexes == {
        "Tables/People": [
            {
                "IndexName": index.name,
                "KeySchema": [
                    {"AttributeName": index.partition, "KeyType": "HASH"},
                    {"AttributeName": index.sort, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for index in (DUE_INDEX, DECIDED_INDEX)
        ]
    }
    types = {a["AttributeName"]: a["AttributeType"] for a in tables["Tables/People"]["AttributeDefinitions"]}
    assert types == {"pk": "S", "sk": "S"} | {
        name: kind
        for index in (DUE_INDEX, DECIDED_INDEX)
        for name, kind in ((index.partition, "S"), (index.sort, index.sort_type))
    }


# ── queues ──────────────────────────────────────────────────────────────────────────────────────


def expected_queue(spec: QueueSpec) -> tuple[Any, ...]:
    if spec.consumer is None:
        return (None, 14 * 86400, None)
    redrive = {"deadLetterTargetArn": f"<{name_of(spec.name)}Dead.Arn>", "maxReceiveCount": spec.receives}
    return (6 * function(spec.consumer).timeout, None, redrive)


def test_every_consumed_queue_has_a_dead_letter_queue_and_patience_for_six_tries(everything: Reader) -> None:
    deployed = {
        name: (
            props.get("VisibilityTimeout"),
            props.get("MessageRetentionPeriod"),
            props.get("RedrivePolicy"),
        )
        for name, props in everything.properties("AWS::SQS::Queue").items()
    }
    resting = (None, 14 * 86400, None)
    assert deployed == {
        **{name_of(spec.name): expected_queue(spec) for spec in QUEUES},
        **{f"{name_of(spec.name)}Dead": resting for spec in QUEUES if spec.consumer},
        LOST_STARTS: resting,
    }


def test_every_queue_takes_a_megabyte(everything: Reader) -> None:
    sizes = {props["MaximumMessageSize"] for props in everything.properties("AWS::SQS::Queue").values()}
    assert sizes == {1024 * 1024}


def mappings(reader: Reader) -> dict[str, Any]:
    return {
        props["EventSourceArn"]: props
        for props in reader.properties("AWS::Lambda::EventSourceMapping").values()
    }


def test_every_queue_is_consumed_by_its_function_record_by_record(everything: Reader) -> None:
    consumed = {
        source: (
            props["FunctionName"],
            props["BatchSize"],
            props.get("ScalingConfig", {}).get("MaximumConcurrency"),
            props["FunctionResponseTypes"],
        )
        for source, props in mappings(everything).items()
        if source.startswith("<Queues/")
    }
    assert consumed == {
        f"<{name_of(spec.name)}.Arn>": (
            f"<{function_name(function(spec.consumer))}>",
            spec.batch_size,
            spec.max_concurrency,
            ["ReportBatchItemFailures"],
        )
        for spec in QUEUES
        if spec.consumer
    }


def test_no_queue_is_filtered_because_what_does_not_match_is_deleted(everything: Reader) -> None:
    filtered = {source for source, props in mappings(everything).items() if "FilterCriteria" in props}
    assert filtered == {"<Tables/People.StreamArn>"}


def test_the_stream_is_followed_with_its_filters_and_bounded_retries(everything: Reader) -> None:
    stream = mappings(everything)["<Tables/People.StreamArn>"]
    assert stream["FunctionName"] == f"<{function_name(function(STREAM.consumer))}>"
    assert stream["BatchSize"] == STREAM.batch_size
    assert stream["MaximumBatchingWindowInSeconds"] == STREAM.window_seconds
    assert [json.loads(entry["Pattern"]) for entry in stream["FilterCriteria"]["Filters"]] == [
        dict(pattern) for pattern in STREAM.filters
    ]
    assert stream["BisectBatchOnFunctionError"] is True
    assert stream["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 1 <= stream["MaximumRetryAttempts"] <= 20
    assert stream["StartingPosition"] == "TRIM_HORIZON"
    assert stream["DestinationConfig"]["OnFailure"]["Destination"] == f"<{name_of(STREAM.lost)}.Arn>"


def test_nothing_else_feeds_a_function(everything: Reader) -> None:
    consumed = {spec.name for spec in QUEUES if spec.consumer}
    assert len(mappings(everything)) == len(consumed) + 1


# ── HTTP ────────────────────────────────────────────────────────────────────────────────────────


def expected_routes() -> dict[str, tuple[str, str]]:
    keys: dict[str, tuple[str, str]] = {}
    for route in ROUTES:
        key = route.path if route.path == "$default" else f"{route.method} {route.path}"
        keys[key] = (function_name(function(route.function)), route.auth)
    return keys


def test_every_route_leads_to_its_function_behind_its_authorizer(everything: Reader) -> None:
    integrations = {
        name: props["IntegrationUri"].strip("<>").removesuffix(".Arn")
        for name, props in everything.properties("AWS::ApiGatewayV2::Integration").items()
    }
    auth = {"NONE": "none", "JWT": "jwt"}
    deployed = {
        props["RouteKey"]: (
            integrations[props["Target"].removeprefix("integrations/").strip("<>")],
            auth[props["AuthorizationType"]],
        )
        for props in everything.properties("AWS::ApiGatewayV2::Route").values()
    }
    assert deployed == expected_routes()


def test_the_gateway_passes_requests_on_as_they_come(everything: Reader) -> None:
    for props in everything.properties("AWS::ApiGatewayV2::Integration").values():
        assert (props["IntegrationType"], props["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")
    (api,) = everything.properties("AWS::ApiGatewayV2::Api").values()
    assert "CorsConfiguration" not in api


def test_the_gateway_may_call_only_functions_that_have_a_route(everything: Reader) -> None:
    callable_ = {
        (props["FunctionName"], props["Principal"])
        for props in everything.properties("AWS::Lambda::Permission").values()
    }
    assert callable_ == {
        (f"<{function_name(function(route.function))}.Arn>", "apigateway.amazonaws.com") for route in ROUTES
    }


# ── bus and schedules ───────────────────────────────────────────────────────────────────────────


def test_every_rule_forwards_to_its_queue_and_what_is_refused_is_kept(everything: Reader) -> None:
    deployed = {
        props["Description"]: (props.get("EventBusName", "default"), props["Targets"])
        for props in everything.properties("AWS::Events::Rule").values()
    }
    assert {
        why: (bus, [(t["Arn"], t["DeadLetterConfig"]["Arn"]) for t in targets])
        for why, (bus, targets) in deployed.items()
    } == {
        rule.why: (
            "<Bus/Bus>" if rule.bus == "kizuna" else "default",
            [(f"<{name_of(rule.queue)}.Arn>", f"<{name_of(rule.queue)}Dead.Arn>")],
        )
        for rule in BUS_RULES
    }


def test_every_sweep_starts_its_function_at_its_rate(everything: Reader) -> None:
    deployed = {
        (
            name,
            props["ScheduleExpression"],
            props["Target"]["Arn"],
            props["GroupName"],
            props["Target"]["DeadLetterConfig"]["Arn"],
        )
        for name, props in everything.properties("AWS::Scheduler::Schedule").items()
    }
    assert deployed == {
        (
            f"Schedules/{sweep.name.title()}",
            sweep.rate,
            f"<{function_name(function(sweep.function))}.Arn>",
            "<Schedules/Group>",
            f"<{LOST_STARTS}.Arn>",
        )
        for sweep in SWEEPS
    }


def test_a_start_that_nobody_waits_for_is_kept_when_it_fails(everything: Reader) -> None:
    kept = {
        props["FunctionName"]: props["DestinationConfig"]["OnFailure"]["Destination"]
        for props in everything.properties("AWS::Lambda::EventInvokeConfig").values()
    }
    started = {SCHEDULED_FUNCTION, *(sweep.function for sweep in SWEEPS)}
    assert kept == {
        f"<{function_name(spec)}>": f"<{LOST_STARTS}.Arn>" for spec in FUNCTIONS if spec.name in started
    }


def test_functions_that_others_are_told_of_bear_the_names_that_they_are_told_by(everything: Reader) -> None:
    named = {
        name: props["FunctionName"]
        for name, props in deployed_functions(everything).items()
        if "FunctionName" in props
    }
    told_of = (SCHEDULED_FUNCTION, Function.CALLOUT)
    assert named == {function_name(function(name)): f"Kizuna-test-{name.value}" for name in told_of}


# ── outputs ─────────────────────────────────────────────────────────────────────────────────────


def test_every_variable_can_be_read_from_the_outputs_of_the_stack(everything: Reader) -> None:
    """`KIZUNA_TABLE_PEOPLE` is the output `TablePeople`: the command line translates by that rule."""
    told: dict[str, Any] = {}
    for props in deployed_functions(everything).values():
        told |= props["Environment"]["Variables"]
    outputs = everything.outputs()
    for variable, value in told.items():
        name = "".join(part.capitalize() for part in variable.removeprefix("KIZUNA_").split("_"))
        if name != "LogLevel":
            assert outputs[name] == value, name


def test_people_find_the_rest_in_the_outputs_too(everything: Reader) -> None:
    dead = {f"Dead{name_of(q.name).removeprefix('Queues/')}" for q in QUEUES if q.consumer}
    assert {"ApiUrl", "UserPoolId", "UserPoolClientId", "LostStarts", "SmsRepliesTopic", *dead} <= set(
        everything.outputs()
    )
