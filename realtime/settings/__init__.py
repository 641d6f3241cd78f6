"""Settings: one tree of dataclasses defines the TOML file, the command line, the page and the help."""
