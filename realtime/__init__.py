"""The greenless application: a frame's way from a source, through the network and a scene, into sinks.

    Source ──Frame──▶ Matter ──CoarseMatte──▶ Finish ──Matte──▶ Look ──Matte──▶ Scene ──Composite──▶ Sinks
    capture/          matting/                matting/          look/           scene/               sinks/

``frame`` holds what flows, ``pipeline`` the threads that move it, ``session`` all that can be done to a run while it
goes. Imports run one way: ``frame, errors`` <- ``settings, mailbox, stats`` <- the five stages, which never import each
other <- ``pipeline, session`` <- ``control, still, doctor`` <- ``cli``; ``tests/test_imports.py`` holds it so.
"""

from models import silence as silence  # before any library that reports to its makers

__version__ = "0.1.0"
