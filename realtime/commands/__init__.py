"""One module a command of ``greenless``; ``realtime.cli`` says what such a module has."""
