"""Training of the networks: data, losses, supervised training, SOC. Needs the extra ``torch``."""
