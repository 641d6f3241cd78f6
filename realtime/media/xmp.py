"""Filters XMP packets: keeps the properties that are asked for, and what they hold."""

from io import BytesIO
from xml.etree import ElementTree

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"

CREATOR, RIGHTS, CREATED = f"{{{_DC}}}creator", f"{{{_DC}}}rights", f"{{{_XMP}}}CreateDate"
DATES = (f"{{{_EXIF}}}DateTimeOriginal", f"{{{_PHOTOSHOP}}}DateCreated", CREATED)
CREDITS = frozenset({CREATOR, RIGHTS, *DATES, *(f"{{{_RIGHTS}}}{name}" for name in ("Marked", "Owner", "UsageTerms"))})
"""Date, author and copyright."""

_OF_FILE = frozenset(
    {
        f"{{{_XMP}}}Thumbnails",
        *(f"{{{_TIFF}}}{name}" for name in ("Orientation", "ImageWidth", "ImageLength", "BitsPerSample")),
        *(f"{{{_EXIF}}}{name}" for name in ("ColorSpace", "PixelXDimension", "PixelYDimension")),
        *(f"{{{_PHOTOSHOP}}}{name}" for name in ("ICCProfile", "ColorMode")),
    }
)
"""Properties that are true of the source's pixels alone."""

_HEAD = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_TAIL = b'<?xpacket end="w"?>'
_LARGEST_BYTES = 4_000_000


def parsed(packet: bytes) -> ElementTree.Element | None:
    """Return the root of a packet; None if it is damaged, very large, or declares entities, as no packet does."""
    packet = packet.strip(b"\0 \r\n\t")
    if not packet or len(packet) > _LARGEST_BYTES or b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        return None
    try:
        for _, (prefix, uri) in ElementTree.iterparse(BytesIO(packet), ("start-ns",)):
            if prefix and not prefix.startswith("ns"):  # such prefixes are ElementTree's own
                ElementTree.register_namespace(prefix, uri)
        return ElementTree.fromstring(packet)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None


def value(root: ElementTree.Element, name: str) -> str:
    """Return the text of a property, several joined by ``"; "``; empty if it is missing."""
    for description in root.iter(f"{{{_RDF}}}Description"):
        if name in description.attrib:
            return description.attrib[name]
        if (found := description.find(name)) is not None:
            texts = [item.text or "" for item in found.iter(f"{{{_RDF}}}li")] or [found.text or ""]
            return "; ".join(text.strip() for text in texts if text.strip())
    return ""


def filtered(root: ElementTree.Element, *, everything: bool) -> bytes:
    """Return a packet of date, author and copyright, or of everything but what is true of the source's pixels alone.

    It is empty if there are none.
    """

    def keeps(name: str) -> bool:
        return name not in _OF_FILE if everything else name in CREDITS

    kept = 0
    for description in [item for rdf in root.iter(f"{{{_RDF}}}RDF") for item in rdf]:
        for name in [name for name in description.attrib if not name.startswith(f"{{{_RDF}}}")]:
            if keeps(name):
                kept += 1
            else:
                del description.attrib[name]
        for child in list(description):
            if keeps(child.tag):
                kept += 1
            else:
                description.remove(child)
    return _HEAD + ElementTree.tostring(root, "utf-8") + _TAIL if kept else b""
