"""Makes values fit to show: short, printable in every terminal, log, file and JSON answer, and without secrets.

``MASK`` replaces the secrets of a URL: the login before its ``@``, the values of its query, and the key of a stream in
its path.
"""

import re

MASK = "***"
"""Replaces a login, a value in a query, or a key in a path."""

_GONE = re.escape(MASK)

LONGEST = 300
"""Characters of one value."""

_LONGEST_LINE = 1 << 14
"""Characters of one line; a longer one is cut, because the expressions below read it several times."""

_SCHEME = r"(?<![\w+.-])([A-Za-z][\w+.-]+:/{1,2})"  # a Path reduces two slashes to one
_LOGIN = re.compile(
    _SCHEME + r"(?:[^/?#]*@"
    r"|[^\s/?#@:]+:(?!\d{1,5}(?:[/?#]|$))[^\s'\"]*@)"  # a password with a slash; never a port
)
_KEY = r"(?!(?:KEY|PATH)\b)[^\s?#'\"]*[^\s?#'\":;,.)]"  # no example, and no end of a sentence
_RTMP_KEY = re.compile(r"(?<![\w+.-])((?i:rtmp\w{0,2}):/{1,2}[^\s/?#'\"]+/[^\s/?#'\"]+/)" + _KEY)
"""An RTMP server has applications, and below each of them the keys of its streams."""

_LONE_KEY = re.compile(
    r"(?<![\w+.-])((?i:rtmp\w{0,2}):/{1,2}[^\s/?#'\"]+/)(?=[^\s/?#'\"]*\d)[\w-]{16,}(?![^\s?#'\":;,.)])"
)
"""A key without the application before it."""

_WHIP_KEY = re.compile(r"(?<![\w+.-])((?i:\w+:https?|whip\w?):/{1,2}[^\s/?#'\"]+/)" + _KEY)
"""A WHIP server may have a key anywhere in its path. The word before its address may be misspelt."""

_NO_SCHEME = r"(?!(?i:https?|wss?|rtsps?|srt|udp|tcp|file|ftp|s3a?|gc?s|abfss?|az|hdfs|memory)://)"
_MISSPELT_KEY = re.compile(r"(?<![\w+.-])" + _NO_SCHEME + r"([A-Za-z][\w+.-]+://[^\s/?#'\"]*/[^\s/?#'\"]+/)" + _KEY)
"""An unknown scheme is perhaps that of RTMP, misspelt: ``rmtp://HOST/APP/KEY``."""

_RTSP_KEY = re.compile(
    r"(?<![\w+.-])(rtsps?:/{1,2}[^\s?#'\"]+?/)(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{16,}(?![^\s/?#'\"])"
)
"""Some cameras have a random word in their path, which lets everybody in who knows it."""

_QUERY = re.compile(_SCHEME + r"([^\s?#'\"]*)\?([^\s#'\"]+)")
_SRT_QUERY = re.compile(r"(?<![\w+.-])(srt:/{1,2})([^\s?#'\"]*)\?([^\s'\"]+)", re.IGNORECASE)
"""The identifier of an SRT stream may contain a number sign: ``streamid=#!::u=USER,s=SECRET``."""

_MASKED = re.compile(r"(?:\w+:)?" + _SCHEME + rf"(?:{_GONE}@|[^\s?#]*/{_GONE}(?=[/?#]|$)|[^\s?#]*\?[^\s#]*{_GONE})")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def masked(text: str) -> str:
    """Return ``text`` with ``MASK`` for the login and the query values of each URL."""
    return "\n".join(map(_masked_line, text.split("\n"))) if "/" in text else text


def is_masked(text: str) -> bool:
    """Whether ``text`` is a URL that ``masked`` has changed, and that therefore cannot be opened."""
    return _MASKED.match(text) is not None


def printable(text: str) -> str:
    """Return ``text`` with control characters and lone surrogates as escapes."""
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str) -> str:
    """Return ``text``, such as the name of a file, as ``printable`` does and without line breaks."""
    return printable(text).replace("\n", "\\n")


def shown(value: object) -> str:
    """Return the ``repr`` of ``value`` for an error, masked and cut."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, lists in lists
        return f"a value of the type {type(value).__name__} that is too large to show"
    return clipped(masked(text))


def clipped(text: str, longest: int = LONGEST) -> str:
    """Return ``text`` cut to ``longest`` characters."""
    return text if len(text) <= longest else f"{text[:longest]}..."


def _masked_line(line: str) -> str:
    line = _LOGIN.sub(rf"\g<1>{MASK}@", line[:_LONGEST_LINE])
    for key in (_RTMP_KEY, _LONE_KEY, _WHIP_KEY, _MISSPELT_KEY, _RTSP_KEY):
        line = key.sub(rf"\g<1>{MASK}", line)
    line = _SRT_QUERY.sub(lambda url: f"{url[1]}{url[2]}?{_values(url[3])}", line)
    return _QUERY.sub(lambda url: f"{url[1]}{url[2]}?{_values(url[3])}", line)


def _values(query: str) -> str:
    """Mask the values of a query; a query without names is one value."""
    return re.sub(r"=[^&;]+?(?=[:,.)]*(?:[&;]|$))", f"={MASK}", query) if "=" in query else MASK
