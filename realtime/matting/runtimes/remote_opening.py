"""How a client connects to a matting server: only to the typed address, with the token, over TLS if it is ``wss``."""

import logging
import ssl

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from realtime.matting.runtimes.remote_wire import SUBPROTOCOL

HELLO_S = 5.0
"""A server that takes longer for a connection, or for its welcome, is not there."""

_LARGEST_ANSWER = 16 * 1024**2
_QUIET = logging.getLogger("greenless.websockets")
_QUIET.setLevel(logging.CRITICAL + 1)  # the link reports what matters


class _Straight(connect):
    """Connects to the typed address only: a redirect would send frames and token elsewhere."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def opening(url: str, token: str) -> connect:
    """Return the context manager of a connection to ``url``. It uses no proxy, and follows no redirect."""
    return _Straight(
        url,
        additional_headers={"Authorization": f"Bearer {token}"},
        compression=None,
        logger=_QUIET,
        max_size=_LARGEST_ANSWER,
        open_timeout=HELLO_S,
        ping_interval=2,
        ping_timeout=5,
        close_timeout=0.5,
        proxy=None,
        ssl=ssl.create_default_context() if url.startswith("wss") else None,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
    )
