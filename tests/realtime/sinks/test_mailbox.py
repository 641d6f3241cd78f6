import contextlib
import threading

import pytest

from realtime.sinks.mailbox import Mailbox, MailboxClosed


def test_the_newest_item_wins_and_the_others_are_counted():
    box: Mailbox[int] = Mailbox()
    for item in (1, 2, 3):
        box.put(item)
    assert box.take(0) == 3
    assert box.dropped == 2
    with pytest.raises(TimeoutError):
        box.take(0)


def test_items_that_are_taken_in_time_are_not_dropped():
    box: Mailbox[int] = Mailbox()
    for item in range(5):
        box.put(item)
        assert box.take(0) == item
    assert box.dropped == 0


def test_falsy_items_are_items():
    box: Mailbox[int | None] = Mailbox()
    box.put(0)
    assert box.take(0) == 0
    box.put(None)
    assert box.take(0) is None


def test_a_taker_that_waits_is_woken():
    box: Mailbox[str] = Mailbox()
    threading.Timer(0.02, box.put, ["late"]).start()
    assert box.take(10) == "late"


def test_closing_wakes_a_taker_that_waits_for_ever():
    box: Mailbox[str] = Mailbox()
    threading.Timer(0.02, box.close).start()
    with pytest.raises(MailboxClosed):
        box.take()


def test_the_last_item_can_be_taken_after_closing_and_no_other_comes():
    box: Mailbox[str] = Mailbox()
    box.put("last")
    box.close()
    box.close()
    box.put("too late")
    assert box.take(0) == "last"
    with pytest.raises(MailboxClosed):
        box.take()


def test_nothing_is_lost_or_doubled_between_threads():
    box: Mailbox[int] = Mailbox()
    taken: list[int] = []

    def put_all() -> None:
        for item in range(20_000):
            box.put(item)
        box.close()

    threading.Thread(target=put_all).start()
    with contextlib.suppress(MailboxClosed):
        while True:
            taken.append(box.take(10))
    assert taken == sorted(set(taken))
    assert taken[-1] == 19_999
    assert len(taken) + box.dropped == 20_000
