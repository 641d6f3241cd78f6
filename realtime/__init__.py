"""The greenless application: a frame's way from a source, through the network and a scene, into sinks.

    Source ──Frame──▶ Matter ──CoarseMatte──▶ Finish ──Matte──▶ Framer ──Matte──▶ Scene ──Composite──▶ Sinks
    capture/          matting/                matting/refine/   framing/          scene/               sinks/

Rooms, from the top floor down; each imports what stands below it, never beside or above, and
``tests/test_imports.py`` holds it so:

    cli  commands/                              words in, exit status out; commands/network/ trains, adapts, evaluates
    session/                                    a run, and all that can be done to it while it goes on
    loop/  web/  offline/  doctor/              the live loop; page and API; image and video files; checks
    capture/  matting/  framing/  scene/  sinks/    the five stages
    settings/  media/  gpu/  stats  mailbox     the tree of settings; files and pixels; frames on a GPU
    frame  errors                               what flows, and what can go wrong
"""

from models import silence as silence  # before any library that reports to its makers

__version__ = "0.1.0"
