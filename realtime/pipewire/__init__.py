"""PipeWire: a camera that other programs see without a kernel module, and the cameras that exist only there.

    library.py      the C library by ctypes: structures and prototypes
    pods.py         writes and reads the parameters that PipeWire calls pods
    connection.py   a connection to the daemon, with its thread
    stream.py       one stream of video, in either direction
    camera_node.py  a camera that other programs read
    node_reader.py  reads a camera or a screen
    raw_frame.py    a frame as another program laid it out
    registry.py     the cameras and the session manager that the daemon knows
    portal.py       asks the portal of the desktop; permissions.py: for a screen, for cameras
    failures.py     says why PipeWire cannot be used

Linux only. An error of the daemon is an ``OSError``, which sinks and sources explain to the user.
"""
