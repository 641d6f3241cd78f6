"""Collects the licences of all that is in a bundle into its folder ``licences``.

Usage: licences.py BUNDLE, with the Python of the environment that the bundle was made from. A part without a licence
is an error.
"""

import importlib.metadata
import shutil
import subprocess
import sys
from importlib.metadata import Distribution
from pathlib import Path

from requirements import installed, requirements

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("LICEN", "COPYING", "NOTICE", "AUTHORS", "THIRDPARTY", "THIRD-PARTY", "THIRD_PARTY", "EULA")
HEAD = """\
greenless is under the Apache License 2.0, and each part below under its own licence; its texts are in this folder.
Because FFmpeg with x264 and x265 (in av and pillow_heif) is under the GNU General Public License, version 2 or later,
this bundle as a whole is under version 3 of that licence: GPL-3.0.txt. Who passes it on must pass on the sources too.

The source of greenless with the script that makes this bundle, installers/build, goes with it. The sources of each
package of Python are at https://pypi.org/project/NAME/VERSION/#files, those of the libraries in a wheel where that
package says: FFmpeg, x264 and x265 at https://github.com/PyAV-Org/pyav-ffmpeg, libheif at
https://github.com/bigcat88/pillow_heif, Qt 5 (LGPL-3.0) at https://github.com/opencv/opencv-python. The sources of the
packages of Debian or Ubuntu are in their archives.
"""


def texts_of(distribution: Distribution) -> list[Path]:
    """Return the files of a distribution that have a licence in them."""
    files = [Path(str(distribution.locate_file(each))) for each in distribution.files or []]
    return sorted(each for each in files if each.name.upper().startswith(NAMES) and not each.suffix.startswith(".py"))


def licence_of(distribution: Distribution) -> str:
    """Return the short name of a licence."""
    said = distribution.metadata
    classes = [line.rpartition(" :: ")[2] for line in said.get_all("Classifier", []) if line.startswith("License ::")]
    return said.get("License-Expression") or "; ".join(classes) or (said.get("License") or "").partition("\n")[0]


def of_system(bundle: Path, environment: Path) -> dict[str, Path]:
    """Return the packages of Debian whose libraries are in the bundle, with their copyright files."""
    own = {path.name for path in environment.rglob("*.so*")}
    names = {path.name for path in bundle.rglob("*.so*")} - own
    asked = subprocess.run(["dpkg-query", "--search", *(f"*/{name}" for name in names)], capture_output=True, text=True)
    packages = {line.partition(":")[0] for line in asked.stdout.splitlines() if not line.startswith("diversion ")}
    files = {name: Path("/usr/share/doc", name, "copyright") for name in packages}
    return {name: file for name, file in sorted(files.items()) if file.is_file()}


def main(bundle: Path) -> None:
    """Write the folder ``licences`` of a bundle."""
    folder = bundle / "licences"
    shutil.rmtree(folder, ignore_errors=True)
    lines = []
    starter = {"pyinstaller": importlib.metadata.distribution("pyinstaller")}
    for name, distribution in (installed(requirements()) | starter).items():
        if not (texts := texts_of(distribution)) and not licence_of(distribution):
            sys.exit(f"{name} {distribution.version} has no licence; add its text, or leave it out")
        lines.append(f"{name} {distribution.version}: {licence_of(distribution) or 'see its folder'}")
        for number, text in enumerate(texts):
            target = (
                folder / name / (text.name if number == 0 or text.name != texts[0].name else f"{number}-{text.name}")
            )
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(text, target)
    for name, text in of_system(bundle, Path(sys.prefix)).items():
        lines.append(f"{name}, of this system: see its file")
        shutil.copyfile(text, folder / f"{name}.copyright")
    shutil.copyfile(ROOT / "LICENSE", folder / "greenless.LICENSE")
    shutil.copyfile("/usr/share/common-licenses/GPL-3", folder / "GPL-3.0.txt")
    (folder / "README.txt").write_text("\n".join([HEAD, *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
