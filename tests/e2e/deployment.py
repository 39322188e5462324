"""The stack, really bootstrapped and deployed by CDK into an emulator, with a provider double for what it lacks.

```
 cdk bootstrap, cdk deploy ──▶ ministack ── runs the functions on this Python ── wires ──▶ provider double
                                 ▲   ▲                │                                   SES · SMS · push · SNS
 the story: HTTP, boto3 ─────────┘   └──── wires ─────┘ tables, queues                         │
                 └──────────── feedback carried back as AWS would ◀────────────────────────────┘
```

Every call of a function goes by the wires of `tests/e2e/weather.py`, which do nothing to it until they are told to.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

from tests.e2e.processes import LOOPBACK, Failed, free_port, plain_environment, run, server
from tests.e2e.weather import Weather, weather

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ENVIRONMENT = ROOT / ".venv-e2e"
LOCK = HERE / "requirements.lock"
SETTINGS = HERE / "kizuna.toml"
STACK = "Kizuna-e2e"
ACCOUNT = "000000000000"
REGION = "us-east-1"
SYNTHESIS = ("-c", f"config={SETTINGS}", "-c", "stage=e2e")
CDK = ("npx", "--yes", "aws-cdk@2")  # never the latest major, which refuses the assemblies of version 2

# The providers that the functions call at the double instead of at the emulator: it sees headers and tags, it
# knows the two services that the emulator does not, and it can be told to lose a reply.
DOUBLED = ("SESV2", "PINPOINT", "PINPOINT_SMS_VOICE_V2")


@dataclass(frozen=True)
class Deployed:
    """A stack that stands, and the ways to it."""

    endpoint: str
    providers: str
    outputs: Mapping[str, str]
    logs: Path
    weather: Weather

    def client(self, service: str) -> Any:
        """A boto3 client for the emulator."""
        return boto3.client(service, endpoint_url=self.endpoint, **_CREDENTIALS)

    @cached_property
    def host(self) -> str:
        """What the `Host` header must say for a request to reach the HTTP API."""
        return self.outputs["ApiUrl"].split("//")[1].split(":")[0]

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Ask the HTTP API; the status, the headers and the body, whatever the status."""
        asked = urllib.request.Request(  # noqa: S310  a loopback address of our own
            self.endpoint + path, method=method, data=body, headers={"Host": self.host, **(headers or {})}
        )
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, dict(answer.headers), answer.read()

    def carry_feedback(self, of: Container[str] | None = None) -> int:
        """Bring what the providers have reported so far to where AWS would bring it; how many reports. `of`: only
        what is about these messages, by their `send_id`; the rest counts as lost.

        Mail goes straight into the queue behind the rule of the default bus: like AWS, the emulator lets nobody
        put events there in the name of `aws.ses`. Receipts and replies go through their SNS topics.
        """
        with urllib.request.urlopen(f"{self.providers}/events.json", timeout=10) as answer:  # noqa: S310
            reports: list[dict[str, Any]] = json.load(answer)
        for report in reports:
            if of is None or _send_id(report) in of:
                self._carry(report)
        done = json.dumps({"numbers": [report["number"] for report in reports]}).encode()
        acknowledge = urllib.request.Request(f"{self.providers}/events/ack", data=done, method="POST")  # noqa: S310
        urllib.request.urlopen(acknowledge, timeout=10).close()  # noqa: S310
        return len(reports)

    def _carry(self, report: Mapping[str, Any]) -> None:
        if report["source"] == "email":
            body = json.dumps(report["bus_event"])
            self.client("sqs").send_message(QueueUrl=self.outputs["QueueFeedback"], MessageBody=body)
            return
        topic = self.outputs["SmsRepliesTopic" if report["source"] == "reply" else "SmsReceiptsTopic"]
        self.client("sns").publish(TopicArn=topic, Message=report["sns_message"]["Message"])


@contextmanager
def deployed(folder: Path) -> Iterator[Deployed]:
    """Deploy the stage `e2e`, and destroy it when the block ends well. Logs and outputs go to the folder."""
    make_environment(folder)
    port, double_port = free_port(), free_port()
    endpoint, providers = f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{double_port}"
    bin_folder = ENVIRONMENT / "bin"
    double = [sys.executable, "-m", "kizuna.local.providers", "--port", str(double_port)]
    with (
        server(
            "the provider double",
            double,
            health=f"{providers}/health",
            log=folder / "providers.log",
            environment=plain_environment(),
        ),
        weather(folder, endpoint, providers, microburst=bin_folder / "microburst") as wires,
        server(
            "ministack",
            [str(bin_folder / "ministack")],
            health=f"{endpoint}/_ministack/health",
            log=folder / "ministack.log",
            environment=emulator_environment(port, wires.providers, endpoint=wires.stores),
        ),
    ):
        cdk = _Cdk(folder, endpoint)
        cdk.run("bootstrap", f"aws://{ACCOUNT}/{REGION}", *SYNTHESIS)
        outputs = folder / "outputs.json"
        cdk.run("deploy", "--require-approval", "never", "--outputs-file", str(outputs), *SYNTHESIS)
        stack = Deployed(
            endpoint=endpoint,
            providers=providers,
            outputs=json.loads(outputs.read_text(encoding="utf-8"))[STACK],
            logs=folder,
            weather=wires,
        )
        yield stack
        _empty_buckets(stack)
        cdk.run("destroy", "--force", "--app", str(cdk.assembly))  # what was deployed, whatever changed since
        _see_that_nothing_is_left(stack)


_CREDENTIALS: Mapping[str, str] = {
    "region_name": REGION,
    "aws_access_key_id": ACCOUNT,  # to the emulator, twelve digits are an account
    "aws_secret_access_key": "test",
}


class _Cdk:
    """The CDK command, led to the emulator and away from anybody's credentials."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self._folder = folder
        self._environment = plain_environment(
            AWS_ENDPOINT_URL=endpoint,
            AWS_ACCESS_KEY_ID=ACCOUNT,
            AWS_SECRET_ACCESS_KEY="test",
            AWS_REGION=REGION,
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            CDK_HOME=str(folder / "cdk-home"),  # it remembers the account of an access key there
            CDK_DISABLE_CLI_TELEMETRY="true",
            npm_config_fetch_timeout="60000",  # milliseconds, three times: `timeout` below has the last word
            CI="true",
            PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        )

    @property
    def assembly(self) -> Path:
        return self._folder / "cdk.out"

    def run(self, verb: str, *arguments: str) -> None:
        output = () if "--app" in arguments else ("--output", str(self.assembly))
        run(
            [*CDK, verb, "--no-notices", *arguments, *output],
            log=self._folder / f"cdk-{verb}.log",
            environment=self._environment,
            folder=ROOT,  # where `cdk.json` is
            timeout=300,
        )


def emulator_environment(port: int, providers: str, *, endpoint: str = "") -> dict[str, str]:
    """The functions get it too: the emulator hands its own environment on. `endpoint`: where they find the emulator,
    if not at its port."""
    return plain_environment(
        BIND_HOST=LOOPBACK,
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        AWS_ENDPOINT_URL=endpoint or f"http://{LOOPBACK}:{port}",
        **{f"AWS_ENDPOINT_URL_{name}": providers for name in DOUBLED},
    )


def make_environment(folder: Path) -> None:
    """An environment for the emulator, on this very Python: it runs an asset that is built for this Python."""
    done = ENVIRONMENT / f".done-{sys.version_info.major}.{sys.version_info.minor}"
    if done.exists() and done.read_bytes() == LOCK.read_bytes():
        return
    log = folder / "environment.log"
    uv, python = shutil.which("uv"), ENVIRONMENT / "bin" / "python"
    make = (
        [uv, "venv", "--clear", "--python", sys.executable]
        if uv
        else [sys.executable, "-m", "venv", "--clear"]
    )
    pip = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    for command in ([*make, str(ENVIRONMENT)], [*pip, "--require-hashes", "--requirement", str(LOCK)]):
        run(command, log=log, environment=plain_environment(), timeout=300)
    done.write_bytes(LOCK.read_bytes())


def _send_id(report: Mapping[str, Any]) -> str:
    """Which message a report is about; empty where it does not say, as with a reply."""
    if report["source"] == "email":
        told: list[str] = report["bus_event"]["detail"]["mail"]["tags"].get("send_id", [])
        return told[0] if told else ""
    context = json.loads(report["sns_message"]["Message"]).get("context") or {}
    return str(context.get("send_id", ""))


def _empty_buckets(stack: Deployed) -> None:
    """What CDK's own function does where it can run."""
    s3 = stack.client("s3")
    for bucket in (bucket["Name"] for bucket in s3.list_buckets()["Buckets"]):
        if bucket.startswith(STACK.lower()):
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for item in page.get("Contents", ()):
                    s3.delete_object(Bucket=bucket, Key=item["Key"])


def _see_that_nothing_is_left(stack: Deployed) -> None:
    """A stage that keeps no data leaves none."""
    left = {
        "tables": stack.client("dynamodb").list_tables()["TableNames"],
        "queues": stack.client("sqs").list_queues().get("QueueUrls", []),
        "functions": [f["FunctionName"] for f in stack.client("lambda").list_functions()["Functions"]],
        "buckets": [
            bucket["Name"]
            for bucket in stack.client("s3").list_buckets()["Buckets"]
            if bucket["Name"].startswith(STACK.lower())
        ],
        "schedules": stack.client("scheduler").list_schedules()["Schedules"],
        "secrets": stack.client("secretsmanager").list_secrets()["SecretList"],
    }
    if any(left.values()):
        raise Failed(
            f"the destroyed stack left behind: { {kind: names for kind, names in left.items() if names} }"
        )
