"""Streams to servers: RTMP, RTSP, SRT, and WebRTC by WHIP.

    Stream ──frames──▶ SenderProcess ══pipe══▶ sender ──▶ Publisher: MuxedPublisher (FFmpeg, libsrt) or WhipPublisher
    a sink, with        starts, feeds and       the other process: encodes and sends
    its own thread      ends the process

A separate process sends, because FFmpeg keeps Python's lock while it connects: a server that does not answer would
freeze the camera and the other sinks.
"""
