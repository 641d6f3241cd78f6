"""Settings: one tree of dataclasses is the TOML file, the command line, the page and the help."""
