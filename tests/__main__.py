"""Every check of the project in one command: `python -m tests`.

Stops at the first tool that fails, with its exit code; more arguments go to pytest, which runs
last.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
    ("pytest", "-n", "auto", "--dist", "loadgroup"),
)


def main() -> int:
    for tool in TOOLS:
        arguments = [*tool, *sys.argv[1:]] if tool[0] == "pytest" else [*tool]
        print(f"== {' '.join(arguments)}", flush=True)  # noqa: T201 - says what runs
        code = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
