"""The package for Debian, made from a stand-in for the bundle: what it holds, and what other programs say of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = "1.2.3"

if not shutil.which("dpkg-deb"):
    pytest.skip("no dpkg-deb; it is Debian's", allow_module_level=True)


def answer(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def program_of(name: str) -> str:
    if not (program := shutil.which(name)):
        pytest.skip(f"no {name}")
    return program


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose program is a program of this system, with a library beside it that nobody but us may write."""
    program_of("dpkg-shlibdeps")
    folder = tmp_path_factory.mktemp("bundle") / "greenless"
    (folder / "_internal").mkdir(parents=True)
    shutil.copyfile(os.path.realpath("/usr/bin/env"), folder / "greenless")
    (folder / "greenless").chmod(0o700)
    (folder / "_internal/data.txt").write_text("data")
    (folder / "_internal/data.txt").chmod(0o666)
    (folder / "_internal/__pycache__").mkdir()
    (folder / "_internal/__pycache__/data.cpython-311.pyc").write_bytes(b"")
    (folder / "licences").mkdir()
    (folder / "licences/README.txt").write_text("licences")
    return folder


@pytest.fixture(scope="module")
def package(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    path = Path(answer(sys.executable, ROOT / "installers/deb.py", bundle, VERSION, folder).strip())
    assert path.parent == folder
    return path


@pytest.fixture(scope="module")
def content(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("content")
    answer("dpkg-deb", "--extract", package, folder)
    return folder


def test_its_control_file_names_what_the_program_is_linked_with(package: Path) -> None:
    fields = answer("dpkg-deb", "--field", package)
    assert "Package: greenless\n" in fields
    assert f"Version: {VERSION}\n" in fields
    assert "libc6 (>= 2." in answer("dpkg-deb", "--field", package, "Depends")
    assert "libpipewire-0.3-0" in answer("dpkg-deb", "--field", package, "Recommends")


def test_everybody_may_read_all_of_it_and_run_only_the_program(package: Path) -> None:
    lines = [line.split() for line in answer("dpkg-deb", "--contents", package).splitlines()]
    assert {owner for _, owner, *_ in lines} == {"root/root"}
    modes = {name: mode for mode, _, _, _, _, name, *_ in lines}
    assert modes.pop("./usr/lib/greenless/greenless") == "-rwxr-xr-x"
    assert set(modes.values()) == {"drwxr-xr-x", "-rw-r--r--", "lrwxrwxrwx"}


def test_the_command_is_in_the_path_and_its_files_are_as_they_were(content: Path, bundle: Path) -> None:
    command = content / "usr/bin/greenless"
    assert command.resolve() == (content / "usr/lib/greenless/greenless").resolve()
    assert command.read_bytes() == (bundle / "greenless").read_bytes()
    assert (content / "usr/lib/greenless/_internal/data.txt").read_text() == "data"
    assert not list(content.rglob("__pycache__"))
    assert (content / "usr/share/doc/greenless/licences/README.txt").read_text() == "licences"


def test_menu_and_software_centre_find_an_entry_with_an_icon(content: Path) -> None:
    entry = content / "usr/share/applications/greenless.desktop"
    lines = entry.read_text(encoding="utf-8").splitlines()
    assert "Exec=greenless app" in lines
    assert "Icon=greenless" in lines
    icons = content / "usr/share/icons/hicolor"
    assert (icons / "scalable/apps/greenless.svg").is_file()
    assert (icons / "48x48/apps/greenless.png").is_file()
    answer(program_of("desktop-file-validate"), entry)


def test_its_metainfo_is_valid(content: Path) -> None:
    answer(
        program_of("appstreamcli"),
        "validate",
        "--no-net",
        content / "usr/share/metainfo/io.github.greenless.greenless.metainfo.xml",
    )


def test_two_builds_of_one_bundle_are_equal(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    made = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        path = answer(sys.executable, ROOT / "installers/deb.py", bundle, VERSION, tmp_path / name).strip()
        made.append(Path(path).read_bytes())
    assert made[0] == made[1]


def test_it_is_installed_and_purged_without_a_trace(package: Path, tmp_path: Path) -> None:
    """By dpkg, into a folder, without its scripts and dependencies."""
    root = tmp_path / "root"
    for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/log"):
        (root / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    (root / "var/lib/dpkg/available").touch()
    if os.geteuid():
        pytest.skip("only root runs dpkg")
    dpkg = ("dpkg", f"--root={root}", f"--log={tmp_path / 'log'}", "--force-depends", "--force-not-root")
    answer(*dpkg, "--install", package)
    assert (root / "usr/bin/greenless").is_symlink()
    answer(*dpkg, "--purge", "greenless")
    assert not [path for path in root.rglob("*greenless*")]
