"""`python -m infra.app`, which CDK runs: one stage, chosen by `-c stage=…`, from `kizuna.toml`."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path

import aws_cdk as cdk

from infra.bundling import BundlingError
from infra.settings import DEFAULT_STAGE, SETTINGS_FILE, SettingsError, StageConfig, load, setting_names
from infra.stack import KizunaStack


def main() -> None:
    app = cdk.App()
    try:
        KizunaStack(app, config(app))
        app.synth()
    except (SettingsError, BundlingError) as error:
        sys.exit(str(error))


def config(app: cdk.App) -> StageConfig:
    """The settings that the context asks for: `stage`, `config` (another file) and any key of a stage."""
    context: dict[str, object] = app.node.get_all_context()
    # What CDK itself puts there has a colon or a slash in its name.
    asked = {name: value for name, value in context.items() if not {":", "/"} & set(name)}
    stage = str(asked.pop("stage", DEFAULT_STAGE))
    path = Path(str(asked.pop("config", SETTINGS_FILE)))
    for name in asked:
        if name not in setting_names():
            raise SettingsError(f"-c {name}: no such setting{_guess(name)}")
    return load(stage, path=path.absolute(), overrides=asked)


def _guess(name: str) -> str:
    close = get_close_matches(name, setting_names(), n=1)
    return f"; did you mean {close[0]}?" if close else ""


if __name__ == "__main__":
    main()
