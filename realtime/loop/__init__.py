"""The live loop: its threads, the stages, and what the sinks get. ``pipeline`` draws it."""
