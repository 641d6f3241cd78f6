"""What every text of a setting must be, whichever way it comes: settings file, command line or control page."""

from models.shown import MASK, is_masked, shown
from realtime.errors import SettingsError

LONGEST_BYTES = 4096
"""Of a text in UTF-8; no path is longer."""


def is_text(text: str) -> bool:
    """Whether ``check_text`` lets it pass."""
    try:
        check_text(text, "")
    except SettingsError:
        return False
    return True


def check_text(text: str, name: str) -> None:
    """See that ``text`` can be written to a file, sent as JSON and opened as a path.

    Args:
        text: the value of a setting.
        name: the setting.

    Raises:
        SettingsError: it cannot.
    """
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise SettingsError(
            f"expected {name} in characters of Unicode, got {shown(text)}",
            cure="Rename the file: its name is not in UTF-8",
            key=name,
        ) from None
    if size > LONGEST_BYTES:
        raise SettingsError(f"expected {name} of at most {LONGEST_BYTES} bytes, got {size}", key=name)
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text):
        raise SettingsError(f"expected {name} without control characters, got {shown(text)}", key=name)
    if is_masked(text):
        raise SettingsError(
            f"{name} has lost its password: {shown(text)}",
            cure=f"Type the address with what stood in place of {MASK}",
            key=name,
        )
