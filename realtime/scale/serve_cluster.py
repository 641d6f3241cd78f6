"""Puts the network on Ray Serve, and asks it for mattes: the only module that knows both Ray Serve and the front.

Frames go to the replicas as bytes over gRPC, because that takes half the CPU time of Ray's own calls and never touches
the object store.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from realtime.errors import GreenlessError, MissingExtra, last_line
from realtime.scale.cluster import Pool
from realtime.scale.serve_calls import Calls
from realtime.scale.serve_network import Network, NetworkOptions

log = logging.getLogger("greenless")

ONGOING = 1.5
"""Calls in work for each replica, on average, above which another replica starts."""

Matte = Callable[[bytes], Awaitable[bytes]]
"""Returns the answer to a request."""

DRAINS_S = 5.0
"""A replica that leaves finishes its frames for this long."""

VARIABLES = {
    "RAY_SERVE_USE_GRPC_BY_DEFAULT": "1",
    "RAY_SERVE_LOG_TO_STDERR": "0",
    "RAY_worker_niceness": "0",  # Ray makes its workers yield to everything else: a frame would wait
    "RAY_raylet_start_wait_time_s": "120",  # half a minute is not enough on a busy machine
}
"""Of the environment of Ray's processes."""


@contextmanager
def deployed(options: NetworkOptions, pool: Pool, *, most: int, app: str) -> Iterator[tuple[Matte, str, int]]:
    """Run the network on the joined cluster while the block runs.

    Yields the function that returns the answer to a request, the name of network, runtime and device, for people, and
    the reference size in px.

    Args:
        options: what each replica runs.
        pool: the replicas that run at least.
        most: how many run at most; more of them run while many frames are in work.
        app: the name of the application on the cluster.

    Raises:
        MissingExtra: Ray is there without Ray Serve.
        GreenlessError: the network does not start there.
    """
    try:
        from ray import serve
    except ImportError as error:
        raise MissingExtra(error.name or "ray[serve]", "ray") from error

    quiet = {"log_level": "ERROR", "enable_access_log": False}
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    serve.start(proxy_location="Disabled", logging_config=quiet)
    try:
        network: Any = serve.deployment(name="Network", **_shape(options, pool, most))(Network)
        try:
            handle = serve.run(network.bind(options), name=app, route_prefix=None, logging_config=quiet)
            name, reference_px = handle.describe.remote().result(timeout_s=60)
        except (RuntimeError, TimeoutError) as error:
            raise GreenlessError(
                f"the network does not start on Ray: {last_line(error)}",
                cure="Try it without Ray: greenless --source sample --sink null --seconds 5",
            ) from error
        yield _asking(handle, most), name, reference_px
    finally:
        with suppress(Exception):  # Ray may be gone already
            serve.delete(app)


def _shape(options: NetworkOptions, pool: Pool, most: int) -> dict[str, Any]:
    return {
        "autoscaling_config": {
            "min_replicas": pool.workers,
            "initial_replicas": pool.workers,
            "max_replicas": most,
            "target_ongoing_requests": ONGOING,
            "upscale_delay_s": 3,
            "downscale_delay_s": 120,
        },
        "max_ongoing_requests": max(16, 4 * options.batch),
        "health_check_period_s": 2,
        "health_check_timeout_s": 10,
        "graceful_shutdown_timeout_s": DRAINS_S,
        "graceful_shutdown_wait_loop_s": 0.1,
        "ray_actor_options": {"num_cpus": pool.cpus, "num_gpus": pool.gpus},
    }


def _asking(handle: Any, most: int) -> Matte:
    """Return the function that asks the replicas behind ``handle``."""
    from ray.exceptions import RayError

    async def ask(requests: list[bytes]) -> list[bytes]:
        answers: list[bytes] = await handle.mattes.remote(requests)
        return answers

    return Calls(ask, most=2 * most, lost=RayError).matte
