"""The findings of cdk-nag that we accept, each where it arises and with its reason. Not part of a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import aws_cdk as cdk
import cdk_nag
from constructs import IConstruct

from infra.access import WILDCARDS
from infra.anchors import OBJECTS as ANCHORED
from infra.imports import FILES, ORDERS, REJECTS
from infra.lake import ANSWERS, ERRORS, EVENTS, EXPORTS, PEOPLE, QUARANTINE
from infra.stack import KizunaStack
from kizuna.topology import Sink

_SOLUTIONS = "AwsSolutions::AwsSolutions-"
_SERVERLESS = "Serverless::Serverless-"

OPEN_ROUTE = {
    f"{_SOLUTIONS}APIG4": "the function checks: write keys, identity tokens and signed links are no JWTs of an issuer"
}
RESTING_PLACE = {
    f"{_SOLUTIONS}SQS3": "it is where failures rest: nothing consumes it, an alarm watches it, people redrive it",
    f"{_SERVERLESS}SQSRedrivePolicy": "it is itself a dead-letter queue",
}
FUNCTION = {
    f"{_SOLUTIONS}L1": "3.13 is the newest runtime for which every locked package has a wheel",
    f"{_SERVERLESS}LambdaLatestVersion": "3.13 is the newest runtime for which every locked package has a wheel",
    f"{_SERVERLESS}LambdaDLQ": "HTTP callers get the error, queues and the stream have their own place for failures, "
    "and starts that nobody waits for have a failure destination, which replaces this older setting",
}
QUEUE_CONSUMER = {
    f"{_SERVERLESS}LambdaEventSourceMappingDestination": "failures go where the queue's redrive policy says"
}
UNTRACED = {f"{_SERVERLESS}LambdaTracing": "traces cost by the request; the setting `tracing` turns them on"}
TRACED = {f"{_SOLUTIONS}IAM5[Resource::*]": "X-Ray's write actions take no resource"}
SECRET = {
    f"{_SOLUTIONS}SMG4": "old keys must verify links for a year and address hashes for ever: a person adds keys, "
    "and nothing replaces them on a timer"
}
ENTERED_BY_HAND = {f"{_SOLUTIONS}SMG4": "LINE issues its tokens, and a person enters them"}
USERS = {
    f"{_SOLUTIONS}COG8": "a few invited colleagues behind a second factor; that plan is made for the public"
}
USERS_WITHOUT_MFA = {
    f"{_SOLUTIONS}COG2": "a stage without customers, whose settings make the second factor optional"
}
FORGETFUL_TABLES = {f"{_SOLUTIONS}DDB3": "a stage whose settings say that its data need not be kept"}
MAILED_ALARMS = {
    f"{_SERVERLESS}SNSRedrivePolicy": "mail to the person on call; the alarm's own state is the record"
}


def check(stack: KizunaStack) -> None:
    """Let the next synth fail on every finding that is not accepted here."""
    _accept_findings(stack)
    app = stack.node.root
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app), cdk_nag.ServerlessChecks(app))


def _accept_findings(stack: KizunaStack) -> None:
    settings = stack.settings
    _accept(stack.http.open_routes, OPEN_ROUTE)
    _accept(stack.queues.resting_places.values(), RESTING_PLACE)
    _accept(stack.functions.values(), FUNCTION)
    _accept(stack.functions.values(), TRACED if settings.tracing else UNTRACED)
    _accept(
        (mapping for stage in stack.functions.values() for mapping in stage.queue_mappings), QUEUE_CONSUMER
    )
    _accept([stack.secret], SECRET)
    _accept(filter(None, [stack.line]), ENTERED_BY_HAND)
    if not settings.keep_data:
        _accept([stack.tables], FORGETFUL_TABLES)
    if stack.users:
        _accept([stack.users], USERS if settings.admin_mfa else {**USERS, **USERS_WITHOUT_MFA})
    if stack.alarms:
        _accept([stack.alarms], MAILED_ALARMS)
    _accept_wildcards(stack)


def _accept_wildcards(stack: KizunaStack) -> None:
    """The resource patterns of `access.WILDCARDS`, with the reasons given there."""
    bucket = f"<{_logical_id(stack, stack.lake.bucket)}.Arn>"
    files = f"<{_logical_id(stack, stack.imports.bucket)}.Arn>"
    anchors = f"<{_logical_id(stack, stack.anchors.bucket)}.Arn>"
    group = f"<{_logical_id(stack, stack.schedules.group)}>"
    schedules = f"arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/{group}/*"
    stages = list(stack.functions.values())
    archivists = [stage for stage in stages if Sink.ARCHIVE in stage.spec.sinks]
    accepted: Iterable[tuple[Iterable[IConstruct], str, str]] = (
        ([stack.lake, *archivists], f"{bucket}/{EVENTS}*", f"{EVENTS}*"),
        ([stack.lake, *archivists], f"{bucket}/{ERRORS}*", f"{ERRORS}*"),
        (archivists, f"{bucket}/{EXPORTS}*", f"{EXPORTS}*"),
        (stages, f"{bucket}/{EVENTS}*", f"{EVENTS}*"),
        (stages, f"{bucket}/{PEOPLE}*", f"{PEOPLE}*"),
        (stages, f"{bucket}/{ANSWERS}*", f"{ANSWERS}*"),
        (stages, f"{bucket}/{QUARANTINE}*", f"{QUARANTINE}*"),
        (stages, f"{anchors}/{ANCHORED}*", f"{ANCHORED}*"),
        (stages, f"{files}/{FILES}*", f"{FILES}*"),
        (stages, f"{files}/{ORDERS}*", f"{ORDERS}*"),
        (stages, f"{files}/{REJECTS}*", f"{REJECTS}*"),
        (stages, schedules, "schedule/<group>/*"),
        (stages, f"arn:<AWS::Partition>:s3:::{stack.settings.sms.media_bucket}/mms/*", "mms/*"),
        *(
            (stages, f"{arn.replace(':app/', ':endpoint/')}/*", "endpoint/<application>/*")
            for arn in stack.settings.push.platform_applications
        ),
        (
            [each for each in stages if each.spec.reads_stream_of or Sink.PROVIDERS in each.spec.sinks],
            "*",
            "*",
        ),
    )
    for scopes, resource, pattern in accepted:
        _accept(scopes, {f"{_SOLUTIONS}IAM5[Resource::{resource}]": WILDCARDS[pattern]})


def _accept(scopes: Iterable[IConstruct], reasons: Mapping[str, str]) -> None:
    """Accept findings at constructs and below them."""
    for scope in scopes:
        cdk.Validations.of(scope).acknowledge(
            *(cdk.Acknowledgment(id=id_, reason=reason) for id_, reason in reasons.items())
        )


def _logical_id(stack: cdk.Stack, construct: IConstruct) -> str:
    element = construct.node.default_child or construct
    if not isinstance(element, cdk.CfnElement):
        raise TypeError(f"{construct.node.path} has no resource of its own")
    return stack.get_logical_id(element)
