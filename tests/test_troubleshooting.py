"""docs/troubleshooting.md lists errors by their text; each text is one that the code has."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_error_that_is_listed_is_in_the_code() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (?!the error says|-)([^|]+) \|", page, re.MULTILINE)
    assert len(listed) > 5
    code = "\n".join(path.read_text("utf-8") for room in ("realtime", "models") for path in (ROOT / room).rglob("*.py"))
    gone = [text for text in listed if not all(part.strip() in code for part in text.split("..."))]
    assert not gone, f"docs/troubleshooting.md lists errors that the code does not have: {gone}"
