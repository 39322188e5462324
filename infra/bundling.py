"""The one asset that all functions share: `functions/`, `kizuna/` and the locked packages. Built without Docker."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

ROOT = Path(__file__).resolve().parent.parent
LOCALES = frozenset({"root", "en", "ja", "de"})
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "*.pyi")
NOT_DEPLOYED = {"apidocs", "cli", "local"}  # rooms of the library that no function enters
AT_RUN_TIME = "/var/task"  # where Lambda unpacks the asset

# Amazon Linux 2023, under Python 3.13, has glibc 2.34. pip takes each tag literally, so all that fit are named.
_MANYLINUX = (*(f"manylinux_2_{minor}_aarch64" for minor in range(34, 16, -1)), "manylinux2014_aarch64")


class BundlingError(Exception):
    """The asset cannot be built on this machine. The message says what is missing."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that is copied or installed into the asset, below one folder."""

    root: Path = ROOT
    lock: str = "requirements.lock"
    sources: tuple[tuple[str, str], ...] = (("functions", "functions"), ("kizuna", "shared/kizuna"))

    def files(self) -> Iterator[Path]:
        """The lock, then each source file, in an order that is the same everywhere."""
        yield self.root / self.lock
        for _, folder in self.sources:
            found = (self.root / folder).rglob("*")
            yield from sorted(p for p in found if p.is_file() and not _is_left_out(p))


@dataclass(frozen=True, slots=True)
class Target:
    """The machine that the asset must run on."""

    python: str
    arm: bool
    foreign: bool = True  # not the machine that builds

    @classmethod
    def named(cls, name: Literal["lambda", "host"]) -> Target:
        if name == "lambda":
            return cls(python="3.13", arm=True)
        arm = platform.machine().lower() in {"arm64", "aarch64"}
        return cls(python=f"{sys.version_info.major}.{sys.version_info.minor}", arm=arm, foreign=False)

    @property
    def runtime(self) -> lambda_.Runtime:
        return lambda_.Runtime(f"python{self.python}", lambda_.RuntimeFamily.PYTHON)

    @property
    def architecture(self) -> lambda_.Architecture:
        return lambda_.Architecture.ARM_64 if self.arm else lambda_.Architecture.X86_64


@jsii.implements(cdk.ILocalBundling)
class LocalBundler:
    """Builds the asset in place of a container."""

    def __init__(self, target: Target, inputs: Inputs) -> None:
        self._target = target
        self._inputs = inputs

    # jsii looks at this signature: the options come as one object or spread, and both fit.
    def try_bundle(self, output_dir: str, options: Any = None, **_: Any) -> bool:
        bundle(Path(output_dir), target=self._target, inputs=self._inputs)
        return True


def code(target: Target, *, inputs: Inputs | None = None) -> lambda_.Code:
    """The asset. Ask once and hand the answer to every function: each call would build it again."""
    taken = inputs or Inputs()
    return lambda_.Code.from_asset(
        str(taken.root / taken.sources[0][1]),
        # By default CDK hashes this one folder, and would deploy the old bundle after any other change.
        asset_hash=fingerprint(target, inputs=taken),
        asset_hash_type=cdk.AssetHashType.CUSTOM,
        bundling=cdk.BundlingOptions(
            image=cdk.DockerImage.from_registry("unused"),  # never pulled: the local bundler answers first
            local=LocalBundler(target, taken),
        ),
    )


def _left_out(folder: str, names: list[str]) -> set[str]:
    rooms = NOT_DEPLOYED if Path(folder).name == "kizuna" else set()
    return LEFT_OUT(folder, names) | (rooms & set(names))


def bundle(folder: Path, *, target: Target, inputs: Inputs) -> None:
    """Fill a folder with the asset. Raises `BundlingError`."""
    _install(folder, target=target, lock=inputs.root / inputs.lock)
    _prune(folder)
    for name, source in inputs.sources:
        shutil.copytree(inputs.root / source, folder / name, ignore=_left_out)
    _compile(folder, interpreter(target.python))


def fingerprint(target: Target, *, inputs: Inputs) -> str:
    """A hash over everything that can change the asset: sources, lock, this file, the target, bytecode or none."""
    compiles = interpreter(target.python) is not None
    parts: list[bytes] = [repr((target, compiles)).encode(), Path(__file__).read_bytes()]
    for path in inputs.files():
        parts += [path.relative_to(inputs.root).as_posix().encode(), path.read_bytes()]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@cache
def interpreter(version: str) -> str | None:
    """A Python of that minor version on this machine, this very one first, or None.

    Bytecode is valid for one minor version only: of any other it is dead weight that every cold start reads past.
    """
    candidates: tuple[Callable[[], str | None], ...] = (
        lambda: sys.executable,
        lambda: shutil.which(f"python{version}"),
        lambda: _known_to_uv(version),
    )
    named = (name for find in candidates if (name := find()))
    return next((path for name in named if (path := _located(name, version))), None)


def require_installer() -> None:
    """Raise `BundlingError` when nothing here could install packages. Asked early, where the error stays readable."""
    if shutil.which("uv") is None and find_spec("pip") is None:
        raise BundlingError("Neither uv nor pip is here to build the asset: install one of them")


def no_bytecode_warning(version: str) -> str:
    """What to tell the person who deploys when `interpreter` found none."""
    return (
        f"No Python {version} on this machine, so the asset carries no bytecode and each cold start compiles it: "
        f"about a quarter of a second slower. Put python{version} on the PATH, or run CDK with it, and deploy again."
    )


def _install(folder: Path, *, target: Target, lock: Path) -> None:
    uv = shutil.which("uv")
    command = _with_uv(uv, target) if uv else _with_pip(target)
    command += ["--target", str(folder), "--requirement", str(lock)]
    done = _run(command)
    if done.returncode:
        raise BundlingError(f"{lock.name} cannot be installed for the asset:\n{done.stderr.strip()}")


def _with_uv(uv: str, target: Target) -> list[str]:
    place = ["--python-platform", "aarch64-manylinux_2_34"] if target.foreign else []
    return [
        uv, "pip", "install", "--quiet", "--python", sys.executable, "--python-version", target.python, *place,
        "--only-binary", ":all:", "--require-hashes", "--no-deps", "--no-compile-bytecode", "--link-mode", "copy",
    ]  # fmt: skip


def _with_pip(target: Target) -> list[str]:
    place = [f"--platform={tag}" for tag in _MANYLINUX] if target.foreign else []
    return [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--implementation", "cp", "--python-version", target.python, *place,
        "--only-binary", ":all:", "--require-hashes", "--no-deps", "--no-compile",
    ]  # fmt: skip


def _prune(folder: Path) -> None:
    """Drop what no function reads. Of babel, which python-liquid brings, 30 MB are locales. dnspython is for asking
    whether the domain of an address takes mail, which email-validator is never told to."""
    for unread in ("bin", "dns"):
        shutil.rmtree(folder / unread, ignore_errors=True)
    (folder / ".lock").unlink(missing_ok=True)
    for data in (folder / "babel" / "locale-data").glob("*.dat"):
        if data.stem.split("_")[0] not in LOCALES:
            data.unlink()


def _compile(folder: Path, python: str | None) -> None:
    """Add bytecode that never looks at file times, names the path at run time, and so is the same on every build."""
    if python is None:
        return
    options = [
        "-q",
        "-q",
        "-j",
        "0",
        "--invalidation-mode",
        "unchecked-hash",
        "-s",
        str(folder),
        "-p",
        AT_RUN_TIME,
    ]
    done = _run([python, "-m", "compileall", *options, str(folder)])
    if done.returncode:
        raise BundlingError(
            f"Some file of the asset does not compile:\n{(done.stderr or done.stdout).strip()}"
        )


def _located(python: str, version: str) -> str | None:
    """Where an interpreter of that minor version really is, or None when this one is another or does not run."""
    # A shim of pyenv runs the version it is told, and none untold.
    done = _run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"],
        PYENV_VERSION=version,
    )
    found, _, path = done.stdout.strip().partition(" ")
    return path if done.returncode == 0 and found == version else None


def _known_to_uv(version: str) -> str | None:
    uv = shutil.which("uv")
    if uv is None:
        return None
    done = _run(
        [uv, "python", "find", "--no-python-downloads", "--no-project", version], PYENV_VERSION=version
    )
    return done.stdout.strip() if done.returncode == 0 else None


def _run(command: Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  every command is built in this file
        command, check=False, capture_output=True, text=True, env={**os.environ, **environment}
    )


def _is_left_out(path: Path) -> bool:
    return "__pycache__" in path.parts or path.suffix in {".pyc", ".pyi"}
