"""Follows the state of the newest run, as the control page does."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from realtime.errors import ControlError
from realtime.web import client

_AGAIN_S = 0.5
"""How often it looks for a run while there is none."""

_LEAVE_S = 1.0
"""How long a run may take to answer that the connection closes."""


async def states() -> AsyncGenerator[dict[str, Any] | None, None]:
    """Yield the state of the newest run at each change, and None while there is no run. Never ends; close it."""
    while True:
        try:
            run = await asyncio.to_thread(client.running)
            address = f"{run.url.replace('http', 'ws', 1)}/api/events"
            headers = {"Authorization": f"Bearer {run.token}"}
            async with connect(
                address, additional_headers=headers, proxy=None, max_size=None, close_timeout=_LEAVE_S
            ) as events:
                async for text in events:
                    event = json.loads(text)
                    if event["event"] == "state":
                        yield event["state"]
        except (ControlError, ConnectionRefusedError):  # no run, or one whose server failed
            yield None
        except (OSError, WebSocketException):  # the run ended
            pass
        await asyncio.sleep(_AGAIN_S)
