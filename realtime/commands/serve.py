"""``greenless serve``: runs the network on this machine, or on a Ray cluster, for other machines that run greenless."""

import ssl
import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from realtime.commands.common import Common, say
from realtime.errors import SettingsError
from realtime.scale.serve_limits import Limits
from realtime.settings import paths, token_file
from realtime.settings.addresses import is_loopback
from realtime.settings.group import Group, within
from realtime.settings.schema import MattingSettings, Settings

if TYPE_CHECKING:
    from realtime.scale.cluster import Pool

EVERYDAY = ("host", "port", "replicas", "ray", "token_file", "certificate", "key", "weights", "reference_size")
"""What ``--help`` shows."""

SMALLEST_PX = 32 * 32
"""Pixels of the smallest frame of a network."""

BATCH = 8
"""Frames in one run of the network on a GPU."""


@dataclass(frozen=True, kw_only=True)
class Options(Group):
    """Run the network for other machines: one good machine mattes the frames of many weak ones.

    Clients send frames reduced to the size of the network, and get mattes back. On each client: greenless --runtime
    remote --server wss://HOST:PORT --token-file FILE. Needs the extra greenless[ray].
    """

    host: str = "127.0.0.1"
    """Address to listen on. 0.0.0.0 listens on all networks; then use --certificate and --key, or a proxy with TLS."""

    port: int = within(8480, 0, 65535)
    """Port to listen on. 0 uses any free port."""

    certificate: Path | None = None
    """Certificate for TLS, a PEM file with its chain."""

    key: Path | None = None
    """Private key of the certificate, a PEM file."""

    ray: Annotated[str, tyro.conf.arg(metavar="ADDRESS")] = ""
    """Ray cluster that runs the network: auto or HOST:6379. Empty: RAY_ADDRESS, or else this machine."""

    replicas: Annotated[int | Literal["auto"], tyro.conf.arg(metavar="N|auto")] = "auto"
    """Copies of the network. auto starts with one, and adds more while frames wait."""

    gpus_per_replica: Annotated[float | Literal["auto"], tyro.conf.arg(metavar="F|auto")] = "auto"
    """GPUs of each copy. auto: one, if the cluster has any."""

    clients: int = within(Limits.clients, 1, 10**6)
    """Clients at a time."""

    client_fps: float = within(Limits.fps, 0.01, 10**6, "fps")
    """Frames a second of each client. Faster ones wait."""

    largest_frame: int = within(Limits.largest_px, SMALLEST_PX, 10**8, "px")
    """Pixels of the largest frame that a client may send."""

    matting: Annotated[MattingSettings, tyro.conf.arg(name="")] = MattingSettings()

    stand_in_ms: Annotated[float, tyro.conf.arg(metavar="MS")] = within(0.0, 0, 10_000, "ms")
    """For measurements: replace the network by a pause of this length."""

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """Return the options with the values of the settings file."""
    return Options(matting=settings.matting)


def main(options: Options) -> int:
    """Serve until a signal ends it.

    Raises:
        realtime.errors.GreenlessError: an option is wrong, Ray is missing, or the address is in use.
    """
    from models import weights
    from realtime.scale import cluster
    from realtime.scale.serve_cluster import VARIABLES, deployed
    from realtime.scale.serve_front import Front, bind
    from realtime.scale.serve_network import NetworkOptions

    address = cluster.address_of(options.ray)
    _check(options, address)
    count = None if options.replicas == "auto" else options.replicas
    cpus = options.matting.threads or 1
    if address == cluster.LOCAL and count:  # each is a process with its own network
        here = cluster.Node(cpus=max(cluster.machine_cpus(), 2), gpus=0.0)
        cluster.fitting("replica", count, [here], cpus=cpus)
    tls = _tls(options)
    path = token_file.path_of(options.matting.token_file or str(paths.server_token_file()))
    token = token_file.read_or_made(path)
    if not options.stand_in_ms:
        weights.find(options.matting.weights)  # a missing one is an error before Ray starts
    with ExitStack() as opened:
        bound = opened.enter_context(bind(options.host, options.port))  # a port in use is an error before Ray starts
        local_cpus = count * cpus + 1 if count else 0
        opened.enter_context(cluster.joined(address, local_cpus=local_cpus, variables=VARIABLES))
        pool, most = _replicas(options, count, cpus)
        gains = options.stand_in_ms or pool.gpus
        network = NetworkOptions(
            matting=replace(options.matting, threads=cpus),
            largest_px=options.largest_frame,
            batch=BATCH if gains else 1,
            stand_in_ms=options.stand_in_ms,
        )
        app = f"greenless-{options.port}"
        matte, name, reference_px = opened.enter_context(deployed(network, pool, most=most, app=app))
        limits = Limits(clients=options.clients, fps=options.client_fps, largest_px=options.largest_frame)
        front = opened.enter_context(
            Front(matte, network=name, reference_px=reference_px, token=token, bound=bound, limits=limits, tls=tls)
        )
        _say(options, front.port, name, (pool.workers, most), path, token)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            say("ending: finishing the frames in work")
        front.close()
        counts = front.counts
        print(f"{counts.frames} mattes, {counts.failed} frames failed, {counts.refused} connections refused")
    return 0


def _check(options: Options, address: str) -> None:
    if options.matting.runtime == "remote":
        raise SettingsError("a server needs a network of its own", cure="Type --runtime auto", key="runtime")
    if options.matting.weights.partition(":")[0] == "chroma":
        raise SettingsError("the chroma key needs no server", cure="Choose a network: greenless weights list")
    if options.replicas != "auto" and not 0 < options.replicas <= 1000:
        raise SettingsError(f"expected replicas as auto or from 1 to 1000, got {options.replicas}")
    if options.gpus_per_replica != "auto" and not 0 <= options.gpus_per_replica <= 64:
        raise SettingsError(f"expected gpus-per-replica as auto or from 0 to 64, got {options.gpus_per_replica:g}")
    if address.startswith("ray://"):
        raise SettingsError(
            f"greenless serve cannot work through {address}", cure="Run it on a machine of the cluster with --ray auto"
        )


def _tls(options: Options) -> ssl.SSLContext | None:
    if (options.certificate is None) != (options.key is None):
        given, other = ("certificate", "key") if options.key is None else ("key", "certificate")
        raise SettingsError(f"--{given} needs --{other}", cure=f"Add --{other} FILE")
    if options.certificate is None or options.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.certificate, options.key, password=_no_password)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SettingsError(
            f"cannot use the certificate {options.certificate} with the key {options.key}: {why}",
            cure="Both must be PEM files that belong together; the key must have no password",
        ) from error
    return context


def _no_password() -> str:
    raise ValueError("the key has a password")


def _replicas(options: Options, count: int | None, cpus: int) -> "tuple[Pool, int]":
    """Choose the replicas for the joined cluster: those that run at least, and how many run at most.

    Raises:
        SettingsError: it cannot hold them.
    """
    from realtime.scale import cluster

    machines = cluster.nodes()
    wants_gpu = options.matting.provider in ("auto", "cuda", "tensorrt") and not options.stand_in_ms
    gpus = 1.0 if wants_gpu and any(node.gpus for node in machines) else 0.0
    if options.gpus_per_replica != "auto":
        gpus = options.gpus_per_replica
    fits = cluster.fitting("replica", count or 1, machines, cpus=cpus, gpus=gpus)
    most = count or max(1, fits if gpus else fits - cluster.FREE_CPUS)
    return cluster.Pool(workers=count or 1, cpus=cpus, gpus=gpus), most


def _say(options: Options, port: int, network: str, replicas: tuple[int, int], path: Path, token: str) -> None:
    least, most = replicas
    say(f"network: {network}, {least}{f' to {most}' if most > least else ''} replica{'s' * (most > 1)}")
    scheme = "wss" if options.certificate else "ws"
    host = {"0.0.0.0": "HOST", "::": "HOST", "": "HOST"}.get(options.host, options.host)
    url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    print(f"serving at {url}", flush=True)
    print(f"token, also in {path}: {token}", flush=True)
    say(
        "On each client, write the token into a file that only its user can read, and type: "
        f"greenless --runtime remote --server {url} --token-file FILE"
    )
    if is_loopback(options.host):
        say("only this machine reaches that address. For others: --host 0.0.0.0, or a proxy with TLS")
    elif scheme == "ws":
        say("not encrypted: others in the network can read frames and token. Use --certificate and --key, or a proxy")
