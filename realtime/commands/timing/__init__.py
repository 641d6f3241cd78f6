"""What ``greenless bench`` does: it times the stages of every way of greenless on this machine."""
