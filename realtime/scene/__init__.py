"""Scene: put the person of a matte before a new background."""
