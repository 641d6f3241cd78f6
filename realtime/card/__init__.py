"""Pictures in the memory of a graphics card: all of it needs PyTorch, and is imported late, where there is one."""
