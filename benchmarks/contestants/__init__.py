"""The benchmark: how long each stage takes, how old a picture is when it is sent, and what that costs.

``reel`` makes the pictures before the clock starts, ``contestants`` are the ways that are compared, ``stages`` times
them in turn, ``loop`` runs them live, ``footprint`` starts the command itself, ``table`` words the result.
"""
