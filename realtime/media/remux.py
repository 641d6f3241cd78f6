"""Turns an unfinished recording into an ordinary file: copies its packets, without encoding them again.

The result states its duration and has an index, so players can seek in it.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from models.files import beside
from realtime.errors import SinkError
from realtime.media.codecs import codec_of
from realtime.media.failures import cannot_write
from realtime.media.unfinished import in_use, whole_name

KEPT = ("alpha_mode", "handler_name", "language", "title")
"""Tags of a track that greenless writes, and that are kept."""


def finish(unfinished: Path) -> Path:
    """Write the recording under the name that was asked for, or a free one like it, and remove ``unfinished``.

    Returns:
        The finished file.

    Raises:
        SinkError: it is not an unfinished recording, another process writes it, it holds no frame, or the disk is full.
    """
    part = beside(whole_name(unfinished))
    if in_use(unfinished):
        raise SinkError(f"another greenless is still writing {unfinished}", cure="End that one first")
    try:
        if not _copy(unfinished, part):
            raise SinkError(f"{unfinished} holds no frame", cure="Delete it")
        with part.open("rb+") as written:
            os.fsync(written.fileno())  # before the only other copy goes
        whole = _reserved(unfinished)
        os.replace(part, whole)
        unfinished.unlink()
    except (av.FFmpegError, OSError) as error:
        raise cannot_write(whole_name(unfinished), error) from error
    finally:
        with suppress(OSError):
            part.unlink()
    return whole


def _reserved(unfinished: Path) -> Path:
    """Create an empty file under a free name, which no other process can take any more."""
    while True:
        whole = whole_name(unfinished)
        with suppress(FileExistsError):
            os.close(os.open(whole, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            return whole


def _copy(unfinished: Path, part: Path) -> int:
    """Copy all packets; return how many of them are frames."""
    frames = 0
    try:
        source = av.open(os.path.abspath(unfinished))
    except av.InvalidDataError:  # it ends before its first frame
        return 0
    except (av.FFmpegError, OSError) as error:
        raise SinkError(f"cannot read {unfinished}: {error.strerror or error}", cure="Check the path") from error
    with source, av.open(os.path.abspath(part), "w", codec_of(unfinished).container) as target:
        streams = {stream.index: _stream(target, stream) for stream in source.streams}
        for packet in _packets(source):
            frames += packet.stream.type == "video"
            packet.stream = streams[packet.stream.index]
            target.mux(packet)
    return frames


def _stream(target: OutputContainer, stream: Stream) -> Stream:
    added = target.add_stream_from_template(stream)
    added.time_base = stream.time_base
    added.metadata.update({key: value for key, value in stream.metadata.items() if key.lower() in KEPT})
    return added


def _packets(source: InputContainer) -> "Iterator[Packet[Stream]]":
    """Every whole packet. The last ones of a file that was cut off may not be whole."""
    with suppress(av.InvalidDataError):
        for packet in source.demux():
            if packet.dts is not None and not packet.is_corrupt:
                yield packet
