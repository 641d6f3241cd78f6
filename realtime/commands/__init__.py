"""The commands of ``greenless``, one module each; ``realtime.cli`` documents the parts of such a module."""

COMMANDS = {
    "run": "replace the background of your camera, live (the default command)",
    "app": "show an icon in the tray whose menu controls greenless",
    "demo": "try greenless on a built-in sample, without a camera or a virtual camera",
    "image": "cut people out of images and folders of images",
    "video": "replace the background of clips, or cut people out; the sound is kept",
    "recover": "finish the recordings of a run that was killed",
    "ctl": "control the running greenless from a shell or a shortcut: background, preset, shutter",
    "obs": "add the person, cut out, as a source to OBS Studio",
    "serve": "run the network for other machines that run greenless (extra ray)",
    "devices": "list cameras and virtual cameras",
    "service": "start greenless at login, or add it to the menu of applications (Linux)",
    "bench": "time greenless on this machine, stage by stage",
    "doctor": "check this machine and print a cure for each problem",
    "settings": "show the settings in effect, or write them to the settings file",
    "weights": "list, fetch, verify, import and export networks",
    "evaluate": "measure a network on images with known mattes",
    "adapt": "adapt the network to your own camera, without mattes",
    "train": "train a network on your own images",
    "completion": "print the completion script of a shell",
}

NETWORK = frozenset({"adapt", "evaluate", "train"})
"""The commands in ``realtime.commands.network``."""


def module_of(name: str) -> str:
    """Return the dotted name of the module of a command."""
    return f"realtime.commands.network.{name}" if name in NETWORK else f"realtime.commands.{name}"
