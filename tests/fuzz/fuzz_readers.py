#!/usr/bin/env python3
"""Coverage-guided fuzzing of both readers: `python tests/fuzz/fuzz_readers.py -runs=10000`.

Arguments go to libFuzzer; without a folder among them, inputs are kept in a temporary one that
starts with the committed corpus. Needs `atheris` (extra `fuzz`).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

# numba compiles the byte code of its kernels, so they must stay as they are.
PYTHON = ("buffer", "columns", "driver", "long")
KERNELS = [
    f"giamdinh.read.scanner.{path.stem}"
    for path in (ROOT / "giamdinh" / "read" / "scanner").glob("*.py")
    if path.stem not in PYTHON
]

with atheris.instrument_imports(include=["giamdinh"], exclude=KERNELS):
    from tests.fuzz.target import CORPUS, changed, check


def test_one_input(data: bytes) -> None:
    check(data)


def mutated(data: bytes, size: int, seed: int) -> bytes:
    return changed(data, size, seed, atheris.Mutate)


def main() -> None:
    arguments = list(sys.argv)
    if not any(Path(argument).is_dir() for argument in arguments[1:]):
        # libFuzzer writes to the first folder, and only reads from the others.
        arguments += [tempfile.mkdtemp(prefix="giamdinh_fuzz_"), str(CORPUS)]
    if not any(argument.startswith("-max_len") for argument in arguments):
        arguments.append("-max_len=16384")
    atheris.Setup(arguments, test_one_input, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
