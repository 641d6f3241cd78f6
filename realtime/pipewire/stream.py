"""``Stream``: one stream of video to or from the PipeWire daemon."""

import ctypes
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum

from realtime.ending import Closing
from realtime.pipewire import library, pods
from realtime.pipewire.connection import Connection

log = logging.getLogger("greenless")


class State(IntEnum):
    """``pw_stream_state``."""

    ERROR = -1
    UNCONNECTED = 0
    CONNECTING = 1
    PAUSED = 2
    STREAMING = 3


class Direction(IntEnum):
    """Whether a stream takes frames from the daemon or gives them to it."""

    INPUT = 0
    OUTPUT = 1


class Stream(Closing):
    """One stream. The thread of the connection runs its callbacks; they must be short.

    Args:
        connection: an open connection; the stream owns it from here on.
        direction: which way the frames go.
        name: shown to the user by other programs.
        properties: of the node, as PipeWire names them.
        formats: pods of the formats, the preferred one first.
        flags: of ``pw_stream_connect``, see ``library``.
        node: number of the node to connect to.
        on_state: takes the previous and the new state.
        on_format: takes the pod of the format that was agreed; returns the pod of the buffers.
        on_frame: a buffer has arrived or is free; None if nobody needs to know.

    Attributes:
        state: the current state.
        lost: why the stream ended without ``close``; empty while it works.

    Raises:
        OSError: the daemon refuses the stream.
    """

    def __init__(
        self,
        connection: Connection,
        direction: Direction,
        *,
        name: str,
        properties: Mapping[str, str],
        formats: Sequence[bytes],
        flags: int,
        node: int = library.ANY_NODE,
        on_state: Callable[[State, State], None] = lambda before, after: None,
        on_format: Callable[[bytes], bytes],
        on_frame: Callable[[], None] | None = None,
    ) -> None:
        self.state = State.UNCONNECTED
        self.lost = ""
        self._connection, self._library = connection, connection.library
        self._on_state, self._on_format, self._on_frame = on_state, on_format, on_frame
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
        if on_frame is not None:
            self._events.process = library.PROCESS(self._process)
        self._handle: int | None = None
        try:
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
        except BaseException:
            self.close()
            raise

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the thread of the stream; yield whether the stream is open."""
        if self._handle is None:
            yield False
            return
        with self._connection.locked():
            yield self._handle is not None

    def settle(self, timeout_s: float) -> bool:
        """Wait until the daemon has accepted or refused the stream; return whether it answered in time."""
        return self._settled.wait(timeout_s)

    def dequeue(self) -> "ctypes._Pointer[library.Buffer] | None":
        """Take a buffer; None if there is none. Only inside ``locked`` or a callback; ``queue`` returns it."""
        return self._library.pw_stream_dequeue_buffer(self._handle) or None

    def queue(self, buffer: "ctypes._Pointer[library.Buffer]") -> None:
        """Give a buffer back."""
        self._library.pw_stream_queue_buffer(self._handle, buffer)

    def trigger(self) -> None:
        """Start a cycle of the graph now. Only for a driver, inside ``locked``."""
        self._library.pw_stream_trigger_process(self._handle)

    def flush(self) -> None:
        """Drop all queued frames. Only inside ``locked`` or a callback."""
        self._library.pw_stream_flush(self._handle, False)

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
        self._on_state(State(before), State(after))
        if after != State.CONNECTING:
            self._settled.set()

    def _changed_param(self, _: int, parameter: int, pod: int | None) -> None:
        if parameter != pods.FORMAT or not pod:
            return
        size = 8 + ctypes.c_uint32.from_address(pod).value
        answer = self._on_format(ctypes.string_at(pod, size))
        self._library.pw_stream_update_params(self._handle, self._array([answer]), 1)

    def _added(self, _: int, buffer: "ctypes._Pointer[library.Buffer]") -> None:
        self._buffers[ctypes.addressof(buffer.contents)] = buffer.contents.buffer.contents

    def _removed(self, _: int, buffer: "ctypes._Pointer[library.Buffer]") -> None:
        self._buffers.pop(ctypes.addressof(buffer.contents), None)

    def _process(self, _: int) -> None:
        if self._on_frame is not None:
            self._on_frame()

    def _array(self, formats: Sequence[bytes]) -> "ctypes.Array[ctypes.c_void_p]":
        self._kept = [ctypes.create_string_buffer(pod, len(pod)) for pod in formats]
        return (ctypes.c_void_p * len(formats))(*map(ctypes.addressof, self._kept))
