"""Who may stay when too many connections come, and which must go."""

import asyncio
from unittest.mock import Mock

import pytest

from realtime.web import door as door_module
from realtime.web.door import Door, Limits

LIMITS = Limits(friends=3, strangers=4, strangers_each=2, at_once=1)


class Guest:
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

    monkeypatch.setattr(door_module.time, "monotonic", monotonic)
    return clock


@pytest.fixture
def door(now_s: list[float]) -> Door:
    return Door(LIMITS)


def come(door: Door, *ports: int, address: str = "127.0.0.1", served: bool = False) -> list[Guest]:
    guests = [Guest(served=served) for _ in ports]
    for port, guest in zip(ports, guests, strict=True):
        door.enter((address, port), guest)
    return guests


def test_one_stranger_too_many_of_an_address_ends_its_oldest(door: Door) -> None:
    guests = come(door, 1, 2, 3)
    assert [guest.gone for guest in guests] == [True, False, False]
    assert len(door) == 2


def test_an_address_with_few_strangers_is_not_made_to_pay_for_one_with_many(door: Door) -> None:
    [phone] = come(door, 1, address="192.168.1.9")
    come(door, *range(50), address="192.168.1.66")
    assert not phone.gone
    laptop = come(door, 1, 2, address="192.168.1.7")
    assert not phone.gone
    assert not any(guest.gone for guest in laptop)
    assert len(door) == LIMITS.strangers


def test_many_addresses_together_are_no_more_than_all_strangers(door: Door) -> None:
    for number in range(50):
        come(door, 1, address=f"10.0.0.{number}")
    assert len(door) == LIMITS.strangers


def test_one_that_waits_for_its_answer_stays_before_one_that_asked_nothing(door: Door) -> None:
    [asked] = come(door, 1, served=True)
    silent, _ = come(door, 2, 3)
    assert (asked.gone, silent.gone) == (False, True)


def test_a_friend_is_never_ended_for_a_stranger(door: Door) -> None:
    [friend] = come(door, 1)
    assert door.admit(("127.0.0.1", 1))
    come(door, *range(2, 60))
    assert not friend.gone


def test_friends_are_counted_too(door: Door) -> None:
    for port in range(LIMITS.friends):
        come(door, port)
        assert door.admit(("127.0.0.1", port))
    come(door, 90)
    assert not door.admit(("127.0.0.1", 90))
    assert door.admit(("127.0.0.1", 0)), "one that is in already"
    door.leave(("127.0.0.1", 0))
    assert door.admit(("127.0.0.1", 90))


@pytest.mark.parametrize("friend", [False, True])
def test_one_that_lets_the_server_wait_is_ended(door: Door, now_s: list[float], friend: bool) -> None:
    waiting, served = *come(door, 1), *come(door, 2, served=True)
    if friend:
        assert all(door.admit(("127.0.0.1", port)) for port in (1, 2))
    asyncio.run(door.sweep())
    assert not waiting.gone
    now_s[0] += (door_module.FRIEND_S if friend else door_module.STRANGER_S) + 1
    asyncio.run(door.sweep())
    assert (waiting.gone, served.gone) == (True, False)


@pytest.mark.parametrize("friend", [False, True])
def test_bytes_keep_a_friend_and_no_stranger(door: Door, now_s: list[float], friend: bool) -> None:
    [guest] = come(door, 1)
    if friend:
        assert door.admit(("127.0.0.1", 1))
    for _ in range(10):
        now_s[0] += door_module.STRANGER_S / 2
        door.heard(("127.0.0.1", 1))
        asyncio.run(door.sweep())
    assert guest.gone is not friend


def test_what_a_connection_goes_on_as_is_the_same_friend(door: Door) -> None:
    come(door, 1)
    assert door.admit(("127.0.0.1", 1))
    come(door, 1)
    assert len(door) == 1
    come(door, 2, 3, 4)
    assert len(door) == 3, "it is a friend still"


def test_the_limits_leave_most_descriptors_to_camera_and_files(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limit of descriptors")
    for soft in (64, 256, 1024, 1_048_576, resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        limits = Limits.of_this_process()
        kept = limits.friends + limits.strangers
        assert 0 < 3 * limits.at_once <= limits.strangers_each < limits.strangers < limits.friends
        assert kept <= 160
        assert soft == resource.RLIM_INFINITY or kept + limits.at_once < soft / 2
