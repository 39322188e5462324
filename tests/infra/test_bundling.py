"""The asset: what is in it, what is not, and that any change of what goes into it is a change of its hash."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kizuna.core.content.liquid_filters import FORMATTED_LANGUAGES

if TYPE_CHECKING:
    from infra import bundling
else:
    pytest.importorskip("aws_cdk", reason="CDK is in the environment of `make check` (group infra) only")
    from infra import bundling

MEGABYTE = 1_000_000


@pytest.fixture
def inputs(tmp_path: Path) -> bundling.Inputs:
    """A small project of the same shape."""
    files = {
        "requirements.lock": "pydantic==1\n",
        "functions/collect/handler.py": "def handler(event, context): ...\n",
        "shared/kizuna/core/ids.py": "LENGTH = 26\n",
        "shared/kizuna/core/data.json": "{}\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return bundling.Inputs(root=tmp_path)


@pytest.fixture
def target() -> bundling.Target:
    return bundling.Target.named("lambda")


@pytest.mark.parametrize(
    "changed",
    [
        "requirements.lock",
        "functions/collect/handler.py",
        "shared/kizuna/core/ids.py",
        "shared/kizuna/core/data.json",
    ],
)
def test_a_changed_file_changes_the_hash(
    inputs: bundling.Inputs, target: bundling.Target, changed: str
) -> None:
    before = bundling.fingerprint(target, inputs=inputs)
    path = inputs.root / changed
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert bundling.fingerprint(target, inputs=inputs) != before


@pytest.mark.parametrize("where", ["functions/collect/other.py", "shared/kizuna/new/__init__.py"])
def test_a_new_file_changes_the_hash(inputs: bundling.Inputs, target: bundling.Target, where: str) -> None:
    before = bundling.fingerprint(target, inputs=inputs)
    path = inputs.root / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert bundling.fingerprint(target, inputs=inputs) != before


def test_a_moved_file_changes_the_hash(inputs: bundling.Inputs, target: bundling.Target) -> None:
    before = bundling.fingerprint(target, inputs=inputs)
    (inputs.root / "shared/kizuna/core/ids.py").rename(inputs.root / "shared/kizuna/core/other_ids.py")
    assert bundling.fingerprint(target, inputs=inputs) != before


def test_the_machine_it_is_built_for_changes_the_hash(
    inputs: bundling.Inputs, target: bundling.Target
) -> None:
    others = [
        bundling.Target(python="3.14", arm=True),
        bundling.Target(python=target.python, arm=False),
        bundling.Target(python=target.python, arm=True, foreign=False),
    ]
    hashes = {bundling.fingerprint(each, inputs=inputs) for each in (target, *others)}
    assert len(hashes) == 4


def test_the_bundler_itself_changes_the_hash(
    inputs: bundling.Inputs, target: bundling.Target, tmp_path: Path
) -> None:
    """The same module, with one comment more, in another process."""
    source = Path(bundling.__file__)
    copy = tmp_path / "copy" / "infra" / "bundling.py"
    copy.parent.mkdir(parents=True)
    (copy.parent / "__init__.py").write_text(source.with_name("__init__.py").read_text())
    copy.write_text(source.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    program = (
        "from pathlib import Path; from infra import bundling as b; "
        f"print(b.fingerprint(b.Target.named('lambda'), inputs=b.Inputs(root=Path({str(inputs.root)!r}))))"
    )
    told = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=tmp_path / "copy", check=True, capture_output=True, text=True
    )
    changed = told.stdout.strip()
    assert len(changed) == 64
    assert changed != bundling.fingerprint(target, inputs=inputs)


def test_bytecode_and_caches_on_disk_do_not_change_the_hash(
    inputs: bundling.Inputs, target: bundling.Target
) -> None:
    before = bundling.fingerprint(target, inputs=inputs)
    cache = inputs.root / "functions/collect/__pycache__"
    cache.mkdir()
    (cache / "handler.cpython-313.pyc").write_bytes(b"\0")
    assert bundling.fingerprint(target, inputs=inputs) == before


def test_functions_get_new_code_exactly_when_something_changed(
    inputs: bundling.Inputs, tmp_path: Path
) -> None:
    before = deployed_key(inputs, tmp_path / "1")
    assert deployed_key(inputs, tmp_path / "2") == before
    (inputs.root / "shared/kizuna/core/ids.py").write_text("LENGTH = 27\n", encoding="utf-8")
    assert deployed_key(inputs, tmp_path / "3") != before


def deployed_key(inputs: bundling.Inputs, folder: Path) -> str:
    """Where CloudFormation is told to find the code."""
    import aws_cdk as cdk
    from aws_cdk import aws_lambda as lambda_

    target = bundling.Target.named("lambda")
    app = cdk.App(context={"aws:cdk:bundling-stacks": []}, outdir=str(folder))
    stack = cdk.Stack(app, "Stack")
    code = bundling.code(target, inputs=inputs)
    lambda_.Function(stack, "Function", code=code, runtime=target.runtime, handler="functions.x.handler")
    template = app.synth().get_stack_by_name("Stack").template
    (key,) = [
        resource["Properties"]["Code"]["S3Key"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    return str(key)


def test_this_interpreter_serves_for_its_own_version() -> None:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert bundling.interpreter(own) == sys.executable


def test_a_version_that_is_not_here_has_no_interpreter() -> None:
    assert bundling.interpreter("3.99") is None
    assert "3.99" in bundling.no_bytecode_warning("3.99")


def test_an_asset_that_cannot_be_installed_says_why(
    inputs: bundling.Inputs, target: bundling.Target, tmp_path: Path
) -> None:
    (inputs.root / "requirements.lock").write_text("pydantic==2.14.3\n", encoding="utf-8")  # no hash
    with pytest.raises(bundling.BundlingError, match=r"requirements\.lock cannot be installed"):
        bundling.bundle(tmp_path / "asset", target=target, inputs=inputs)


# ── the real asset ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asset")
    bundling.bundle(folder, target=bundling.Target.named("lambda"), inputs=bundling.Inputs())
    return folder


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
def test_the_asset_is_for_arm_and_for_the_runtime(asset: Path) -> None:
    libraries = [path.name for path in files(asset) if path.suffix == ".so"]
    assert libraries
    assert not [name for name in libraries if not name.endswith("cpython-313-aarch64-linux-gnu.so")]


@pytest.mark.slow
def test_the_asset_is_under_45_megabytes(asset: Path) -> None:
    assert sum(path.stat().st_size for path in files(asset)) < 45 * MEGABYTE


def test_the_asset_has_the_formats_of_every_language_that_templates_are_offered() -> None:
    assert {"root", *FORMATTED_LANGUAGES} == bundling.LOCALES


@pytest.mark.slow
def test_the_asset_leaves_out_what_the_runtime_has_and_what_nobody_reads(asset: Path) -> None:
    names = {path.name for path in asset.iterdir()}
    assert not names & {"boto3", "botocore", "s3transfer", "bin", "dns", ".lock", "moto", "aws_cdk"}
    locales = {path.stem.split("_")[0] for path in (asset / "babel" / "locale-data").glob("*.dat")}
    assert locales == {"root", *FORMATTED_LANGUAGES}


@pytest.mark.slow
def test_the_asset_holds_our_code_as_it_is(asset: Path) -> None:
    for name, source in bundling.Inputs().sources:
        for path in (bundling.ROOT / source).rglob("*.py"):
            place = path.relative_to(bundling.ROOT / source)
            copied = asset / name / place
            if name == "kizuna" and place.parts[0] in bundling.NOT_DEPLOYED:
                assert not copied.exists()
            else:
                assert copied.read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_the_asset_carries_bytecode_of_the_runtime_or_none(asset: Path) -> None:
    compiled = {path.suffixes[0] for path in files(asset) if path.suffix == ".pyc"}
    here = bundling.interpreter("3.13") is not None
    assert compiled == ({".cpython-313"} if here else set())


@pytest.mark.slow
def test_building_it_twice_gives_the_same_bytes(
    inputs: bundling.Inputs, target: bundling.Target, tmp_path: Path
) -> None:
    (inputs.root / inputs.lock).write_bytes((bundling.ROOT / inputs.lock).read_bytes())
    for name in ("first", "second"):
        bundling.bundle(tmp_path / name, target=target, inputs=inputs)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files(folder)}
