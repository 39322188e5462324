"""Cold start: a fresh process until `collect` could make its first call, beside the usual set of imports.

Each side runs in processes of its own, by turns, and its CPU time counts, without the start of the interpreter. Ours
is a copy of what is deployed (`functions/`, `kizuna/`, without the rooms that no function enters), compiled as the
asset is. Packages of both sides come from this environment, their bytecode written before.

The first call reads the head of the definitions. What only comes after it (their models, the use case, the tables of
people) is imported while that call waits for its reply; a figure of its own tells what all of it takes together.

The usual set is what most functions import: all of Powertools with Tracer, five eager clients and a `Table`, forty
models, a template engine. Its Tracer is off, as anywhere but in Lambda, and has patched nothing.
"""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.timing import Timed

ROOT = Path(__file__).resolve().parent.parent
RUNS = 7
GOAL = 2.0  # times quicker than the usual set, ready for the first call
_NOT_DEPLOYED = ("apidocs", "cli", "local", "__pycache__")

IMPORTED, READY = "kizuna, imported", "kizuna, ready for its first call"
WHOLE, USUAL = "kizuna, all that its first request imports", "usual set"

_START = "import time; started = time.process_time()\n"
_END = "\nimport sys, json; print(json.dumps([time.process_time() - started, len(sys.modules)]))"

_OURS_IMPORTED = "import functions.collect.handler"
_OURS_READY = """
import functions.collect.handler
from kizuna.runtime.wiring import services
wired = services()
wired.memory, wired.catalog
wired.catalog._client.meta  # the client is built
"""
_OURS_WHOLE = (
    _OURS_READY
    + """
import kizuna.core.catalog, kizuna.runtime.arrivals, kizuna.usecases.collecting.collect
wired.keys, wired.people, wired.ledger, wired.queues, wired.quarantine, wired.secrets
"""
)
_USUAL = """
from typing import Literal
import boto3
from pydantic import BaseModel, create_model
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, idempotent
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.parser.models import APIGatewayProxyEventV2Model
from jinja2.sandbox import SandboxedEnvironment
logger, metrics = Logger(service="shop"), Metrics(namespace="shop", service="shop")
app = APIGatewayHttpResolver(enable_validation=True)
processor = BatchProcessor(event_type=EventType.SQS)
tracer = Tracer(service="shop")
clients = [boto3.client(name) for name in ("dynamodb", "sqs", "s3", "events", "secretsmanager")]
table = boto3.resource("dynamodb").Table("shop")
persistence = DynamoDBPersistenceLayer(table_name="shop")
fields = {f"field_{n}": (kind, ...) for n, kind in enumerate([str, int, float, bool] * 3)}
models = [create_model(f"Model{n}", kind=(Literal[f"kind_{n}"], ...), **fields) for n in range(40)]
environment = SandboxedEnvironment()
"""

_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "KIZUNA_TABLE_PEOPLE": "people",
    "KIZUNA_TABLE_LEDGER": "ledger",
    "KIZUNA_TABLE_CATALOG": "catalog",
    "KIZUNA_BUCKET": "bucket",
    "KIZUNA_SECRET": "secret",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True, slots=True)
class Cold:
    """Seconds of CPU of each side, and how many modules each ended with."""

    times: dict[str, Timed]
    modules: dict[str, int]

    def ratio(self, what: str = READY) -> float:
        """How many times quicker than the usual set."""
        return self.times[USUAL].median / self.times[what].median

    def to_json(self) -> dict[str, Any]:
        return {
            "milliseconds": {
                name: {"median": 1e3 * timed.median, "least": 1e3 * timed.least}
                for name, timed in self.times.items()
            },
            "modules": self.modules,
            "ratio_ready": self.ratio(),
            "ratio_imported": self.ratio(IMPORTED),
            "ratio_whole": self.ratio(WHOLE),
            "goal": GOAL,
        }


def measure(*, runs: int = RUNS, progress: Callable[[str], None] = lambda what: None) -> Cold:
    """Raises RuntimeError if a side does not start."""
    progress("cold start: compiling")
    with _deployed() as folder:
        sides = {IMPORTED: _OURS_IMPORTED, READY: _OURS_READY, WHOLE: _OURS_WHOLE, USUAL: _USUAL}
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        modules: dict[str, int] = {}
        for turn in range(runs + 1):
            progress(f"cold start: round {turn} of {runs}")
            for name, code in sides.items():
                took, modules[name] = _run(code, folder)
                if turn:  # the first round warms the file cache
                    seconds[name].append(took)
    times = {name: Timed(tuple(found)) for name, found in seconds.items()}
    return Cold(times, modules)


@contextmanager
def _deployed() -> Iterator[Path]:
    """What is deployed of our own, with bytecode that never looks at file times."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        ignored = shutil.ignore_patterns(*_NOT_DEPLOYED)
        shutil.copytree(
            ROOT / "functions", folder / "functions", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copytree(ROOT / "shared" / "kizuna", folder / "kizuna", ignore=ignored)
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        if not compileall.compile_dir(folder, quiet=2, invalidation_mode=mode):
            raise RuntimeError("some file does not compile")
        yield folder


def _run(code: str, folder: Path) -> tuple[float, int]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= _SETTINGS | {"PYTHONPATH": str(folder)}
    done = subprocess.run(  # noqa: S603  (our own code)
        [sys.executable, "-c", _START + code + _END],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"a fresh process did not start: {done.stderr.strip().splitlines()[-1]}")
    took, modules = json.loads(done.stdout.strip().splitlines()[-1])
    return took, modules
