"""PipeWire: a camera that other programs see without a kernel module, and the cameras that exist only there.

    library.py     the C library by ctypes: structures and prototypes
    pods.py        writes and reads the parameters that PipeWire calls pods
    connection.py  a connection to the daemon, with its thread
    stream.py      one stream of video, in either direction
    camera_node.py gives frames to every program that reads them

Linux only. An error is an ``OSError``; sinks and sources explain it to the user.
"""
