"""The comparison of greenless with the plain way: stages, live runs, the age of a frame, and what all that costs.

``webcam`` gives the frames, ``contestants`` opens the ways that are compared, ``loop`` runs them live, ``footprint``
starts the command itself, ``run`` does all of it, ``table`` words the result. ``realtime.commands.timing`` has what
``greenless bench`` shares: the ways of greenless, the reel of frames, and the timing of the stages.
"""
