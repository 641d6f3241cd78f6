"""The loop: the threads and stages of a live run, from an open source to the sinks."""
