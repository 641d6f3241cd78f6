"""Asks the PipeWire daemon for its cameras and its session manager.

The methods of core and registry are inline functions in C, so they are called here through their tables of pointers.
The source is ``pipewire/core.h``, version 3 of both interfaces.
"""

import ctypes
import threading
from collections.abc import Callable, Mapping
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_size_t, c_uint32
from ctypes import c_void_p as pointer
from dataclasses import dataclass
from typing import Any

from realtime.pipewire.connection import Connection

ANSWER_S = 2.0
"""How long the daemon may take to list what it knows."""

MANAGERS = ("WirePlumber", "pipewire-media-session")

_VERSION = 3


class _Item(Structure):
    _fields_ = [("key", c_char_p), ("value", c_char_p)]


class _Dict(Structure):
    _fields_ = [("flags", c_uint32), ("n_items", c_uint32), ("items", POINTER(_Item))]


class _Interface(Structure):
    _fields_ = [("type", c_char_p), ("version", c_uint32), ("methods", POINTER(pointer)), ("data", pointer)]


_ADD_LISTENER = CFUNCTYPE(c_int, pointer, pointer, pointer, pointer)
_SYNC = CFUNCTYPE(c_int, pointer, c_uint32, c_int)
_GET_REGISTRY = CFUNCTYPE(pointer, pointer, c_uint32, c_size_t)
_METHODS = {"add_listener": (1, _ADD_LISTENER), "sync": (3, _SYNC), "get_registry": (6, _GET_REGISTRY)}
"""Name -> place in the table of pointers (the version is before the first), prototype. Both tables begin alike."""

_DONE = CFUNCTYPE(None, pointer, c_uint32, c_int)
_GLOBAL = CFUNCTYPE(None, pointer, c_uint32, c_uint32, c_char_p, c_uint32, POINTER(_Dict))


class _CoreEvents(Structure):
    _fields_ = [("version", c_uint32), ("info", pointer), ("done", _DONE), ("others", pointer * 6)]


class _RegistryEvents(Structure):
    _fields_ = [("version", c_uint32), ("found", _GLOBAL), ("removed", pointer)]


@dataclass(frozen=True, kw_only=True)
class Node:
    """A camera that PipeWire offers."""

    number: int
    """Its number until it goes."""

    name: str
    """Its name, which stays: ``v4l2_input.pci-0000_00_14.0-usb-0_5_1.0``."""

    description: str
    """Its name for people: ``Logitech C920``."""

    def __str__(self) -> str:
        return f"{self.description} ({self.name})" if self.description != self.name else self.name


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the daemon knows."""

    cameras: tuple[Node, ...]
    """In the order in which they came."""

    manager: str
    """Name of the session manager, which connects programs with cameras; empty if none runs."""


def look(connection: Connection) -> Known:
    """Ask the daemon what it knows, and close the connection.

    Raises:
        OSError: it does not answer.
    """
    found = _globals(connection)
    names = [properties.get("application.name", "") for _, properties in found]
    return Known(
        cameras=tuple(_camera(*each) for each in found if each[1].get("media.class") == "Video/Source"),
        manager=next((name for name in names if name in MANAGERS), ""),
    )


def _camera(number: int, properties: Mapping[str, str]) -> Node:
    name = properties.get("node.name") or str(number)
    return Node(number=number, name=name, description=properties.get("node.description") or name)


def _globals(connection: Connection) -> list[tuple[int, Mapping[str, str]]]:
    """Return number and properties of every object of the daemon."""
    found: list[tuple[int, Mapping[str, str]]] = []
    done = threading.Event()
    hooks = [ctypes.create_string_buffer(64) for _ in range(2)]  # ``struct spa_hook``: 48 bytes

    def add(_: int, number: int, permissions: int, kind: bytes, version: int, properties: Any) -> None:
        found.append((number, _words(properties)))

    core_events = _CoreEvents(version=0, done=_DONE(lambda *_: done.set()))
    registry_events = _RegistryEvents(version=0, found=_GLOBAL(add))
    with connection.locked():
        registry = _method(connection.core, "get_registry")(_VERSION, 0)
        _method(connection.core, "add_listener")(hooks[0], ctypes.addressof(core_events), None)
        _method(registry, "add_listener")(hooks[1], ctypes.addressof(registry_events), None)
        _method(connection.core, "sync")(0, 0)
    answered = done.wait(ANSWER_S)
    connection.close()  # before the listeners go
    if not answered:
        raise OSError("PipeWire does not answer")
    return found


def _method(proxy: int, name: str) -> Callable[..., Any]:
    """Return a method of a proxy, bound to it."""
    place, prototype = _METHODS[name]
    interface = _Interface.from_address(proxy)
    function: Callable[..., Any] = prototype(interface.methods[place])
    return lambda *arguments: function(interface.data, *arguments)


def _words(properties: Any) -> dict[str, str]:
    if not properties:
        return {}
    items = properties.contents.items[: properties.contents.n_items]
    return {item.key.decode(errors="replace"): (item.value or b"").decode(errors="replace") for item in items}
