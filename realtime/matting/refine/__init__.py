"""Refining: a coarse matte at the network's size becomes the matte of a frame."""
