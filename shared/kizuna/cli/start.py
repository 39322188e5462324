"""Where the `kizuna` command begins: as little as can be, so that Ctrl-C ends it quietly from the first moment on."""

from __future__ import annotations

import sys

INTERRUPTED = 130  # as shells say it: 128 and the number of SIGINT


def main() -> None:
    """Run the command. Exit code 130 after Ctrl-C, also while all its modules are still being read."""
    try:
        # Inside, because reading them is what takes longest before a command has anything to say.
        from kizuna.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
