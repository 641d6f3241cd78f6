"""An unfinished recording as an ordinary file: its packets go over as they are, nothing is encoded again.

Goes in: what a killed process left. Comes out: a file that says how long it is and where each picture stands.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from realtime.errors import SinkError
from realtime.media.codecs import codec_of
from realtime.media.failures import cannot_write
from realtime.media.unfinished import in_use, whole_name


def finish(unfinished: Path) -> Path:
    """Write the recording under the name that was asked for, or a free one like it, and remove ``unfinished``.

    Returns:
        The finished file.

    Raises:
        SinkError: it is no unfinished recording, another process writes it, it holds no picture, or the disk is full.
    """
    whole = whole_name(unfinished)
    if in_use(unfinished):
        raise SinkError(f"another greenless is still writing {unfinished}", cure="End that one first")
    part = whole.with_name(f".greenless-{os.getpid()}.part")
    try:
        if not _copy(unfinished, part):
            raise SinkError(f"{unfinished} holds no picture", cure="Delete it")
        os.replace(part, whole)
        unfinished.unlink()
    except (av.FFmpegError, OSError) as error:
        raise cannot_write(whole, error) from error
    finally:
        part.unlink(missing_ok=True)
    return whole


def _copy(unfinished: Path, part: Path) -> int:
    """Copy all packets; how many of them are pictures."""
    pictures = 0
    try:
        source = av.open(os.path.abspath(unfinished))
    except av.InvalidDataError:  # it ends before its first picture
        return 0
    except (av.FFmpegError, OSError) as error:
        raise SinkError(f"cannot read {unfinished}: {error.strerror or error}", cure="Check the path") from error
    with source, av.open(os.path.abspath(part), "w", codec_of(unfinished).container) as target:
        streams = {stream.index: _stream(target, stream) for stream in source.streams}
        for packet in _packets(source):
            pictures += packet.stream.type == "video"
            packet.stream = streams[packet.stream.index]
            target.mux(packet)
    return pictures


def _stream(target: OutputContainer, stream: Stream) -> Stream:
    added = target.add_stream_from_template(stream)
    added.time_base = stream.time_base
    added.metadata.update({key: value for key, value in stream.metadata.items() if key == "alpha_mode"})
    return added


def _packets(source: InputContainer) -> "Iterator[Packet[Stream]]":
    """Every whole packet; the last ones of a file that was cut off may not be."""
    with suppress(av.InvalidDataError):
        for packet in source.demux():
            if packet.dts is not None and not packet.is_corrupt:
                yield packet
