"""In which run a claim of the store can still be looked at with its findings."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from giamdinh.web import extras

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.web.runs import Runs

Key = tuple[str, str, int]
"""Facility, MA_LK and T_BHTT in hundredths: the same sending of the same claim."""
_RUNS = 100


class Whereabouts:
    """Claims of the finished runs; each run is read once."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._tables: dict[str, Any] = {}
        self._lock = Lock()

    def find(self, wanted: Iterable[Key]) -> dict[Key, tuple[str, int]]:
        """The newest run that has each claim, and the claim's number there, from 1."""
        missing, found = set(wanted), dict[Key, tuple[str, int]]()
        runs = [run for run in self._runs.latest() if run.state == "xong"][:_RUNS]
        with self._lock:
            self._tables = {run.id: self._tables[run.id] for run in runs if run.id in self._tables}
            for run in runs:
                if not missing:
                    break
                here = self._in(run.id, missing)
                found |= {key: (run.id, number) for key, number in here.items()}
                missing -= here.keys()
        return found

    def _in(self, run_id: str, wanted: set[Key]) -> dict[Key, int]:
        import pyarrow as pa
        import pyarrow.compute as pc

        table = self._table(run_id)
        if table is None:
            return {}
        codes = pa.array(sorted({code for _, code, _ in wanted}), pa.string())
        places = pc.indices_nonzero(pc.is_in(table["claim"], codes))
        rows = table.take(places).to_pylist()
        keys = ((one["facility"], one["claim"], one["amount"]) for one in rows)
        numbers = (place + 1 for place in places.to_pylist())
        return {key: number for key, number in zip(keys, numbers, strict=True) if key in wanted}

    def _table(self, run_id: str) -> Any:  # noqa: ANN401 - pyarrow is untyped
        from pyarrow import ArrowException, parquet

        if run_id not in self._tables:
            try:
                with (self._runs.result(run_id) / extras.CLAIMS).open("rb") as stream:
                    columns = ["facility", "claim", "amount"]
                    self._tables[run_id] = parquet.read_table(stream, columns=columns)
            except (OSError, ValueError, KeyError, ArrowException):
                self._tables[run_id] = None
        return self._tables[run_id]
