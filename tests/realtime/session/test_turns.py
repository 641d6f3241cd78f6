"""A lock that goes to those who wait in the order in which they came."""

import threading

import pytest

from realtime.session.turns import Turns
from tests.realtime.stand_ins import PATIENCE_S, until


def test_who_came_first_is_first_and_who_goes_on_asking_waits_behind() -> None:
    turns, order = Turns(), []

    def take(number: int) -> None:
        with turns:
            order.append(number)

    threads = []
    with turns:
        for number in range(20):
            threads.append(threading.Thread(target=take, args=[number]))
            threads[-1].start()
            until(lambda: len(turns._waiting) == len(threads))
    with turns:  # at once again, but twenty came before
        order.append(20)
    for thread in threads:
        thread.join(PATIENCE_S)
    assert order == list(range(21))


def test_who_holds_it_may_take_it_again_and_gives_it_back_as_often() -> None:
    turns = Turns()
    got = []
    with turns:
        with turns:
            pass
        other = threading.Thread(target=lambda: got.append(turns.acquire(0.05)))
        other.start()
        other.join(PATIENCE_S)
    assert got == [False]
    assert turns.acquire(0.0)
    turns.release()


def test_who_gives_up_is_passed_over() -> None:
    turns, came = Turns(), []

    def take(timeout_s: float | None) -> None:
        came.append(turns.acquire(timeout_s))
        if came[-1]:
            turns.release()

    hasty, patient = (threading.Thread(target=take, args=[timeout_s]) for timeout_s in (0.05, None))
    with turns:
        hasty.start()
        until(lambda: len(turns._waiting) == 1)
        patient.start()
        hasty.join(PATIENCE_S)
        assert came == [False]
    patient.join(PATIENCE_S)
    assert came == [False, True]


def test_an_interrupted_wait_leaves_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with turns:
            held.set()
            let_go.wait(PATIENCE_S)

    def interrupted(self: threading.Event, timeout: float | None = None) -> bool:
        raise KeyboardInterrupt

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE_S)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            turns.acquire()
    let_go.set()
    holder.join(PATIENCE_S)
    assert turns.acquire(0.0)


def test_only_who_holds_it_gives_it_back() -> None:
    with pytest.raises(RuntimeError):
        Turns().release()
