"""The front keeps strangers out and clients apart, whatever they send."""

import json
import socket
import struct
import threading
import time
from typing import Any

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from realtime.errors import ControlError
from realtime.matting.runtimes import remote_wire
from realtime.scale import serve_front
from realtime.scale.serve_front import Front
from realtime.scale.serve_limits import BURST, Limits, Pace
from tests.realtime.scale.matting_server import HEIGHT_PX, TOKEN, WIDTH_PX, Replica, front, replica, served, stamped
from tests.realtime.stand_ins import PATIENCE_S, until

__all__ = ["replica", "served"]  # fixtures


def client(there: Front, token: str = TOKEN, path: str = remote_wire.PATH, **more: Any) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{there.port}{path}",
        additional_headers={"Authorization": f"Bearer {token}"},
        subprotocols=[Subprotocol(remote_wire.SUBPROTOCOL)],
        compression=None,
        proxy=None,
        close_timeout=1,
        **more,
    )


def asked(connection: ClientConnection, number: int) -> float:
    """The grey of the matte of a stamped frame."""
    connection.send(remote_wire.request(number, stamped(number), "lossless"))
    message = connection.recv(PATIENCE_S)
    assert isinstance(message, bytes)
    came, alpha = remote_wire.answer_of(message)
    assert came == number
    assert not isinstance(alpha, str)
    assert alpha.shape == (HEIGHT_PX, WIDTH_PX)
    assert np.ptp(alpha) == 0
    return round(float(alpha[0, 0]) * 255)


def ended(connection: ClientConnection) -> tuple[int, str]:
    """How the server closes a connection."""
    with pytest.raises(ConnectionClosed) as closed:
        _read_on(connection)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def _read_on(connection: ClientConnection) -> None:
    while True:
        connection.recv(PATIENCE_S)


def test_a_client_is_welcomed_and_gets_its_mattes(served: Front) -> None:
    with client(served) as connection:
        welcome = remote_wire.welcome_of(connection.recv(PATIENCE_S))
        assert (welcome.network, welcome.reference_px, welcome.largest_px) == ("stand-in", 96, 640 * 1024)
        assert [asked(connection, number) for number in (3, 70, 255)] == [3, 70, 255]
    until(lambda: served.counts.clients == 0)
    assert (served.counts.frames, served.counts.failed, served.counts.refused) == (3, 0, 0)


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], "\u00e4".encode().decode("latin-1")])
def test_a_wrong_token_is_refused_before_anything_else(served: Front, replica: Replica, token: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        client(served, token, "/elsewhere")
    assert refused.value.response.status_code == 401
    assert b"token" in (refused.value.response.body or b"")
    assert (served.counts.refused, replica.seen) == (1, 0)


def test_another_path_is_refused(served: Front) -> None:
    with pytest.raises(InvalidStatus, match="404"):
        client(served, path="/")


def test_health_needs_no_token(served: Front) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as plain:
        plain.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert plain.recv(4096).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("text", "text"),
        (b"", "header"),
        (b"1234567", "header"),
        (struct.pack("!IHH", 1, 160, 96) + b"no image at all", "invalid"),
        (struct.pack("!IHH", 1, 32, 32) + cv2.imencode(".png", stamped(1))[1].tobytes(), "invalid"),
        (struct.pack("!IHH", 1, 0, 96) + cv2.imencode(".png", stamped(1))[1].tobytes(), "invalid"),
        (struct.pack("!IHH", 1, 65504, 65504) + cv2.imencode(".png", stamped(1))[1].tobytes(), "invalid"),
        (remote_wire.request(1, stamped(1), "lossless")[:60], "invalid"),
        (remote_wire.request(1, stamped(1), "jpeg")[:200], "invalid"),
    ],
)
def test_garbage_ends_only_its_own_connection(served: Front, message: str | bytes, why: str) -> None:
    with client(served) as good, client(served) as bad:
        good.recv(PATIENCE_S)
        bad.recv(PATIENCE_S)
        bad.send(message)
        code, reason = ended(bad)
        assert code == 1008
        assert why in reason
        assert asked(good, 9) == 9
    assert served.counts.refused == 1


def test_an_oversized_frame_is_not_even_read(replica: Replica) -> None:
    limits = Limits(largest_px=64 * 64)
    with front(replica.matte, limits=limits) as there, client(there) as connection:
        connection.recv(PATIENCE_S)
        connection.send(bytes(remote_wire.largest_request(limits.largest_px) + 1))
        assert ended(connection)[0] == 1009
    assert replica.seen == 0


def test_too_many_clients_are_refused(replica: Replica) -> None:
    with front(replica.matte, limits=Limits(clients=1)) as there, client(there) as first:
        first.recv(PATIENCE_S)
        with pytest.raises(InvalidStatus) as refused:
            client(there)
        assert refused.value.response.status_code == 503
        assert asked(first, 5) == 5


def test_nothing_of_one_client_reaches_another(served: Front, replica: Replica) -> None:
    """Four clients with frames of their own greys, all at once; the numbers are the same for all."""
    replica.delay_s = 0.003
    wrong: list[tuple[int, int]] = []

    def one(grey: int) -> None:
        with client(served) as connection:
            connection.recv(PATIENCE_S)
            for number in range(30):
                shade = 60 * grey + number
                connection.send(remote_wire.request(number, stamped(shade), "lossless"))
                message = connection.recv(PATIENCE_S)
                assert isinstance(message, bytes)
                came, alpha = remote_wire.answer_of(message)
                if came != number or isinstance(alpha, str) or (np.rint(alpha * 255) != shade).any():
                    wrong.append((grey, number))

    threads = [threading.Thread(target=one, args=[grey]) for grey in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert wrong == []
    assert served.counts.frames == 120


def test_a_client_has_two_frames_in_work_at_most(served: Front, replica: Replica) -> None:
    with client(served) as connection:
        connection.recv(PATIENCE_S)
        replica.free.clear()
        for number in range(20):
            connection.send(remote_wire.request(number, stamped(number), "lossless"))
        until(lambda: replica.seen == serve_front.IN_FLIGHT)
        with client(served) as other:  # the front is free meanwhile: this round trip comes after the frames
            other.recv(PATIENCE_S)
            assert replica.seen == serve_front.IN_FLIGHT
        replica.free.set()
        numbers = []
        for _ in range(20):
            message = connection.recv(PATIENCE_S)
            assert isinstance(message, bytes)
            numbers.append(remote_wire.answer_of(message)[0])
        assert sorted(numbers) == list(range(20))


def test_a_client_that_stops_reading_is_disconnected(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are served meanwhile, and what waits for it in memory is two answers."""
    monkeypatch.setattr(serve_front, "SENDS_S", 0.3)
    noise = np.random.default_rng(0).integers(0, 255, (640, 640, 3), np.uint8)
    with front(replica.matte) as there, client(there) as good:
        good.recv(PATIENCE_S)
        deaf = socket.create_connection(("127.0.0.1", there.port))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(
            f"GET {remote_wire.PATH} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {remote_wire.SUBPROTOCOL}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
        )
        message = remote_wire.request(1, noise, "lossless")
        head = b"\x82\xff" + struct.pack("!Q", len(message)) + bytes(4)  # binary, masked by zeros

        def flood() -> None:
            try:
                for _ in range(200):
                    deaf.sendall(head + message)
            except OSError:
                pass

        thread = threading.Thread(target=flood)
        thread.start()
        until(lambda: there.counts.refused == 1)
        assert asked(good, 4) == 4
        deaf.close()
        thread.join(PATIENCE_S)
        assert replica.seen < 200


def test_a_replica_that_fails_costs_one_frame(served: Front, replica: Replica) -> None:
    with client(served) as connection:
        connection.recv(PATIENCE_S)
        replica.fail = "no memory"
        connection.send(remote_wire.request(7, stamped(7), "jpeg"))
        message = connection.recv(PATIENCE_S)
        assert isinstance(message, bytes)
        assert remote_wire.answer_of(message) == (7, "no memory")
        replica.fail = ""
        assert asked(connection, 8) == 8


def test_an_error_of_the_network_is_an_answer(replica: Replica) -> None:
    async def broken(request: bytes) -> bytes:
        raise RuntimeError("secret path /home/somebody")

    with front(broken) as there, client(there) as connection:
        connection.recv(PATIENCE_S)
        connection.send(remote_wire.request(7, stamped(7), "jpeg"))
        message = connection.recv(PATIENCE_S)
        assert isinstance(message, bytes)
        number, text = remote_wire.answer_of(message)
        assert number == 7
        assert isinstance(text, str)
        assert "somebody" not in text


def test_the_end_finishes_the_frames_in_work(replica: Replica) -> None:
    with front(replica.matte) as there, client(there) as connection:
        connection.recv(PATIENCE_S)
        replica.free.clear()
        connection.send(remote_wire.request(7, stamped(7), "lossless"))
        until(lambda: replica.seen)
        ends = threading.Thread(target=there.close)
        ends.start()
        until(lambda: there._draining)
        connection.send(remote_wire.request(8, stamped(8), "lossless"))  # too late, and no reason to drop the other one
        time.sleep(0.1)
        replica.free.set()
        message = connection.recv(PATIENCE_S)
        assert isinstance(message, bytes)
        assert remote_wire.answer_of(message)[0] == 7
        assert ended(connection) == (1001, "the server ends")
        ends.join(PATIENCE_S)


def test_a_port_in_use_is_an_error(served: Front, replica: Replica) -> None:
    with pytest.raises(ControlError, match=str(served.port)), front(replica.matte, port=served.port):
        pass


def test_a_fast_client_waits() -> None:
    """After a burst, the frames of a client are due one period after another; a pause brings the burst back."""
    pace = Pace(10.0)
    delays = [pace.delay_s(100.0) for _ in range(BURST + 4)]
    assert delays == pytest.approx([0.0] * (BURST + 1) + [0.1, 0.2, 0.3])
    assert [pace.delay_s(200.0) for _ in range(2)] == [0.0, 0.0]
    steady = Pace(30.0)
    assert max(steady.delay_s(number / 30) for number in range(100)) < 1e-9


def test_the_welcome_is_json() -> None:
    welcome = remote_wire.Welcome(network="a", reference_px=96, largest_px=5)
    assert remote_wire.welcome_of(welcome.text()) == welcome
    for wrong in ("", "[]", "{}", json.dumps({"network": "a", "reference_px": "x", "largest_px": 1})):
        with pytest.raises(remote_wire.WireError):
            remote_wire.welcome_of(wrong)
    for reference in ("0", "-5", "1e6", "Infinity", "NaN"):
        with pytest.raises(remote_wire.WireError):
            remote_wire.welcome_of(f'{{"network": "a", "reference_px": {reference}, "largest_px": 1}}')
