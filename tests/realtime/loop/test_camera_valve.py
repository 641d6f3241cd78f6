import threading

from realtime.loop.camera_valve import Gate


def test_a_new_gate_is_open() -> None:
    gate = Gate()
    assert gate.is_open
    assert gate.wait(0)
    assert gate.reasons == ()


def test_it_opens_when_the_last_reason_is_lifted() -> None:
    gate = Gate()
    gate.shut("nobody watches")
    gate.shut("stopped")
    gate.shut("stopped")
    assert gate.reasons == ("nobody watches", "stopped")
    gate.lift("stopped")
    assert not gate.is_open
    assert not gate.wait(0)
    gate.lift("nobody watches")
    assert gate.is_open


def test_a_reason_that_nobody_gave_opens_nothing() -> None:
    gate = Gate()
    gate.shut("stopped")
    gate.lift("nobody watches")
    assert gate.reasons == ("stopped",)


def test_lifting_wakes_who_waits() -> None:
    gate = Gate()
    gate.shut("stopped")
    threading.Timer(0.02, gate.lift, ["stopped"]).start()
    assert gate.wait(60)
