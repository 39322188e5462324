"""Files of definitions, read as YAML whose words mean one thing only.

YAML 1.1, as its libraries read it, takes `NO` for false (a country), `22:00` for 1,320 (an hour) and `012` for ten
(half a number), and of a key that is given twice it keeps the last without a word. Here a day, an hour and a number
that begins with 0 are the texts that somebody wrote; `yes`, `no`, `on` and `off` are refused unless they are quoted,
for they may be an answer or a word; and so is a key that is given twice.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from kizuna.core.errors import InvalidDefinition, Problem

LARGEST = 16_000_000  # bytes of one file; a single definition may hold far less (`core/definition_size`)

_TAG = "tag:yaml.org,2002:"
_DOUBTFUL = "!doubtful"
_EXPONENT = r"(?:[eE][-+][0-9]+)?"
_WORDS = {  # kind → how it may begin, and how it is written
    "bool": ("tTfF", r"true|True|TRUE|false|False|FALSE"),
    "int": ("-+0123456789", r"[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)"),
    "float": (
        "-+.0123456789",
        rf"[-+]?[0-9][0-9_]*\.[0-9_]*{_EXPONENT}|\.[0-9][0-9_]*{_EXPONENT}"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    ),
}


def read_yaml(path: Path, *, place: str = "") -> Any:
    """What a file holds. Raises InvalidDefinition naming `place` (else the path), the line, and what to do."""
    place = place or str(path)
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise _refused(place, f"is larger than {LARGEST // 1_000_000} MB")
        return parse_yaml(path.read_text(encoding="utf-8-sig"), place=place)
    except FileNotFoundError:
        raise _refused(place, "there is no such file") from None
    except UnicodeDecodeError as error:
        raise _refused(place, f"cannot be read: {error}") from error
    except OSError as error:
        raise _refused(place, f"cannot be read: {error.strerror or error}") from error


def parse_yaml(text: str, *, place: str) -> Any:
    """What a text holds. Raises InvalidDefinition naming `place`, the line, and what to do."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (built on the safe loader)
    except RecursionError as error:
        raise _refused(place, "lists or objects are nested too deeply") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        said = ", ".join(each for each in (error.context, error.problem) if each)
        raise _refused(place, f"cannot be read: {where}{said}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise _refused(place, f"cannot be read: {' '.join(str(error).split())}") from error


def _refused(place: str, why: str) -> InvalidDefinition:
    return InvalidDefinition((Problem(place, why),))


class _Loader(yaml.SafeLoader):
    """The safe loader with the words above."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """What is merged in (`<<`) may be given again, for that is what merging is for: so before it is merged."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == f"{_TAG}merge":
                continue
            told, line = (key.tag, key.value), key.start_mark.line + 1
            if told in seen:
                why = f"{key.value!r} is given twice, first in line {seen[told]}: which of them is meant?"
                raise yaml.constructor.ConstructorError(None, None, why, key.start_mark)
            seen[told] = line
        return node


def _doubtful(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    meant = "true" if node.value.lower() in ("yes", "on") else "false"
    why = f'{node.value} may be an answer or a word: write {meant}, or put it in quotes: "{node.value}"'
    raise yaml.constructor.ConstructorError(None, None, why, node.start_mark)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.removeprefix(_TAG) in ("null", "merge")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _kind, (_first, _written) in _WORDS.items():
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(rf"^(?:{_written})$"), list(_first))
_Loader.add_implicit_resolver(
    _DOUBTFUL, re.compile(r"^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$"), list("yYnNoO")
)
_Loader.add_constructor(_DOUBTFUL, _doubtful)
