"""``Stream``: one stream of video to or from the PipeWire daemon."""

import ctypes
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum

from realtime.ending import Closing, closed_on_error
from realtime.pipewire import library, pods
from realtime.pipewire.connection import Connection

ANSWER_S = 5.0
"""How long the daemon may take to accept a stream; systemd may start it only now."""


class State(IntEnum):
    """``pw_stream_state``."""

    ERROR = -1
    UNCONNECTED = 0
    CONNECTING = 1
    PAUSED = 2
    STREAMING = 3


class Stream(Closing):
    """One stream. The thread of the connection calls ``on_state``, ``on_format`` and ``on_frame``; they must be short.

    Args:
        connection: an open connection; the stream owns it from here on.
        direction: whether frames come from the daemon or go to it: ``library.INPUT`` or ``OUTPUT``.
        name: shown to the user by other programs.
        properties: of the node, as PipeWire names them.
        formats: pods of the formats, the preferred one first.
        flags: of ``pw_stream_connect``, see ``library``.
        node: number of the node to connect to.

    Attributes:
        state: the current state.
        lost: why the stream ended without ``close``; empty while it works.

    Raises:
        OSError: the daemon refuses the stream.
    """

    def __init__(
        self,
        connection: Connection,
        direction: int,
        *,
        name: str,
        properties: Mapping[str, str],
        formats: Sequence[bytes],
        flags: int,
        node: int = library.ANY_NODE,
    ) -> None:
        self.state = State.UNCONNECTED
        self.lost = ""
        self._connection, self._library = connection, connection.library
        self._settled = threading.Event()
        self._hook = ctypes.create_string_buffer(64)  # ``struct spa_hook``: 48 bytes
        self._buffers: dict[int, library.SpaBuffer] = {}
        self._kept: list[ctypes.Array[ctypes.c_char]] = []  # pods of a call of the library
        self._events = library.StreamEvents(
            version=2,
            state_changed=library.STATE_CHANGED(self._changed_state),
            param_changed=library.PARAM_CHANGED(self._changed_param),
            add_buffer=library.BUFFER_CHANGED(self._added),
            remove_buffer=library.BUFFER_CHANGED(self._removed),
        )
        if direction == library.INPUT:  # an output need not know that a buffer is free
            self._events.process = library.PROCESS(lambda _: self.on_frame())
        self._handle: int | None = None
        with closed_on_error(self):
            with connection.locked():
                words = self._library.pw_properties_new_string(
                    json.dumps(dict(properties), ensure_ascii=False).encode()
                )
                self._handle = self._library.pw_stream_new(connection.core, name.encode(), words)
                if not self._handle:
                    raise OSError("PipeWire cannot make a stream")
                self._library.pw_stream_add_listener(self._handle, self._hook, self._events, None)
                error = self._library.pw_stream_connect(
                    self._handle, direction, node, flags, self._array(formats), len(formats)
                )
            if error < 0:
                raise OSError(-error, os.strerror(-error))

    def on_state(self, before: State, after: State) -> None:
        """React to a new state."""

    def on_format(self, pod: bytes) -> bytes:
        """Take the pod of the format that was agreed; return the pod of the buffers."""
        raise NotImplementedError

    def on_frame(self) -> None:
        """Take the frames that have arrived. Only an input has some."""

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the thread of the stream; yield whether the stream is open."""
        if self._handle is None:
            yield False
            return
        with self._connection.locked():
            yield self._handle is not None

    def accepted(self) -> bool:
        """Wait until the daemon has accepted or refused the stream; return whether it accepted it."""
        return self._settled.wait(ANSWER_S) and not self.lost

    def dequeue(self) -> "ctypes._Pointer[library.Buffer] | None":
        """Take a buffer; None if there is none. Only inside ``locked`` or a callback; ``queue`` returns it."""
        return self._library.pw_stream_dequeue_buffer(self._handle) or None

    def queue(self, buffer: "ctypes._Pointer[library.Buffer]") -> None:
        """Give a buffer back."""
        self._library.pw_stream_queue_buffer(self._handle, buffer)

    def trigger(self) -> None:
        """Start a cycle of the graph now. Only for a driver, inside ``locked``."""
        self._library.pw_stream_trigger_process(self._handle)

    def reclaim(self) -> None:
        """Take the buffers back that others hold. Only inside ``locked`` or a callback.

        A program that was killed while it held a buffer never gives it back: the count of its holders stays in the
        shared memory, and the memory is used for the next program again.
        """
        for buffer in self._buffers.values():
            for meta in buffer.metas[: buffer.n_metas]:
                if meta.type == library.BUSY and meta.size >= ctypes.sizeof(library.Busy):
                    library.Busy.from_address(meta.data).count = 0

    def close(self) -> None:
        """End the stream and its connection. May be called twice, but not from a callback."""
        with self.locked() as is_open:  # a callback in progress still needs the handle
            if is_open:
                handle, self._handle = self._handle, None
                self._library.pw_stream_destroy(handle)
        self._connection.close()

    def _changed_state(self, _: int, before: int, after: int, error: bytes | None) -> None:
        self.state = State(after)
        if self._handle is None:  # it is being closed
            return
        if after <= State.UNCONNECTED:
            self.lost = self.lost or (error or b"").decode(errors="replace") or "the daemon ended the connection"
        self.on_state(State(before), State(after))
        if after != State.CONNECTING:
            self._settled.set()

    def _changed_param(self, _: int, parameter: int, pod: int | None) -> None:
        if parameter != pods.FORMAT or not pod:
            return
        size = 8 + ctypes.c_uint32.from_address(pod).value
        answer = self.on_format(ctypes.string_at(pod, size))
        self._library.pw_stream_update_params(self._handle, self._array([answer]), 1)

    def _added(self, _: int, buffer: "ctypes._Pointer[library.Buffer]") -> None:
        self._buffers[ctypes.addressof(buffer.contents)] = buffer.contents.buffer.contents

    def _removed(self, _: int, buffer: "ctypes._Pointer[library.Buffer]") -> None:
        self._buffers.pop(ctypes.addressof(buffer.contents), None)

    def _array(self, formats: Sequence[bytes]) -> "ctypes.Array[ctypes.c_void_p]":
        self._kept = [ctypes.create_string_buffer(pod, len(pod)) for pod in formats]
        return (ctypes.c_void_p * len(formats))(*map(ctypes.addressof, self._kept))
