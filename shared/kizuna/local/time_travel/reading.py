"""Stories and tests, read from YAML or JSON. What is wrong is told with file and path."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.refusing.faults import faults_of
from kizuna.local.time_travel.cases import TestFile
from kizuna.local.yaml_files import read_yaml

SUFFIXES = (".test.yaml", ".test.yml", ".test.json")

M = TypeVar("M", bound=BaseModel)


def found_in(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The test files of these paths: files as they are named, and every one below a folder, in order.

    Raises InvalidDefinition for a path that is not there.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in path.rglob("*") if each.name.endswith(SUFFIXES))
        elif path.is_file():
            found.append(path)
        else:
            raise InvalidDefinition((Problem(str(path), "there is no such file or folder"),))
    return tuple(dict.fromkeys(found))


def read_tests(path: Path) -> TestFile:
    """A file of tests. Raises InvalidDefinition with everything that is wrong in it."""
    return read_as(TestFile, read_yaml(path), str(path))


def read_as(model: type[M], raw: Any, place: str) -> M:
    """Something read as what it is to be. Raises InvalidDefinition naming each path."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = [
            Problem(f"{place}: {'.'.join(map(str, fault.keys))}" if fault.keys else place, fault.reason)
            for fault in faults_of(error, model, raw)
        ]
        raise InvalidDefinition(tuple(problems)) from error
