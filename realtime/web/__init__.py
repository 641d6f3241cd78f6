"""Local control: the page, the overlay and the API for other programs, served to this machine by a running greenless.

    browser, OBS, ctl ──HTTP, WebSocket──▶ connections ──▶ security ──▶ api ──▶ ControlledSession
                                               └─▶ door ◀───┘
    views to them ◀── view_stream ◀── Broadcast (a sink of the run)
    ctl shutter ──Unix socket──▶ shutter_socket ──▶ ControlledSession

``api`` lists what can be asked; ``access`` holds the token and where the server is; ``server`` runs it in a thread;
``door`` decides which connections stay, ``security`` which requests are let in, and ``refusal`` words the others.
"""
