"""The control server: a running greenless serves the page, the overlay and the API to this machine.

    browser, OBS, ctl ──HTTP, WebSocket──▶ connections ──▶ security ──▶ api ──▶ Session
                                               └─▶ connection_limiter ◀───┘
    views to them ◀── view_stream ◀── Broadcast (a sink of the run)
    ctl shutter ──Unix socket──▶ shutter_socket ──▶ Session

``api`` lists the requests; ``access`` stores the token and the address; ``server`` runs the server in a thread;
``connection_limiter`` limits the connections; ``security`` checks each request; ``refusal`` answers those that it
refuses.
"""
