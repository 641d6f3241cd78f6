"""Refines coarse mattes at the network's size into mattes of frames."""
