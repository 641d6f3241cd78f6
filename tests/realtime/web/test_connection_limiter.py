"""Who may stay when too many connections come, and which must go."""

import asyncio
from unittest.mock import Mock

import pytest

from realtime.web import connection_limiter
from realtime.web.connection_limiter import ConnectionLimiter, Limits

LIMITS = Limits(authenticated=3, anonymous=4, anonymous_each=2, at_once=1)


class Connection:
    """A connection without a network."""

    def __init__(self, *, served: bool = False) -> None:
        self.transport = Mock(spec=asyncio.Transport)
        self.is_served = served

    @property
    def gone(self) -> bool:
        return bool(self.transport.abort.called)


@pytest.fixture
def now_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock: its one item."""
    clock = [100.0]

    def monotonic() -> float:
        clock[0] += 0.001  # no two connections come at once
        return clock[0]

    monkeypatch.setattr(connection_limiter.time, "monotonic", monotonic)
    return clock


@pytest.fixture
def limiter(now_s: list[float]) -> ConnectionLimiter:
    return ConnectionLimiter(LIMITS)


def come(limiter: ConnectionLimiter, *ports: int, address: str = "127.0.0.1", served: bool = False) -> list[Connection]:
    connections = [Connection(served=served) for _ in ports]
    for port, connection in zip(ports, connections, strict=True):
        limiter.opened((address, port), connection)
    return connections


def test_one_anonymous_connection_too_many_of_an_address_ends_its_oldest(limiter: ConnectionLimiter) -> None:
    connections = come(limiter, 1, 2, 3)
    assert [connection.gone for connection in connections] == [True, False, False]
    assert len(limiter) == 2


def test_an_address_with_few_connections_is_not_made_to_pay_for_one_with_many(limiter: ConnectionLimiter) -> None:
    [phone] = come(limiter, 1, address="192.168.1.9")
    come(limiter, *range(50), address="192.168.1.66")
    assert not phone.gone
    laptop = come(limiter, 1, 2, address="192.168.1.7")
    assert not phone.gone
    assert not any(connection.gone for connection in laptop)
    assert len(limiter) == LIMITS.anonymous


def test_many_addresses_together_are_no_more_than_all_anonymous_ones(limiter: ConnectionLimiter) -> None:
    for number in range(50):
        come(limiter, 1, address=f"10.0.0.{number}")
    assert len(limiter) == LIMITS.anonymous


def test_one_that_waits_for_its_answer_stays_before_one_that_asked_nothing(limiter: ConnectionLimiter) -> None:
    [asked] = come(limiter, 1, served=True)
    silent, _ = come(limiter, 2, 3)
    assert (asked.gone, silent.gone) == (False, True)


def test_an_authenticated_connection_is_never_ended_for_an_anonymous_one(limiter: ConnectionLimiter) -> None:
    [authenticated] = come(limiter, 1)
    assert limiter.admit(("127.0.0.1", 1))
    come(limiter, *range(2, 60))
    assert not authenticated.gone


def test_authenticated_connections_are_counted_too(limiter: ConnectionLimiter) -> None:
    for port in range(LIMITS.authenticated):
        come(limiter, port)
        assert limiter.admit(("127.0.0.1", port))
    come(limiter, 90)
    assert not limiter.admit(("127.0.0.1", 90))
    assert limiter.admit(("127.0.0.1", 0)), "one that is in already"
    limiter.closed(("127.0.0.1", 0))
    assert limiter.admit(("127.0.0.1", 90))


@pytest.mark.parametrize("authenticated", [False, True])
def test_one_that_lets_the_server_wait_is_ended(
    limiter: ConnectionLimiter, now_s: list[float], authenticated: bool
) -> None:
    waiting, served = *come(limiter, 1), *come(limiter, 2, served=True)
    if authenticated:
        assert all(limiter.admit(("127.0.0.1", port)) for port in (1, 2))
    asyncio.run(limiter.end_expired())
    assert not waiting.gone
    now_s[0] += (connection_limiter.AUTHENTICATED_S if authenticated else connection_limiter.ANONYMOUS_S) + 1
    asyncio.run(limiter.end_expired())
    assert (waiting.gone, served.gone) == (True, False)


@pytest.mark.parametrize("authenticated", [False, True])
def test_bytes_keep_only_an_authenticated_connection(
    limiter: ConnectionLimiter, now_s: list[float], authenticated: bool
) -> None:
    [connection] = come(limiter, 1)
    if authenticated:
        assert limiter.admit(("127.0.0.1", 1))
    for _ in range(10):
        now_s[0] += connection_limiter.ANONYMOUS_S / 2
        limiter.received(("127.0.0.1", 1))
        asyncio.run(limiter.end_expired())
    assert connection.gone is not authenticated


def test_what_a_connection_goes_on_as_is_still_authenticated(limiter: ConnectionLimiter) -> None:
    come(limiter, 1)
    assert limiter.admit(("127.0.0.1", 1))
    come(limiter, 1)
    assert len(limiter) == 1
    come(limiter, 2, 3, 4)
    assert len(limiter) == 3, "it is still authenticated"


def test_the_limits_leave_most_descriptors_to_camera_and_files(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limit of descriptors")
    for soft in (64, 256, 1024, 1_048_576, resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        limits = Limits.of_this_process()
        kept = limits.authenticated + limits.anonymous
        assert 0 < 3 * limits.at_once <= limits.anonymous_each < limits.anonymous < limits.authenticated
        assert kept <= 160
        assert soft == resource.RLIM_INFINITY or kept + limits.at_once < soft / 2
