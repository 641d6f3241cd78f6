"""SECURITY.md names the tests that hold its promises; all of them exist where it says."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
LINK = r"\]\((tests/[^)]+\.py)\)"
NAME = r"`((?:test_|Test)\w+)`"


def named() -> list[tuple[str, str]]:
    """Each test that is named, after the file that the link before it names."""
    found, path = [], ""
    for link, name in re.findall(f"{LINK}|{NAME}", SECURITY):
        path = link or path
        if name:
            found.append((path, name))
    return found


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for path, name in named():
        file = ROOT / path
        source = file.read_text(encoding="utf-8") if path and file.is_file() else ""
        if not re.search(rf"^\s*(?:async )?(?:def|class) {name}\b", source, re.MULTILINE):
            missing.append(f"{path}: {name}")
    assert not missing, "SECURITY.md names tests that do not exist; correct the names there: " + ", ".join(missing)


def test_every_promise_names_its_tests() -> None:
    promises = SECURITY.partition("## What greenless promises")[2].partition("\n## ")[0].split("\n### ")[1:]
    assert promises
    bare = [promise.splitlines()[0] for promise in promises if not re.search(NAME, promise)]
    assert not bare, f"promises in SECURITY.md without a test: {bare}"
