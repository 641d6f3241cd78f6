"""Measures remote matting on one machine: what a server adds to the time of the network, over loopback.

    python benchmarks/remote.py                       # a stand-in network of 5 ms, then the real one
    python benchmarks/remote.py --holds               # and how many clients of 30 fps one replica holds
    python benchmarks/remote.py --failover            # and how long a frame takes whose server is lost

Clients, server and Ray share the processor here. So read the figures beside the direct call of the same network, which
is measured in the same run, and beside the load.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from realtime.capture import open_source
from realtime.frame import Frame, Pixels
from realtime.matting import open_matter
from realtime.matting.runtimes import remote_wire
from realtime.matting.runtimes.remote_matter import open_remote
from realtime.media.shrink import shrink
from realtime.scale.serve_network import StandIn
from realtime.settings.schema import CameraSettings, MattingSettings
from realtime.settings.token_file import read

FPS = 30
SIZE = (512, 288)
CLIENTS = (1, 4, 8)
STAND_IN_MS = 5.0
MORE_CLIENTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
HELD = 0.98
"""A replica holds its clients if it answers this share of their frames within two periods."""


@dataclass
class Measured:
    """The answers to some clients."""

    delays_s: list[float] = field(default_factory=list)
    due: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    seconds: float = 0.0
    client_s: float = 0.0
    server_s: float = 0.0

    def quantile_ms(self, quantile: float) -> float:
        """Return a quantile of the delays, in ms."""
        ordered = sorted(self.delays_s)
        return 1000 * ordered[int(quantile * (len(ordered) - 1) + 0.5)] if ordered else float("nan")


def main() -> None:
    """Measure, and print rows of a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--holds", action="store_true")
    parser.add_argument("--failover", action="store_true")
    options = parser.parse_args()
    frames = sample_frames()
    print("| network | clients | direct ms | added p50 ms | added p95 ms | answered | CPU ms a frame | Mbit/s | load |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, stand_in_ms in (("stand-in, 5 ms", STAND_IN_MS), ("greenless-lite", 0.0)):
        direct_s = direct(frames, stand_in_ms)
        with serving(stand_in_ms) as (port, token):
            for count in CLIENTS:
                before = cpu_s()
                measured = asyncio.run(clients(port, token, frames, count, options.seconds))
                measured.client_s, measured.server_s = (after - was for after, was in zip(cpu_s(), before, strict=True))
                print(row(name, direct_s, measured, count), flush=True)
            if options.holds:
                print(f"\n{name}: one replica holds {holds(port, token, frames, options.seconds)} clients\n")
    if options.failover:
        failover(frames)


def row(name: str, direct_s: float, measured: Measured, count: int) -> str:
    """Return the row of one measurement; the rates are for one client at 30 fps."""
    added = [f"{measured.quantile_ms(quantile) - 1000 * direct_s:.1f}" for quantile in (0.5, 0.95)]
    answered = f"{100 * len(measured.delays_s) / max(1, measured.due):.0f} %"
    rates = [8e-6 * FPS * size / max(1, len(measured.delays_s)) for size in (measured.bytes_out, measured.bytes_in)]
    costs = [1000 * cpu_s / max(1, len(measured.delays_s)) for cpu_s in (measured.client_s, measured.server_s)]
    load = f"{os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores"
    return (
        f"| {name} | {count} | {1000 * direct_s:.1f} | {added[0]} | {added[1]} | {answered} "
        f"| {costs[0]:.1f} + {costs[1]:.1f} | {rates[0]:.1f} + {rates[1]:.1f} | {load} |"
    )


def cpu_s() -> tuple[float, float]:
    """Return the CPU time of this process, and of all processes that it started: the server and its Ray."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            values = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        pid = int(stat.parent.name)
        parents[pid] = int(values[1])
        spent[pid] = (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")

    def is_ours(pid: int) -> bool:
        while pid not in (0, 1):
            pid = parents.get(pid, 0)
            if pid == os.getpid():
                return True
        return False

    return time.process_time(), sum(seconds for pid, seconds in spent.items() if is_ours(pid))


def sample_frames() -> list[Pixels]:
    """Return a second of the sample at the size of the network."""
    with open_source("sample", CameraSettings()) as source:
        return [shrink(frame.pixels, SIZE).copy() for frame, _ in zip(source, range(FPS), strict=False)]


def direct(frames: list[Pixels], stand_in_ms: float) -> float:
    """Return the median time of the network without a server, in s."""
    matter = StandIn(stand_in_ms) if stand_in_ms else open_matter(MattingSettings(threads=1, provider="cpu"))
    times = []
    for pixels in frames * 3:
        start_s = time.perf_counter()
        matter.matte_batch([Frame(pixels=pixels, index=0, captured_s=0.0)], SIZE)
        times.append(time.perf_counter() - start_s)
    matter.close()
    return median(times)


@contextmanager
def serving(stand_in_ms: float) -> Iterator[tuple[int, str]]:
    """Run a server with one replica; give its port and its token."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "token"
        words = ["--port", "0", "--replicas", "1", "--token-file", str(path), "--provider", "cpu"]
        words += ["--stand-in-ms", str(stand_in_ms)] if stand_in_ms else []
        process = subprocess.Popen(
            [sys.executable, "-m", "realtime", "serve", *words], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield int(line.rpartition(":")[2]), read(path)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


async def clients(port: int, token: str, frames: list[Pixels], count: int, seconds: float) -> Measured:
    """Let ``count`` clients send at 30 fps, each at its own moment, and measure from the pixels to the matte."""
    measured = Measured()
    start_s = time.perf_counter()
    await asyncio.gather(*(one(port, token, frames, index / count / FPS, seconds, measured) for index in range(count)))
    measured.seconds = min(seconds, time.perf_counter() - start_s)
    return measured


async def one(port: int, token: str, frames: list[Pixels], offset_s: float, seconds: float, measured: Measured) -> None:
    """Send a frame whenever one is due and the last one is back; drop the others, as a live run does."""
    async with connect(
        f"ws://127.0.0.1:{port}{remote_wire.PATH}",
        additional_headers={"Authorization": f"Bearer {token}"},
        subprotocols=[Subprotocol(remote_wire.SUBPROTOCOL)],
        compression=None,
        proxy=None,
    ) as connection:
        await connection.recv()
        await asyncio.sleep(offset_s)
        began_s = time.perf_counter()
        tick = 0
        while (now_s := time.perf_counter()) < began_s + seconds:
            tick = max(tick, int((now_s - began_s) * FPS))
            await asyncio.sleep(began_s + tick / FPS - time.perf_counter())
            start_s = time.perf_counter()
            message = remote_wire.request(tick, frames[tick % len(frames)], "jpeg")
            await connection.send(message)
            answer = await connection.recv()
            assert isinstance(answer, bytes)
            number, alpha = remote_wire.answer_of(answer)
            assert number == tick
            assert not isinstance(alpha, str), alpha
            measured.delays_s.append(time.perf_counter() - start_s)
            measured.bytes_out += len(message)
            measured.bytes_in += len(answer)
            tick += 1
        measured.due += int(seconds * FPS)


def holds(port: int, token: str, frames: list[Pixels], seconds: float) -> int:
    """Return the largest number of clients whose frames are answered in time."""
    most = 0
    for count in MORE_CLIENTS:
        measured = asyncio.run(clients(port, token, frames, count, seconds))
        in_time = sum(delay_s <= 2 / FPS for delay_s in measured.delays_s)
        if in_time < HELD * measured.due:
            break
        most = count
    return most


def failover(frames: list[Pixels]) -> None:
    """Print how long the frame takes whose server falls silent, or ends: the pause of the output."""
    for how, number in (("falls silent", signal.SIGSTOP), ("ends", signal.SIGTERM)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "token"
            words = ["--port", "0", "--replicas", "1", "--token-file", str(path), "--stand-in-ms", "5"]
            server = subprocess.Popen(
                [sys.executable, "-m", "realtime", "serve", *words], stdout=subprocess.PIPE, text=True
            )
            assert server.stdout is not None
            port = int(server.stdout.readline().rpartition(":")[2])
            settings = MattingSettings(
                runtime="remote", server=f"ws://127.0.0.1:{port}", token_file=str(path), threads=1, provider="cpu"
            )
            here = MattingSettings(threads=1, provider="cpu")
            longest_s = 0.0
            with open_remote(
                settings, width_px=512, height_px=288, local=partial(open_matter, here), live=True
            ) as matter:
                threading.Timer(1.0, server.send_signal, [number]).start()
                for index in range(90):
                    start_s = time.perf_counter()
                    matter.matte_batch([Frame(pixels=frames[index % 30], index=index, captured_s=start_s)])
                    longest_s = max(longest_s, time.perf_counter() - start_s)
                    time.sleep(max(0.0, 1 / FPS - (time.perf_counter() - start_s)))
                report = matter.report()
            server.send_signal(signal.SIGCONT)
            server.terminate()
            server.wait()
        print(f"a server that {how}: the longest frame took {1000 * longest_s:.0f} ms, {report.local} frames local")


if __name__ == "__main__":
    main()
