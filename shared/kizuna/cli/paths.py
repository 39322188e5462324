"""Where the repository's own files are, for commands that use them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WORKSPACE = ROOT / "shared" / "workspace"
PURCHASES = ROOT / "events" / "purchases" / "cdnow_sample.csv.gz"
