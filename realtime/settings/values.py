"""Checks for texts in settings, whether they come from the settings file, the command line or the control page."""

from models.shown import MASK, is_masked, shown
from realtime.errors import SettingsError

LONGEST_BYTES = 4096
"""Longest text, in bytes of UTF-8; no path is longer."""


def is_text(text: str) -> bool:
    """Return whether ``check_text`` accepts ``text``."""
    try:
        check_text(text, "")
    except SettingsError:
        return False
    return True


def check_text(text: str, name: str) -> None:
    """Check that ``text`` can be written to a file, sent as JSON and opened as a path.

    Args:
        text: the value of a setting.
        name: the name of the setting.

    Raises:
        SettingsError: it cannot.
    """
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise SettingsError(
            f"expected {name} as valid Unicode, got {shown(text)}",
            cure="Rename the file: its name is not in UTF-8",
            key=name,
        ) from None
    if size > LONGEST_BYTES:
        raise SettingsError(f"expected {name} of at most {LONGEST_BYTES} bytes, got {size}", key=name)
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text):
        raise SettingsError(f"expected {name} without control characters, got {shown(text)}", key=name)
    if is_masked(text):
        raise SettingsError(
            f"{name} contains a masked password: {shown(text)}",
            cure=f"Type the address with the password in place of {MASK}",
            key=name,
        )
