"""The greenless application: brings frames from a source, through a network and a scene, into sinks.

    Source ──Frame──▶ Matter ──CoarseMatte──▶ Finish ──Matte──▶ Framer ──Matte──▶ Scene ──Composite──▶ Sinks
    capture/          matting/                matting/refine/   framing/          scene/               sinks/

The rooms, from the top floor down. A module imports from its own room and from lower floors;
``tests/test_imports.py`` enforces this:

    __main__  cli  commands/                    the process; the command line; one module for each command
    tray/                                       the icon in the tray
    web/                                        the server that controls a run: page, API, overlay
    session/  scale/                            a run, and all that can change it; images and videos on a Ray cluster
    loop/  offline/  doctor/                    the live loop; image and video files, the Python API; checks
    capture/  matting/  framing/  scene/  sinks/    the five stages
    media/  gpu/  pipewire/                     files and pixels; frames on a GPU; cameras of PipeWire
    settings/                                   the tree of settings
    frame  errors  ending                       what flows; what can go wrong; how a process ends

``docs/architecture.md`` follows a frame and a setting through these rooms, with the threads and locks.
"""

from models import silence as silence  # before any library that sends reports to its vendor

__version__ = "0.1.0"
