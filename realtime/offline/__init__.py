"""Offline: the stages of the live loop on files. They turn images and clips into mattes, cutouts and composites.

    inputs ──names──▶ jobs ──read──▶ Frame ──Matter──▶ Matte ──Scene──▶ Composite ──▶ outputs

``images.matte_pictures`` and ``video.matte_video`` return a ``report.Report``. PyAV is imported when a clip is opened.
"""
