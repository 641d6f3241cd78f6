"""One module a command of ``greenless``; ``realtime.cli`` says what such a module has."""

COMMANDS = {
    "run": "your camera with another background, live; the same as greenless alone",
    "demo": "the same on a built-in sample: needs no camera and no virtual camera",
    "image": "mattes and cut-outs of pictures and folders",
    "video": "mattes and cut-outs of clips, the sound kept",
    "recover": "finish recordings that a killed greenless left",
    "ctl": "change the run that goes on: background, preset, shutter; for shortcuts",
    "obs": "add the person, cut out, as a source to OBS Studio",
    "devices": "list cameras and virtual cameras",
    "service": "print a systemd unit: always there, the camera on only while somebody watches",
    "bench": "time greenless on this machine, stage by stage",
    "doctor": "look for what is missing or broken, and print each cure",
    "settings": "show the settings in effect, or write them to the settings file",
    "weights": "list, fetch, verify, import and export networks",
    "evaluate": "measure a network on pictures whose mattes are known",
    "adapt": "adapt the network to your own camera, without mattes",
    "train": "train a network on your own pictures",
    "completion": "print the shell's completion script",
}

NETWORK = frozenset({"adapt", "evaluate", "train"})
"""The commands that stand in ``realtime.commands.network``."""


def module_of(name: str) -> str:
    """The module of a command, by its dotted name."""
    return f"realtime.commands.network.{name}" if name in NETWORK else f"realtime.commands.{name}"
