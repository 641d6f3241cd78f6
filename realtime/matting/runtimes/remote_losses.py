"""Why a connection to a matting server is lost or refused, in words for people."""

import os
import re
import ssl

from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

_NO_TLS = " (without --certificate, greenless serve needs ws://)"
_WITH_TLS = " (with --certificate, greenless serve needs wss://)"


class LinkLost(Exception):
    """The connection is lost, or the server did not answer; the text says why."""


class Refused(LinkLost):
    """The server answered and refused this client: a wrong token, or another protocol. Trying again cannot help."""


def reason(error: Exception) -> str:
    """Return the words for an attempt to connect that failed, or for a connection that broke."""
    if isinstance(error, ConnectionClosed):
        return f"the connection ended{f': {error.rcvd.reason}' if error.rcvd and error.rcvd.reason else ''}"
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message} (SSL_CERT_FILE=ca.pem adds a CA)"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error}{_NO_TLS}"
    if isinstance(error, OSError):
        # asyncio words it "Connect call failed ('127.0.0.1', 8480)", once for each address of the host.
        found = re.search(r"\[Errno (\d+)\] Connect call failed", str(error))
        what = os.strerror(int(found[1])) if found else error.strerror or str(error)
        return what or f"it ended the connection{_NO_TLS}"
    if isinstance(error, InvalidMessage):
        return f"no matting server answers there{_WITH_TLS}"
    return str(error) or type(error).__name__


def refusal(error: InvalidStatus) -> LinkLost:
    """Return the error for a server that answered with an HTTP status."""
    status = error.response.status_code
    text = bytes(error.response.body or b"").decode(errors="replace").strip()[:200]
    kind = Refused if status in (401, 403, 404) else LinkLost
    return kind(text if status in (401, 503) and text else f"the server answered with the HTTP status {status}")
