"""Compares greenless with a plain implementation: stages, live runs, latency, CPU time and memory.

``webcam`` provides the frames, ``coded_frames`` encodes them, ``candidates`` and ``implementations`` open what runs,
``stages`` times its stages, ``loop`` runs it live, ``footprint`` starts the command itself, ``run`` does all of it,
``table`` formats the result. The configurations of greenless are those of ``greenless bench``.
"""
