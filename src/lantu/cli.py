"""The command line (命令行)."""

from __future__ import annotations

import sys

from lantu import __version__


def main() -> None:
    """Say the version; the commands come with the floors they stand on."""
    sys.stdout.write(f"lantu {__version__}\n")
