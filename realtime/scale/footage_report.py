"""``ReportFile``: ``report.jsonl``, one line for each input that a job finished, in the order of their ends.

The next run of the same command reads it and does what is missing. The last line of an input counts.
"""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.shown import masked
from realtime.media.failures import write_errors
from realtime.scale import footage_store as store

_EVERY_S = 20.0
"""Seconds between two uploads of a report in an object store, which cannot append."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of one input, or of a segment of it."""

    input: str
    """Its location."""

    key: str
    """Changes with the input, its size and time, and the options."""

    outputs: tuple[str, ...] = ()
    """The files that were written."""

    error: str = ""
    """Why it failed; empty if it did not."""

    empty: bool = False
    """Whether no person was found in it."""

    left_out: tuple[str, ...] = ()
    """What of it is not in the outputs."""


class ReportFile:
    """The report of one output folder.

    Args:
        location: the file; a path or a URL. It is created with the first line.

    Raises:
        SourceError: an earlier report cannot be read.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self._text = store.read_bytes(location).decode("utf-8", "replace")
        self._gap = "\n" if self._text and not self._text.endswith("\n") else ""  # the disk was full
        self._lines = {line.key: line for line in map(_parsed, self._text.splitlines()) if line is not None}
        self._saved_s = time.monotonic()
        self._saved = True

    def done(self, key: str) -> Line | None:
        """Return the line of an input that is done, and whose outputs are still there; None otherwise."""
        line = self._lines.get(key)
        there = line is not None and not line.error and line.outputs and all(map(store.exists, line.outputs))
        return line if there else None

    def add(self, line: Line) -> None:
        """Append a line.

        Raises:
            SinkError: the file cannot be written.
        """
        self._lines[line.key] = line
        status = "failed" if line.error else "done"
        table = {"status": status, **asdict(line), "input": masked(line.input)}
        text, self._gap = f"{self._gap}{json.dumps(table)}\n", ""
        if store.is_url(self.location):
            self._text += text
            self._saved = False
            if time.monotonic() - self._saved_s > _EVERY_S:
                self.save()
            return
        path = Path(self.location)
        with write_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(text.encode())

    def save(self) -> None:
        """Upload what was added to a report in an object store.

        Raises:
            SinkError: it cannot be written.
        """
        if self._saved:
            return
        store.write_bytes(self.location, self._text.encode())
        self._saved, self._saved_s = True, time.monotonic()


def _parsed(text: str) -> Line | None:
    """Return the line; None if it was cut off."""
    try:
        found: dict[str, Any] = json.loads(text)
        found.pop("status")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
        return Line(**values)
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
