"""Makes the package for Debian and Ubuntu from a bundle, and prints its path.

Usage: deb.py BUNDLE VERSION FOLDER. Needs dpkg-deb; dpkg-shlibdeps finds which libraries of the system it needs.
"""

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
from email.utils import formatdate
from pathlib import Path

from licences import of_system

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
DESKTOP = ROOT / "realtime/tray/desktop"
CONTROL = """\
Package: greenless
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size_kib}
Depends: {depends}
Recommends: libpipewire-0.3-0, libx11-xcb1, wireplumber
Suggests: nvidia-driver, obs-studio, v4l2loopback-dkms
Section: video
Priority: optional
Description: your own background in any video call, without a green screen
 greenless takes your camera, cuts you out, puts another background behind you
 and gives the result to any program as a camera: through PipeWire, which needs
 nothing else, or through v4l2loopback. Images and clips work too.
 .
 The package brings its own Python and networks. All work is done on the CPU of
 this machine; nothing is sent anywhere.
"""
CHANGELOG = """\
greenless ({version}) unstable; urgency=medium

  * CHANGELOG.md.gz beside this file lists the changes.

 -- {maintainer}  {date}
"""


def tree(bundle: Path, version: str, root: Path, *, depends: str, maintainer: str) -> None:
    """Lay out all files of the package below ``root``.

    Args:
        bundle: folder of the bundle.
        version: of greenless.
        root: an empty folder.
        depends: value of the field ``Depends``.
        maintainer: name and address, as in ``Name <address>``.
    """
    share = root / "usr/share"
    library = root / "usr/lib/greenless"
    doc = share / "doc/greenless"
    shutil.copytree(bundle, library, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/greenless").symlink_to("../lib/greenless/greenless")
    doc.mkdir(parents=True)
    if (library / "licences").is_dir():
        shutil.move(library / "licences", doc / "licences")
    shutil.copyfile(HERE / "copyright", doc / "copyright")
    date = formatdate(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    _zipped(CHANGELOG.format(version=version, maintainer=maintainer, date=date).encode(), doc / "changelog.gz")
    _zipped((ROOT / "CHANGELOG.md").read_bytes(), doc / "CHANGELOG.md.gz")
    (share / "man/man1").mkdir(parents=True)
    _zipped((HERE / "greenless.1").read_bytes(), share / "man/man1/greenless.1.gz")
    _placed(DESKTOP / "greenless.desktop", share / "applications")
    _placed(HERE / "io.github.greenless.greenless.metainfo.xml", share / "metainfo")
    _placed(HERE / "greenless.lintian-overrides", share / "lintian/overrides", "greenless")
    icons = share / "icons/hicolor"
    _placed(DESKTOP / "greenless.svg", icons / "scalable/apps")
    for icon in DESKTOP.glob("greenless-[0-9]*.png"):
        side_px = icon.stem.rpartition("-")[2]
        _placed(icon, icons / f"{side_px}x{side_px}/apps", "greenless.png")
    _with_plain_modes(root)
    size_kib = sum(path.stat().st_size for path in root.rglob("*") if not path.is_symlink()) // 1024
    (root / "DEBIAN").mkdir(mode=0o755)
    text = CONTROL.format(
        version=version,
        architecture=_answer("dpkg", "--print-architecture"),
        maintainer=maintainer,
        size_kib=size_kib,
        depends=depends,
    )
    (root / "DEBIAN/control").write_text(text, encoding="utf-8")
    sums = _answer("sh", "-c", "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum", folder=root)
    (root / "DEBIAN/md5sums").write_text(f"{sums}\n", encoding="utf-8")


def depends_of(bundle: Path) -> str:
    """Return the packages of the system, with their versions, that a bundle is linked with and does not bring."""
    binaries = [path for path in bundle.rglob("*") if path.is_file() and not path.is_symlink() and _is_elf(path)]
    own = {path.parent for path in binaries}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "debian").mkdir()
        (folder / "debian/control").write_text("Source: greenless\n\nPackage: greenless\nArchitecture: any\n")
        brought = [f"-x{name}" for name in of_system(bundle, Path(sys.prefix))]
        where = [f"-l{each}" for each in own]
        command = ["dpkg-shlibdeps", "-O", "--ignore-missing-info", "--warnings=1", *brought, *where]
        said = _answer(*command, *map(str, binaries), folder=folder)
    return said.partition("=")[2]


def build(bundle: Path, version: str, folder: Path) -> Path:
    """Build the package into ``folder`` and return its path."""
    maintainer = os.environ.get("DEBEMAIL") or _answer("git", "log", "-1", "--format=%an <%ae>", folder=ROOT)
    made = folder / f"greenless_{version}_{_answer('dpkg', '--print-architecture')}.deb"
    with tempfile.TemporaryDirectory(dir=bundle.parent) as name:
        root = Path(name) / "root"
        root.mkdir()
        tree(bundle, version, root, depends=depends_of(bundle), maintainer=maintainer)
        how = ("-Zxz", "-z0")  # an eighth larger than -z6, in an eighth of the time
        _answer("dpkg-deb", *how, "--root-owner-group", "--build", str(root), str(made))
    return made


def _placed(file: Path, folder: Path, name: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, folder / (name or file.name))


def _zipped(content: bytes, path: Path) -> None:
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        file.write(content)


def _with_plain_modes(root: Path) -> None:
    """Let everybody read, and run only the program: what made the bundle may have had another umask."""
    root.chmod(0o755)
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path == root / "usr/lib/greenless/greenless" else 0o644)


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _answer(*command: str, folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} ended with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    print(build(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
