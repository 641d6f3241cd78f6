"""Scene: a matte meets its new background and becomes a composite."""
