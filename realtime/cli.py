"""The command line: runs the command named by the words after ``greenless``, and returns its exit status.

Each command is a module of ``realtime.commands``. tyro builds its parser from ``Options``; ``main(options)`` runs it
and returns the exit status. A module may define ``defaults(settings)``, which fills ``Options`` from the settings file,
``EVERYDAY``, the options that ``--help`` shows, and ``completed(words)``, which completes the command line. Only the
chosen module is imported, so that help does not wait for OpenCV or a runtime.
"""

import argparse
import codecs
import difflib
import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.shown import MASK, masked, shown
from realtime import __version__, ending
from realtime.commands import COMMANDS, module_of
from realtime.errors import GreenlessError, SettingsError
from realtime.settings import file as settings_file
from realtime.settings import paths, presets
from realtime.settings.schema import Settings

BYTES_OR_ESCAPES = "greenless"
"""Error handler of standard output: a name that its encoding lacks never ends a command after its work."""

FAILED = 2
INTERRUPTED = 130
_HANGS_UP = ending.numbers("SIGHUP", "SIGQUIT", "SIGBREAK")
"""A live run that one of these ends has its status. Ctrl-C and SIGTERM are usual ends, with status 0."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after ``greenless``; None for those of the process.

    Returns:
        The exit status: 0 done, 1 the command found a problem, 2 a reported error, 130 Ctrl-C, 143 SIGTERM, 129 the
        terminal closed, 131 SIGQUIT.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    codecs.register_error(BYTES_OR_ESCAPES, _bytes_or_escape)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=BYTES_OR_ESCAPES)
    with ending.signals() as signals:
        try:
            status = _reported(words)
        except KeyboardInterrupt as end:
            return end.status if isinstance(end, ending.Asked) else INTERRUPTED
        except Exception:
            if signals.first is None:
                raise
            return ending.status_of(signals.first)  # a closed terminal accepts no output
    if signals.first in _HANGS_UP:
        return ending.status_of(signals.first)
    return status


def _reported(words: list[str]) -> int:
    """Run one command and report its error."""
    try:
        return _dispatch(words)
    except GreenlessError as error:
        if "--debug" in words:
            print(masked(traceback.format_exc()), end="", file=sys.stderr)
        print(f"greenless: error: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        # The reader is gone. Discard what Python flushes at its end, without a second error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _dispatch(words: list[str]) -> int:
    first = words[0] if words else ""
    if first in ("-h", "--help"):
        print(_overview())
        return 0
    if first == "--version":
        print(f"greenless {__version__}")
        return 0
    name = "run" if not first or first.startswith("-") else words.pop(0)
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        cure = f"Did you mean greenless {near[0]}?" if near else "greenless --help lists the commands"
        raise SettingsError(f"unknown command {shown(name)}", cure=cure)
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # its warnings repeat our errors
    module = importlib.import_module(module_of(name))
    options = parse(module, name, words)
    from realtime.commands.common import logged

    with logged(options.common):
        return int(module.main(options))


def parse(module: Any, name: str, words: list[str]) -> Any:
    """Parse the ``Options`` of a command. Flags override the settings file; the file overrides the defaults."""
    from realtime.commands import flags

    words = getattr(module, "completed", list)(words)
    filled = {"default": module.defaults(_from_file(words))} if hasattr(module, "defaults") else {}
    everyday = getattr(module, "EVERYDAY", ())
    return flags.parse(module.Options, words, prog=f"greenless {name}", everyday=everyday, **filled)


def _from_file(words: list[str]) -> Settings:
    """Read the settings file that ``--settings`` names, or the user's, and apply the preset of ``--preset``."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    early.add_argument("--settings", type=Path)
    early.add_argument("--preset")
    given = early.parse_known_args(words)[0]
    named: Path | None = given.settings
    path = named or paths.settings_file()
    file = settings_file.load(path) if named else presets.contents(path)
    settings = presets.with_preset(file.settings, given.preset, file) if given.preset else file.settings
    if any(word.partition("=")[0] == "--sink" for word in words):
        settings = replace(settings, sink=())  # repeated flags append, but they must replace the file's sinks
    if any(word.startswith(("-h", "--help")) for word in words):  # help shows it as the default
        sinks = tuple(map(_without_secrets, settings.sink))
        settings = replace(settings, source=_without_secrets(settings.source), sink=sinks)
    return settings


def _without_secrets(source: str) -> str:
    shown = masked(source)
    return shown if shown == source else shown.partition("?")[0].replace(f"{MASK}@", "").replace(f"/{MASK}", "")


def _bytes_or_escape(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replace a character that the encoding lacks: by the byte of a file name that it encodes, so that another program
    finds the file, or by an escape."""
    assert isinstance(error, UnicodeEncodeError)
    character = error.object[error.start]
    end = error.start + 1
    byte = ord(character) - 0xDC00  # PEP 383
    return (bytes([byte]), end) if 0x80 <= byte <= 0xFF else (character.encode("ascii", "backslashreplace"), end)


def _overview() -> str:
    lines = ["usage: greenless [COMMAND] [OPTIONS]", "", "Your own background in any call, from any webcam.", ""]
    lines += [f"  {name:<12}{what}" for name, what in COMMANDS.items()]
    lines += ["", "greenless COMMAND --help shows the options of a command; greenless --version shows the version."]
    return "\n".join(lines)
