"""Off line: the stages of the live loop on files. Pictures and clips go in; mattes, cutouts and composites come out.

    inputs ──names──▶ jobs ──read──▶ Frame ──Matter──▶ Matte ──Scene──▶ Composite ──▶ outputs

``images.matte_pictures`` and ``video.matte_video`` tell of themselves in a ``report.Report``. PyAV is imported when a
clip is opened.
"""
