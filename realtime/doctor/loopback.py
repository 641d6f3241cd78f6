"""Checks the virtual camera: on Linux the module v4l2loopback and its faults, elsewhere whether it opens."""

import shutil
import subprocess
import sys
from pathlib import Path

from realtime.doctor.check import Check, ok, warn

PARAMETERS = Path("/sys/module/v4l2loopback/parameters")
SECURE_BOOT = Path("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c")
KEYS = ("/var/lib/shim-signed/mok/MOK.der", "/var/lib/dkms/mok.pub", "/etc/pki/akmods/certs/public_key.der")
"""Where Ubuntu, Debian and Fedora store the key that signs locally built modules."""

EVERY_START = """\
To load it at every boot:
echo v4l2loopback | sudo tee /etc/modules-load.d/v4l2loopback.conf
echo 'options v4l2loopback {options}' | sudo tee /etc/modprobe.d/v4l2loopback.conf"""

SIGNED = """\
Secure Boot is on. If modprobe rejects the key, enrol the key that signed the module:
sudo mokutil --import {key}
Then restart, and choose Enroll MOK in the blue menu"""


def virtual_cameras() -> Check:
    """Check that a virtual camera opens now and that meeting programs list it.

    A device that a program left without capabilities is repaired, as a run does.

    Raises:
        realtime.errors.SinkError: none opens, on Windows or macOS.
    """
    if sys.platform != "linux":
        return _opened()
    from realtime.sinks import v4l2
    from realtime.sinks.virtual_camera import MODPROBE

    if not (devices := v4l2.loopbacks()):
        return _none()
    healed = [device for device in devices if v4l2.heal(device)]
    detail = ", ".join(devices)
    if healed:
        detail += f"; repaired after a program that did not close it: {', '.join(healed)}"
    reload = f"Close the programs that use it, then: sudo modprobe -r v4l2loopback && {MODPROBE}"
    caps = PARAMETERS / "exclusive_caps"
    if caps.exists() and "N" in caps.read_text().strip().split(",")[: len(devices)]:
        return warn(f"{detail} without exclusive_caps=1: Chrome, Teams and Zoom do not list it as a camera", reload)
    if any(v4l2.can_output(device) for device in devices):
        return ok(detail)
    if all(v4l2.is_dead(device) for device in devices):
        return warn(f"{detail}: it lost its capabilities, and cannot be repaired", reload)
    return warn(f"{detail}: in use", f"Close the program that uses it; this names it: sudo fuser -v {devices[0]}")


def _none() -> Check:
    from realtime.doctor.pipewire import pipewire

    if pipewire().status != "ok":
        return warn("none", _load())
    detail = "no v4l2loopback. PipeWire replaces it, except for programs that know only V4L2, such as Zoom. For those:"
    return ok(detail, _load())


def _load() -> str:
    """Return the commands that install and load the module, sign it under Secure Boot, and load it at every boot."""
    from realtime.sinks.virtual_camera import INSTALL, MODPROBE

    options = MODPROBE.partition("v4l2loopback ")[2]
    lines = [MODPROBE if _has_module() else INSTALL["linux"], EVERY_START.format(options=options)]
    if _secure_boot():
        key = next((key for key in KEYS if Path(key).exists()), KEYS[0])
        lines.insert(1, SIGNED.format(key=key))
    return "\n".join(lines)


def _secure_boot() -> bool:
    """Return whether Secure Boot is on: the last byte of its EFI variable says so."""
    try:
        return SECURE_BOOT.read_bytes()[-1:] == b"\1"
    except OSError:
        return False


def _has_module() -> bool:
    """Return whether the kernel module is installed, loaded or not."""
    modinfo = shutil.which("modinfo", path="/usr/sbin:/sbin:/usr/bin:/bin")
    return bool(modinfo) and subprocess.run([str(modinfo), "v4l2loopback"], capture_output=True).returncode == 0


def _opened() -> Check:
    """Open one, because Windows and macOS offer no other check."""
    from realtime.sinks import open_sink

    with open_sink("virtual-camera", width_px=1280, height_px=720, fps=30) as camera:
        return ok(camera.name)
