"""``Destination``: where a stream goes, as the user types it: ``rtmp://HOST/APP/KEY`` or ``whip:https://HOST/PATH``."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from models.shown import MASK, masked
from realtime.errors import SinkError

SCHEMES = ("rtmp", "rtmps", "srt", "rtsp")
"""Protocols of the URLs that are sinks as they are."""

WHIP = "whip"
"""Comes before the http:// or https:// URL of a WHIP server."""

USAGE = "rtmp://HOST/APP/KEY, rtmps://..., srt://HOST:PORT, rtsp://HOST/PATH, or whip:https://HOST/PATH"


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A server, and the stream on it."""

    kind: str
    """``rtmp``, ``rtmps``, ``srt``, ``rtsp`` or ``whip``."""

    url: str
    """The URL, with its secrets; for WHIP without the word before it."""

    @property
    def label(self) -> str:
        """The destination as the user typed it, without secrets."""
        return masked(f"{WHIP}:{self.url}" if self.kind == WHIP else self.url)

    @property
    def host(self) -> str:
        """The name or address of the server."""
        return urlsplit(self.url).hostname or ""

    def without_secrets(self, text: str) -> str:
        """Return ``text``, which a library or a server wrote, without the secrets of the URL."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            text = text.replace(secret, MASK)
        return masked(text)

    def failed(self, why: str, *, cure: str) -> SinkError:
        """Return the error of a stream that cannot begin."""
        return SinkError(f"cannot stream to {self.label}: {why}", cure=cure)

    def _secrets(self) -> set[str]:
        """The parts of the URL that ``masked`` replaces, alone and together."""
        parts = urlsplit(self.url)
        keys = (
            [parts.path] if self.kind == WHIP else [parts.path.strip("/").partition("/")[2]] * (parts.scheme != "rtsp")
        )
        keys += [part.partition("=")[2] for part in parts.query.split("&")] + [
            parts.password or "",
            parts.username or "",
        ]
        keys += [part for key in keys for part in key.split("/")]
        return {key for key in keys if len(key) > 3}


def is_destination(spec: str) -> bool:
    """Whether ``spec`` means a server, and not a device or a file."""
    return "://" in spec or spec.lower().startswith(tuple(f"{kind}:" for kind in (*SCHEMES, WHIP)))


def outline(spec: str) -> str:
    """Return an address that has a mistake, up to its server: anything after it may be a key."""
    text = masked(spec)
    start = re.match(r"\s*(?:[\w+.:-]*:/*)?[^/?#\\\s]*", text)
    return text if start is None or start[0] == text else f"{start[0]}/{MASK}"


def destination(spec: str) -> Destination:
    """Read what the user typed.

    Raises:
        SinkError: it names no server that greenless can stream to.
    """
    word, _, rest = spec.partition(":")
    kind, url = (WHIP, rest) if word.lower() == WHIP else (word.lower(), spec)
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise SinkError(f"cannot read the address {outline(spec)}: {error}", cure=f"Type {USAGE}") from error
    if re.search(r"\s", spec):
        raise SinkError(f"the address {outline(spec)} contains a space", cure=f"Type {USAGE}")
    web = parts.scheme in ("http", "https")
    if not (web if kind == WHIP else kind in SCHEMES):
        hint = f"For a WHIP server, put {WHIP}: before the address. " if web else ""
        raise SinkError(f"cannot stream to {outline(spec)}", cure=f"{hint}Type {USAGE}")
    if not host:
        raise SinkError(f"the address {outline(spec)} names no server", cure=f"Type {USAGE}")
    if kind == "srt" and not port:
        raise SinkError(f"the address {outline(spec)} has no port", cure="Type srt://HOST:PORT")
    return Destination(kind=kind, url=url)
