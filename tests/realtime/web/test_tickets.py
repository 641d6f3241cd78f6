"""The ticket with which greenless opens the page: other users can read the command line of a browser."""

import pytest

from realtime.web import client, security
from tests.realtime.web.conftest import Served


def test_a_ticket_is_valid_for_one_login_and_for_nothing_else(served: Served) -> None:
    ticket = served.ask("POST", "/api/ticket").json["ticket"]
    assert served.ask("GET", "/api/state", token=ticket).status == 401
    assert served.ask("POST", "/api/ticket", token=ticket).status == 401
    answer = served.ask("POST", "/api/login", {"token": ticket}, token=None)
    assert (answer.status, answer.json["key"]) == (
        200,
        served.ask("POST", "/api/login", {"token": served.token}, token=None).json["key"],
    )
    assert served.ask("POST", "/api/login", {"token": ticket}, token=None).status == 401


def test_a_ticket_expires(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "TICKET_S", 0.0)
    ticket = served.ask("POST", "/api/ticket").json["ticket"]
    assert served.ask("POST", "/api/login", {"token": ticket}, token=None).status == 401


def test_the_address_for_a_browsers_command_line_holds_no_token(served: Served) -> None:
    address = client.page()
    assert address.startswith(f"{served.url}/#token=")
    assert served.token not in address
    ticket = address.partition("=")[2]
    assert served.ask("POST", "/api/login", {"token": ticket}, token=None).status == 200
