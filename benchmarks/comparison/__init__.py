"""Compares greenless with a plain implementation: stages, live runs, latency, CPU time and memory.

``webcam`` provides the frames, ``candidates`` opens the implementations, ``loop`` runs them live, ``footprint`` starts
the command itself, ``run`` does all of it, ``table`` formats the result. ``realtime.commands.timing`` has the code that
``greenless bench`` shares: the configurations of greenless, the encoded frames, and the timing of the stages.
"""
