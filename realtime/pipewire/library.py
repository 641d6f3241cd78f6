"""``libpipewire-0.3``: the structures, prototypes and constants that greenless needs. Linux only.

Sources: ``pipewire/stream.h``, ``pipewire/thread-loop.h``, ``pipewire/context.h`` and ``spa/buffer/buffer.h`` of
PipeWire 0.3; version 1 keeps this binary interface.
"""

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_bool,
    c_char_p,
    c_int,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
)
from ctypes import c_void_p as pointer
from functools import cache

NAME = "libpipewire-0.3.so.0"

ANY_NODE = 0xFFFFFFFF
"""No node in particular."""

INPUT, OUTPUT = 0, 1
"""Directions of a stream."""

AUTOCONNECT, MAP_BUFFERS, DRIVER = 1 << 0, 1 << 2, 1 << 3
"""Flags of a stream: the session manager links it; its buffers are mapped; it sets the pace of the graph."""

BUSY = 7
"""Type of a ``Meta``."""


class Chunk(Structure):
    """Where the pixels of a block are."""

    _fields_ = [("offset", c_uint32), ("size", c_uint32), ("stride", c_int32), ("flags", c_int32)]


class Data(Structure):
    """One block of memory of a buffer."""

    _fields_ = [
        ("type", c_uint32),
        ("flags", c_uint32),
        ("descriptor", c_int64),
        ("map_offset", c_uint32),
        ("max_size", c_uint32),
        ("data", pointer),
        ("chunk", POINTER(Chunk)),
    ]


class Meta(Structure):
    """What is said about a buffer, in memory that producer and consumers share."""

    _fields_ = [("type", c_uint32), ("size", c_uint32), ("data", pointer)]


class Busy(Structure):
    """The content of a ``Meta`` of type ``BUSY``: how many hold the buffer."""

    _fields_ = [("flags", c_uint32), ("count", c_uint32)]


class SpaBuffer(Structure):
    """The blocks of a buffer."""

    _fields_ = [("n_metas", c_uint32), ("n_datas", c_uint32), ("metas", POINTER(Meta)), ("datas", POINTER(Data))]


class Buffer(Structure):
    """A buffer of a stream."""

    _fields_ = [("buffer", POINTER(SpaBuffer)), ("user", pointer), ("size", c_uint64), ("requested", c_uint64)]


STATE_CHANGED = CFUNCTYPE(None, pointer, c_int, c_int, c_char_p)
PARAM_CHANGED = CFUNCTYPE(None, pointer, c_uint32, pointer)
BUFFER_CHANGED = CFUNCTYPE(None, pointer, POINTER(Buffer))
PROCESS = CFUNCTYPE(None, pointer)


class StreamEvents(Structure):
    """The callbacks of a stream, version 2; those left out are null."""

    _fields_ = [
        ("version", c_uint32),
        ("destroy", pointer),
        ("state_changed", STATE_CHANGED),
        ("control_info", pointer),
        ("io_changed", pointer),
        ("param_changed", PARAM_CHANGED),
        ("add_buffer", BUFFER_CHANGED),
        ("remove_buffer", BUFFER_CHANGED),
        ("process", PROCESS),
        ("drained", pointer),
        ("command", pointer),
        ("trigger_done", pointer),
    ]


_PROTOTYPES = {
    "pw_init": (None, pointer, pointer),
    "pw_thread_loop_new": (pointer, c_char_p, pointer),
    "pw_thread_loop_get_loop": (pointer, pointer),
    "pw_thread_loop_start": (c_int, pointer),
    "pw_thread_loop_stop": (None, pointer),
    "pw_thread_loop_lock": (None, pointer),
    "pw_thread_loop_unlock": (None, pointer),
    "pw_thread_loop_destroy": (None, pointer),
    "pw_context_new": (pointer, pointer, pointer, c_size_t),
    "pw_context_connect": (pointer, pointer, pointer, c_size_t),
    "pw_context_connect_fd": (pointer, pointer, c_int, pointer, c_size_t),
    "pw_context_destroy": (None, pointer),
    "pw_properties_new_string": (pointer, c_char_p),
    "pw_stream_new": (pointer, pointer, c_char_p, pointer),
    "pw_stream_add_listener": (None, pointer, pointer, POINTER(StreamEvents), pointer),
    "pw_stream_connect": (c_int, pointer, c_int, c_uint32, c_int, pointer, c_uint32),
    "pw_stream_update_params": (c_int, pointer, pointer, c_uint32),
    "pw_stream_dequeue_buffer": (POINTER(Buffer), pointer),
    "pw_stream_queue_buffer": (c_int, pointer, POINTER(Buffer)),
    "pw_stream_trigger_process": (c_int, pointer),
    "pw_stream_flush": (c_int, pointer, c_bool),
    "pw_stream_destroy": (None, pointer),
}
"""Function -> type of its result, types of its arguments."""


@cache
def load() -> ctypes.CDLL:
    """Load and initialise the library, once.

    Raises:
        OSError: it is not installed.
    """
    library = ctypes.CDLL(NAME, use_errno=True)
    for name, (result, *arguments) in _PROTOTYPES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.pw_init(None, None)
    return library
