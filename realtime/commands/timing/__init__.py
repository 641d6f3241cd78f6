"""The measurement of ``greenless bench``: times the stages of greenless with every runtime on this machine."""
