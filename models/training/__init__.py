"""Training of the networks: data, losses, the supervised loop. Needs the extra ``torch``."""
