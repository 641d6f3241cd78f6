"""Training: data, losses, supervised training, SOC, int8 twins, model cards. Needs the extra ``torch``."""
