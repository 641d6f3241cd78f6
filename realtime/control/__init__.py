"""Local control: the page, the overlay and the API for other programs, served to this machine by a running greenless.

    browser, OBS, ctl ──HTTP, WebSocket──▶ security ──▶ api ──▶ Session
    pictures to them ◀── pictures ◀── Broadcast (a sink of the run)

``api`` lists what can be asked; ``access`` holds the token and where the server is; ``server`` runs it in a thread.
"""
