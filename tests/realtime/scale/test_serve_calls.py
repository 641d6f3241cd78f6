"""Frames travel together while the replicas are busy, and each finds its own way back."""

import asyncio
import struct

import pytest

from realtime.matting.runtimes import remote_wire
from realtime.scale import serve_calls
from realtime.scale.serve_calls import Calls


class Died(Exception):
    pass


class Replicas:
    """Answers each request with itself, as soon as it may."""

    def __init__(self) -> None:
        self.calls: list[list[bytes]] = []
        self.free = asyncio.Event()
        self.free.set()
        self.errors: list[Exception] = []

    async def ask(self, requests: list[bytes]) -> list[bytes]:
        self.calls.append(requests)
        await self.free.wait()
        if self.errors:
            raise self.errors.pop()
        return [b"answer " + request for request in requests]


def request(number: int) -> bytes:
    return struct.pack("!IHH", number, 32, 32) + b"frame"


async def asked(calls: Calls, count: int) -> list[bytes]:
    return await asyncio.gather(*(calls.matte(request(number)) for number in range(count)))


def texts(answers: list[bytes]) -> list[object]:
    return [remote_wire.answer_of(answer) for answer in answers]


def test_a_lone_frame_waits_for_nobody() -> None:
    async def run() -> None:
        replicas = Replicas()
        calls = Calls(replicas.ask, most=2, lost=Died)
        for number in range(3):
            assert await calls.matte(request(number)) == b"answer " + request(number)
        assert [len(call) for call in replicas.calls] == [1, 1, 1]

    asyncio.run(run())


def test_frames_that_wait_travel_together_and_find_their_way_back() -> None:
    async def run() -> None:
        replicas = Replicas()
        calls = Calls(replicas.ask, most=2, lost=Died)
        replicas.free.clear()
        pending = asyncio.ensure_future(asked(calls, 50))
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        assert [len(call) for call in replicas.calls] == [1, 1]
        replicas.free.set()
        assert await pending == [b"answer " + request(number) for number in range(50)]
        assert [len(call) for call in replicas.calls] == [1, 1, serve_calls.LARGEST, 50 - 2 - serve_calls.LARGEST]

    asyncio.run(run())


def test_a_replica_that_dies_costs_no_frame() -> None:
    async def run() -> None:
        replicas = Replicas()
        replicas.errors = [Died()]
        calls = Calls(replicas.ask, most=1, lost=Died)
        assert await asked(calls, 5) == [b"answer " + request(number) for number in range(5)]
        replicas.errors = [Died(), Died()]
        assert texts(await asked(calls, 1)) == [(0, "no matte: the network failed")]
        assert await calls.matte(request(9)) == b"answer " + request(9)

    asyncio.run(run())


def test_an_error_is_an_answer_and_frees_its_call() -> None:
    async def run() -> None:
        replicas = Replicas()
        calls = Calls(replicas.ask, most=1, lost=Died)
        for _ in range(3):
            replicas.errors = [ValueError("a secret")]
            assert texts([await calls.matte(request(7))]) == [(7, "no matte: the network failed")]
        assert await calls.matte(request(9)) == b"answer " + request(9)

    asyncio.run(run())


def test_a_frame_that_waits_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_calls, "ANSWERS_S", 0.05)

    async def run() -> None:
        replicas = Replicas()
        calls = Calls(replicas.ask, most=1, lost=Died)
        replicas.free.clear()
        answers = await asked(calls, 3)
        assert all("too much to do" in str(text) for _, text in map(remote_wire.answer_of, answers))
        replicas.free.set()
        monkeypatch.setattr(serve_calls, "ANSWERS_S", 60.0)
        assert await calls.matte(request(9)) == b"answer " + request(9)
        assert all(len(call) == 1 for call in replicas.calls)  # those that gave up are not asked for

    asyncio.run(run())
