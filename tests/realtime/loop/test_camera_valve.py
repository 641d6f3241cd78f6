import threading

from realtime.loop.camera_valve import CameraValve


def test_a_new_valve_is_open() -> None:
    valve = CameraValve()
    assert valve.is_open
    assert valve.wait(0)
    assert valve.reasons == ()


def test_it_opens_when_the_last_reason_is_lifted() -> None:
    valve = CameraValve()
    valve.shut("nobody watches")
    valve.shut("stopped")
    valve.shut("stopped")
    assert valve.reasons == ("nobody watches", "stopped")
    valve.lift("stopped")
    assert not valve.is_open
    assert not valve.wait(0)
    valve.lift("nobody watches")
    assert valve.is_open


def test_a_reason_that_nobody_gave_opens_nothing() -> None:
    valve = CameraValve()
    valve.shut("stopped")
    valve.lift("nobody watches")
    assert valve.reasons == ("stopped",)


def test_lifting_wakes_who_waits() -> None:
    valve = CameraValve()
    valve.shut("stopped")
    threading.Timer(0.02, valve.lift, ["stopped"]).start()
    assert valve.wait(60)
