"""The greenless application: a frame's way from a source, through the network and a scene, into sinks.

    Source ──Frame──▶ Matter ──CoarseMatte──▶ Finish ──Matte──▶ Scene ──Composite──▶ Sinks
    capture/          matting/                matting/          scene/               sinks/

``frame`` holds what flows, ``pipeline`` the threads that move them. Imports run one way:
``frame, errors`` <- ``settings, mailbox, stats`` <- the four stages, which never import each other <- ``pipeline``
<- ``still, doctor`` <- ``cli``; ``tests/test_imports.py`` holds it so.
"""

__version__ = "0.1.0"
