"""All checks together, and the command that shows what they found."""

import json

import pytest

from realtime.cli import main
from realtime.doctor import CHECKS, Check, examine, install


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on() -> None:
    def broken_thing() -> Check:
        raise ImportError("libGL.so.1")

    first, second = examine({"broken thing": broken_thing, "Python": install.python})
    assert (first.name, first.status, first.detail) == ("broken thing", "fail", "ImportError: libGL.so.1")
    assert (second.name, second.status) == ("Python", "ok")


def test_every_check_answers_on_this_machine() -> None:
    names = [check.name for check in examine()]
    assert len(names) == len(set(names)) == len(CHECKS)


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """What the doctor is going to find."""
    found: list[Check] = []
    monkeypatch.setattr("realtime.doctor.examine", lambda: iter(found))
    return found


def test_the_command_prints_each_cure_and_fails_when_a_check_failed(
    findings: list[Check], capsys: pytest.CaptureFixture[str]
) -> None:
    findings.append(Check(name="display", status="warn", detail="there is none", cure="Start a desktop\nor do without"))
    assert main(["doctor"]) == 0
    cure = "                       Start a desktop\n                       or do without\n"
    assert capsys.readouterr().out == "warn  display          there is none\n" + cure
    findings.append(Check(name="weights", status="fail", detail="missing", cure="greenless weights verify"))
    assert main(["doctor"]) == 1


def test_the_command_gives_json(findings: list[Check], capsys: pytest.CaptureFixture[str]) -> None:
    findings.append(Check(name="Python", status="ok", detail="3.11"))
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"name": "Python", "status": "ok", "detail": "3.11", "cure": ""}]
