"""docs/settings.md: every key of kizuna.toml, every variable, and nothing that does not exist."""

from __future__ import annotations

import re
from typing import Any

from infra.settings import StageConfig, setting_names
from kizuna.runtime import settings as runtime
from kizuna.topology import ENVIRONMENT
from tests.docs.reading import ROOT, codes, page, rows, section

PAGE = "docs/settings.md"


def keys() -> dict[str, str]:
    """The default that the page gives for each key."""
    return {codes(key)[0]: default for key, default, _ in rows(section(page(PAGE), "## kizuna.toml"))}


def variables(heading: str) -> set[str]:
    return {codes(cells[0])[0] for cells in rows(section(page(PAGE), heading))}


def default_of(name: str) -> Any:
    """The default of a key; `...` for one that must be given."""
    model: Any = StageConfig
    *outer, last = name.split(".")
    for part in outer:
        annotation = model.model_fields[part].annotation
        model = next(
            kind for kind in getattr(annotation, "__args__", (annotation,)) if kind is not type(None)
        )
    field = model.model_fields[last]
    return ... if field.is_required() else field.default


def test_every_key_of_the_file_is_explained_and_no_other() -> None:
    assert set(keys()) == set(setting_names())


def test_the_defaults_are_those_of_the_code() -> None:
    for name, told in keys().items():
        default = default_of(name)
        if default is ...:
            assert told.startswith("required"), name
        elif default == ():
            assert told == "none", name
        elif default is not None:
            assert codes(told) == [str(default).lower() if isinstance(default, bool) else str(default)], name
        else:
            assert told == "–" or not codes(told) or name == "identity", name


def test_the_file_itself_uses_keys_that_are_explained() -> None:
    text = (ROOT / "kizuna.toml").read_text(encoding="utf-8")
    used = set(re.findall(r"^(?:# )?([a-z_]+) = ", text, re.MULTILINE))
    assert used <= {name.rpartition(".")[2] for name in keys()}


def test_every_variable_of_the_functions_is_explained() -> None:
    told = variables("## Environment of the functions")
    assert set(ENVIRONMENT) <= told
    assert set(runtime._VARIABLES.values()) <= told


def test_every_variable_that_is_explained_is_read_by_the_code() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "shared" / "kizuna").rglob("*.py")]
    code = "\n".join([*sources, (ROOT / "Makefile").read_text(encoding="utf-8")])
    told = variables("## Environment of the functions") | variables(
        "## Environment of the command and of make"
    )
    assert {name for name in told if name not in code} == set()


def test_every_variable_of_ours_in_the_code_is_explained() -> None:
    sources = [path for base in ("shared/kizuna", "functions") for path in (ROOT / base).rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    used = set(re.findall(r"\bKIZUNA_[A-Z]+(?:_[A-Z]+)*\b", code))
    told = variables("## Environment of the functions") | variables(
        "## Environment of the command and of make"
    )
    pattern = {"KIZUNA_QUEUE", "KIZUNA_TABLE"}  # beginnings of names that are put together
    assert used - told - pattern == set()
