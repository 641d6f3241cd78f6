"""The delays that a user can feel, each with its reason. Units: seconds."""

SILENT_AFTER_S = 0.25
"""A source without a frame for this long is silent, and the sinks get the last composite again. Cameras jitter by up
to a tenth of a second. For a slow source, three of its periods count instead."""

REPEAT_AFTER_S = 0.5
"""A frame in the stages for this long makes the sinks repeat what they got last, because programs expect frames."""

NOTICE_AFTER_S = 1.0
"""The last composite stands in for missing ones this long; a longer still image looks like a person who does not
move. A notice follows."""

HANGS_AFTER_S = 4.0
"""A frame in the stages for this long hangs, and the notice replaces the repeated image. A network that warms up on a
slow GPU takes up to three seconds for its first frame."""

COVER_S = 0.1
"""A closed shutter that shows the background waits this long for the scene, then shows a notice, because privacy comes
first."""

RETIRE_S = 0.5
"""A change waits this long for the frame inside a replaced stage; after that, the work thread closes the stage."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 0.5
"""Pauses between attempts to reopen a lost source; they double. A camera is tried after each first pause, so that it
shows within half a second once it is plugged in again. On Linux, an attempt costs 0.2 ms of CPU time while it is away,
3 ms through PipeWire, and at most 8 ms while another program uses it, whose frames still come on time."""

LOOK_S = 0.05
"""How often an on-demand camera asks the sinks for viewers."""

WAKE_S = 0.15
"""A viewer counts after this long: programs that only list cameras open each one for a moment."""

LINGER_S = 3.0
"""The last viewer is gone after this long: a page that reloads leaves and comes back."""

JOIN_S, LAST_JOIN_S = 0.5, 5.0
"""The end of a run waits this long for its threads: before the source is closed, and after. A driver may hang."""

SENDING_AT_END_S = 0.5
"""The end of a run waits this long for a sink that is sending: a sink that hangs must not prevent the end."""

CHANGE_AT_END_S = 10.0
"""The end of a session waits this long for a change of settings: a network may take seconds to load."""
