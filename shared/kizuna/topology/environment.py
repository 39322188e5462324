"""What a function is told of its surroundings: the variables of its environment."""

from __future__ import annotations

from collections.abc import Mapping

from kizuna.topology.functions import FunctionSpec
from kizuna.topology.names import Queue, Sink

# Environment variables of a function: `infra` fills them from what it built, `kizuna.local` with local names.
ENVIRONMENT = {
    "KIZUNA_STAGE": "the stage's name, such as prod",
    "KIZUNA_TABLE_PEOPLE": "table name",
    "KIZUNA_TABLE_LEDGER": "table name",
    "KIZUNA_TABLE_CATALOG": "table name",
    "KIZUNA_QUEUE_<NAME>": "URL of each queue in the function's `sends_to`; dashes become underscores",
    "KIZUNA_BUS": "name of the bus, for functions with the sink BUS",
    "KIZUNA_LAKE": "name of the delivery stream, for functions with the sink LAKE",
    "KIZUNA_BUCKET": "name of the bucket, for functions with the sink QUARANTINE, ARCHIVE or SNAPSHOT",
    "KIZUNA_ATHENA_WORKGROUP": "name, for functions with the sink ATHENA",
    "KIZUNA_ATHENA_DATABASE": "name of the lake's database in Glue, likewise",
    "KIZUNA_IMPORTS": "name of the bucket for imports, for functions with the sink IMPORTS",
    "KIZUNA_ANCHORS": "name of the bucket for anchors of the ledger, for functions with the sink ANCHORS",
    "KIZUNA_SECRET": "ARN of the secret with the signing keys, for functions with the sink SECRETS",
    "KIZUNA_SCHEDULE_GROUP": "name, for functions with the sink SCHEDULER",
    "KIZUNA_SCHEDULE_ROLE": "ARN of the role the Scheduler takes, likewise",
    "KIZUNA_SCHEDULE_TARGET": "ARN of the campaign function, likewise",
    "KIZUNA_SCHEDULE_LOST": "ARN of the queue that keeps starts which never came about, likewise",
    "KIZUNA_BASE_URL": "where the links in messages point: the API's or the custom domain's URL",
    "KIZUNA_SES_CONFIGURATION_SET": "name, for functions with the sink SES",
    "KIZUNA_SMS_ORIGINATION": "pool, number or sender id (ARN or id), for functions with the sink SMS",
    "KIZUNA_SMS_CONFIGURATION_SET": "name, likewise",
    "KIZUNA_SMS_OPT_OUT_LIST": "name of the list that texts go by, for functions with the sink PROVIDERS",
    "KIZUNA_PUSH_APPLICATION": "application id, for functions with the sink PUSH",
    "KIZUNA_PUSH_SNS_IOS": "ARN of SNS's platform application for APNs, likewise, instead of the above",
    "KIZUNA_PUSH_SNS_ANDROID": "ARN of SNS's platform application for FCM, likewise",
    "KIZUNA_WHATSAPP_PHONE_NUMBER": "id of the phone number, for functions with the sink WHATSAPP",
    "KIZUNA_WHATSAPP_API_VERSION": "version of Meta's Cloud API, likewise",
    "KIZUNA_CALLOUT": "ARN of the function that calls systems outside, for functions with the sink CALLOUT",
    "KIZUNA_LINE_SECRET": "ARN of the secret with tokens and channel secrets, for functions with the sink LINE",
    "KIZUNA_LOG_LEVEL": "DEBUG, INFO or WARNING",
}
# Which of them a function is given: these, the URLs of its queues, and what comes with its sinks.
COMMON_VARIABLES = (
    "KIZUNA_STAGE",
    "KIZUNA_LOG_LEVEL",
    "KIZUNA_BASE_URL",
    "KIZUNA_TABLE_PEOPLE",
    "KIZUNA_TABLE_LEDGER",
    "KIZUNA_TABLE_CATALOG",
)
SINK_VARIABLES: Mapping[Sink, tuple[str, ...]] = {
    Sink.LAKE: ("KIZUNA_LAKE",),
    Sink.QUARANTINE: ("KIZUNA_BUCKET",),
    Sink.QUARANTINE_READ: ("KIZUNA_BUCKET",),
    Sink.ARCHIVE: ("KIZUNA_BUCKET",),
    Sink.SNAPSHOT: ("KIZUNA_BUCKET",),
    Sink.ATHENA: ("KIZUNA_ATHENA_WORKGROUP", "KIZUNA_ATHENA_DATABASE"),
    Sink.IMPORTS: ("KIZUNA_IMPORTS",),
    Sink.ANCHORS: ("KIZUNA_ANCHORS",),
    Sink.BUS: ("KIZUNA_BUS",),
    Sink.SCHEDULER: (
        "KIZUNA_SCHEDULE_GROUP",
        "KIZUNA_SCHEDULE_ROLE",
        "KIZUNA_SCHEDULE_TARGET",
        "KIZUNA_SCHEDULE_LOST",
    ),
    Sink.SECRETS: ("KIZUNA_SECRET",),
    Sink.SES: ("KIZUNA_SES_CONFIGURATION_SET",),
    Sink.SMS: ("KIZUNA_SMS_ORIGINATION", "KIZUNA_SMS_CONFIGURATION_SET"),
    Sink.PUSH: ("KIZUNA_PUSH_APPLICATION", "KIZUNA_PUSH_SNS_IOS", "KIZUNA_PUSH_SNS_ANDROID"),
    Sink.WHATSAPP: ("KIZUNA_WHATSAPP_PHONE_NUMBER", "KIZUNA_WHATSAPP_API_VERSION"),
    Sink.LINE: ("KIZUNA_LINE_SECRET",),
    Sink.CALLOUT: ("KIZUNA_CALLOUT",),
    Sink.PROVIDERS: ("KIZUNA_SMS_OPT_OUT_LIST",),
    Sink.TOPICS: (),
    Sink.PACE: (),
}


def variables(spec: FunctionSpec) -> frozenset[str]:
    """The names of the environment variables that a function is given, where all channels are on."""
    queues = (queue_variable(name) for name in spec.sends_to)
    sinks = (variable for sink in spec.sinks for variable in SINK_VARIABLES[sink])
    return frozenset((*COMMON_VARIABLES, *queues, *sinks))


def queue_variable(name: Queue) -> str:
    """The environment variable that carries a queue's URL."""
    return "KIZUNA_QUEUE_" + name.value.upper().replace("-", "_")
