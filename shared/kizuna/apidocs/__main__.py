"""`python -m kizuna.apidocs`: write `docs/openapi.json` and `docs/schemas/`, and drop what is described no more."""

from __future__ import annotations

import sys
from pathlib import Path

from kizuna.apidocs.files import generated_files

DOCS = Path(__file__).resolve().parents[3] / "docs"


def main() -> None:
    """Bring the committed files up to date and name those that changed."""
    files = generated_files()
    (DOCS / "schemas").mkdir(parents=True, exist_ok=True)
    for path in (DOCS / "schemas").glob("*.schema.json"):
        if f"schemas/{path.name}" not in files:
            path.unlink()
            sys.stdout.write(f"removed docs/schemas/{path.name}\n")
    for name, text in files.items():
        path = DOCS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote docs/{name}\n")


if __name__ == "__main__":
    main()
