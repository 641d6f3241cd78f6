"""Values that no setting wants, for every setting, by every way: as JSON, as TOML and as words of a command line.

``GREENLESS_CALLS`` says how many of them are tried in each test; 0 tries them all.
"""

import os
import random
from collections.abc import Sequence
from typing import TypeVar

from realtime.settings.schema import Settings
from realtime.settings.tree import groups, keys

CALLS = int(os.environ.get("GREENLESS_CALLS", "100"))

DIGITS = "1" * 6000
DEEP = 900
"""Lists in lists: a parser still takes them, what works on them may not."""

_NUMBERS = ("0", "-1", "7", "1.5", "-0.0", "1e308", "1" * 309, "-" + "1" * 309)
_NAMES = (
    "",
    " ",
    "../..",
    "/",
    "~nosuchuser/x",
    "~nosuchuser/x.png",
    "~nosuchuser/x.onnx",
    "n" * 300 + ".png",
    "n" * 300 + ".onnx",
    "n" * 300 + ".mp4",
    "é" * 200,
    "/root/../" * 600,
    "nosuch/" * 300 + "x.mp4",
    "blur:nan",
    "blur:1e999",
    "lens:",
    "#12345",
    "chroma:#zz",
    "chroma:",
    "screen:99999999999999999999",
    "screen:-1",
    "sample:x",
    "nosuch://",
    "://",
    "rtsp://***@camera/live",
    "rtsp://camera/live?key=***",
    "virtual-camera:",
    "auto",
    "\u202egnp.x",
    "\U0001f984",
)
_NOT_TEXT = ("\0", "x\0.png", "x\ny", "\x1b[2J", "\x7f", "\x85")

JSON = (
    *_NUMBERS,
    *("null", "true", "false", "[]", "{}", "[[]]", '{"a": 1}', "[null]", "[1]", '[""]', "NaN", "Infinity", "-Infinity"),
    DIGITS,
    "[" * DEEP + "]" * DEEP,
    '{"a":' * DEEP + "1" + "}" * DEEP,
    *(f'"{name}"' for name in _NAMES),
    *(f'["{name}"]' for name in _NAMES),
    *('"\\u0000"', '"x\\u0000.png"', '"x\\ny"', '"\\u001b[2J"', '"\\u0085"', '["\\u0000"]', '["\\u0000.mp4"]'),
    *('"\\ud800"', '"\\udcff.png"', '["\\ud800"]', '["\\udcff.mp4"]'),
    '"' + "x" * 60000 + '"',
)
TOML = (
    *(number for number in _NUMBERS if number != "-0.0"),
    *("true", "[]", "{}", "[[]]", "{a = 1}", "[1]", "nan", "inf", "-inf", "1979-05-27T07:32:00Z", "07:32:00"),
    *(DIGITS, "0x" + "f" * 6000, "-" + DIGITS, DIGITS + ".0", "1e" + DIGITS),
    *("[" * DEEP + "]" * DEEP, "[" * 100_000 + "]" * 100_000, "{a=" * 400 + "1" + "}" * 400),
    *(f'"{name}"' for name in _NAMES),
    *(f'["{name}"]' for name in _NAMES),
    *('"\\u0000"', '"x\\ny"', '"\\u001b[2J"', '"\\u0085"', '"\\ud800"', '"""\nx"""'),
)
WORDS = (*_NUMBERS, *_NAMES, *_NOT_TEXT[1:], "nan", "inf", "-inf", DIGITS, "\udcff", "\udcff.png", "x" * 60000)

KEYS = tuple((name, field.name) for name, group in groups(Settings()) for field in keys(group))

_T = TypeVar("_T")


def some(cases: Sequence[_T]) -> Sequence[_T]:
    """As many of the cases as are asked for; always the same ones."""
    return random.Random(0).sample(cases, CALLS) if 0 < CALLS < len(cases) else cases
