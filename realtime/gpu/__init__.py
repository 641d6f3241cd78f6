"""Frames in the memory of a GPU. All of it needs PyTorch, and is imported late, only if there is one."""
