"""Checks which streams greenless can send from here."""

import importlib.util

from realtime.doctor.check import Check, ok, warn


def streams() -> Check:
    """List the protocols that can be sent, and what the others need."""
    import av

    from realtime.sinks.streaming import srt

    if "libx264" not in av.codec.codecs_available:
        cure = "pip install --force-reinstall --only-binary :all: av"
        return warn(f"PyAV {av.__version__} has no H.264 encoder", cure)
    needs = {kind: "" if sends(kind) else "another PyAV" for kind in ("rtmp", "rtmps", "rtsp")}
    needs["srt"] = "" if srt.find() else "libsrt"
    needs["whip"] = "" if importlib.util.find_spec("aiortc") else "the extra whip"
    works = ", ".join(kind for kind, missing in needs.items() if not missing)
    return ok("; ".join([works, *(f"{kind} needs {missing}" for kind, missing in needs.items() if missing)]))


def sends(kind: str) -> bool:
    """Whether FFmpeg has a protocol. It looks the protocol up before the port, and no server has port 0."""
    import av

    from realtime.sinks.streaming.muxed import MUXERS

    if MUXERS[kind] not in av.format.formats_available:
        return False
    try:
        with av.open(f"{kind}://127.0.0.1:0/none", "w", MUXERS[kind]) as container:
            container.add_stream("libx264")
            container.start_encoding()
    except (av.FFmpegError, OSError) as error:
        return not isinstance(error, av.error.ProtocolNotFoundError)
    return True
