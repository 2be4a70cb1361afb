"""XMP: a packet of RDF in XML, embedded in a file or next to it.

Names: Adobe's XMP specification, part 2; IPTC Photo Metadata; the Metadata Working Group's regions.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from xml.etree.ElementTree import Element, ParseError, fromstring

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from libs.common.imaging.metadata.dates import Taken, taken
from libs.common.imaging.metadata.gps import Location, decimal, place
from libs.common.imaging.metadata.limits import XMP_BYTES
from libs.common.imaging.metadata.text import camera_name, clean, decoded, name, names
from libs.common.metadata import NOTHING, Metadata

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_EXIF_EX = "{http://cipa.jp/exif/1.0/}"
_AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_LIGHTROOM = "{http://ns.adobe.com/lightroom/1.0/}"
_IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
_REGIONS = "{http://www.metadataworkinggroup.com/schemas/regions/}"
_MICROSOFT = "{http://ns.microsoft.com/photo/1.2/t/Region#}"
_DIGIKAM = "{http://www.digikam.org/ns/1.0/}"
_FACE, _FACE_TYPE, _PERSON = _REGIONS + "Name", _REGIONS + "Type", _MICROSOFT + "PersonDisplayName"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_LI = _RDF + "li"
_CONTAINERS = frozenset((_RDF + "Bag", _RDF + "Seq", _RDF + "Alt"))
_DATES = (
    *(_EXIF + "DateTimeOriginal", _PHOTOSHOP + "DateCreated"),
    *(_EXIF + "DateTimeDigitized", _XMP + "CreateDate"),
)
_ISO = (_EXIF_EX + "PhotographicSensitivity", _EXIF + "ISOSpeedRatings")

_LITTLE_UTF16 = (b"\xff\xfe", b"<\0")
_DECLARED = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")

_UNICODES = (
    (b"\0\0\0<", "utf-32-be"), (b"\0\0\xfe\xff", "utf-32-be"), (b"<\0\0\0", "utf-32-le"),
    (b"\xff\xfe\0\0", "utf-32-le"), (b"\0<", "utf-16-be"), (b"\xfe\xff", "utf-16-be"),
    (b"<\0", "utf-16-le"), (b"\xff\xfe", "utf-16-le"),
)  # fmt: skip
"""How text of each begins, with a mark or without."""
_BEGIN = re.compile(r"<((?:\w+:)?(?:xmpmeta|xapmeta|RDF))\b")
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Properties = Mapping[str, list[str]]


def metadata_of(packet: bytes, known: Metadata = NOTHING) -> Metadata:
    """What a packet says; nothing where it is damaged, longer than 2 MB, or made to do harm.

    What was measured and is `known` from elsewhere is not read again.
    """
    root = _parsed(packet)
    if root is None:
        return Metadata()
    found = _properties(root)
    when = _when(found) if known.taken_at is None else None
    where = _location(found) if known.location is None else None
    people = _people(root) if _has_faces(packet) else ()
    return Metadata(
        taken_at=when.at if when else None,
        taken_local=when.local if when else None,
        location=where,
        altitude_m=_altitude(found) if where else None,
        title=name(_first(found, _DC + "title") or _first(found, _PHOTOSHOP + "Headline")),
        description=clean(_first(found, _DC + "description")),
        keywords=_keywords(found),
        people=names((*people, *found.get(_IPTC + "PersonInImage", ()))),
        rating=_rating(_first(found, _XMP + "Rating")),
        label=name(_first(found, _XMP + "Label")),
        camera=_camera(found) if known.camera is None else None,
        lens=_lens(found) if known.lens is None else None,
        iso=_iso(found) if known.iso is None else None,
        f_number=_number(_first(found, _EXIF + "FNumber")) if known.f_number is None else None,
        exposure_s=_number(_first(found, _EXIF + "ExposureTime")) if known.exposure_s is None else None,
        focal_mm=_number(_first(found, _EXIF + "FocalLength")) if known.focal_mm is None else None,
    )


def _parsed(packet: bytes) -> Element | None:
    if len(packet) > XMP_BYTES:
        return None
    root = _root(packet.strip(b"\0 \r\n\t"))
    return _root(_made_good(packet)) if root is None else root


def _root(packet: bytes) -> Element | None:
    if packet.startswith(_LITTLE_UTF16):  # whose last letter has a zero of its own
        packet += b"\0" * (len(packet) % 2)
    if not packet:
        return None
    try:
        root: Element = _parser(packet)(packet)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root


def _made_good(packet: bytes) -> bytes:
    """The packet alone, in UTF-8: programs write it in any Unicode, or in Latin-1 without a word of it, leave
    control characters in it, and bytes behind it. b"" where it has no beginning or no end.
    """
    packet = packet.lstrip(b" \r\n\t")
    charset = next((name for sign, name in _UNICODES if packet.startswith(sign)), None)
    text = packet.decode(charset, "replace") if charset else decoded(packet)
    begin = _BEGIN.search(text)
    end = text.rfind(f"</{begin[1]}") if begin else -1
    if begin is None or end < 0:
        return b""
    alone = text[begin.start() : end] + f"</{begin[1]}>"
    return _NO_XML.sub(" ", alone).encode("utf-8", "replace")


def _parser(packet: bytes) -> Callable[[bytes], Element]:
    """The standard parser, in a tenth of the time, where the packet can have no document type, which all harm
    takes; another character set may hide one.
    """
    declared = _DECLARED.match(packet)
    is_utf8 = b"\0" not in packet and (declared is None or declared[1].lower() == b"utf-8")
    if is_utf8 and b"<!DOCTYPE" not in packet:
        return fromstring
    return partial(ElementTree.fromstring, forbid_dtd=True)


def _properties(root: Element) -> dict[str, list[str]]:
    """Each property's texts, whether written as attributes, elements or lists."""
    found: dict[str, list[str]] = {}
    for description in root.iter(_RDF + "Description"):
        for key, text in description.attrib.items():
            found.setdefault(key, []).append(text)
        for child in description:
            found.setdefault(child.tag, []).extend(_texts(child))
    return found


def _texts(element: Element) -> list[str]:
    """An element's text, or those of its list; of alternatives in several languages the default first."""
    for child in element:
        if child.tag in _CONTAINERS:
            return _items(child)
    return [element.text] if element.text and element.text.strip() else []


def _items(listed: Element) -> list[str]:
    items = [item for item in listed if item.tag == _LI]
    if len(items) > 1 and any(item.attrib for item in items):
        items.sort(key=lambda item: item.get(_LANGUAGE) != "x-default")
    return [item.text for item in items if item.text and item.text.strip()]


def _people(root: Element) -> Iterator[str]:
    """Names of faces, from regions as cameras, Picasa and digiKam write them, and as Windows does."""
    for element in root.iter():
        if not (len(element) or element.attrib):  # a mere text, as most are
            continue
        person, face = _part(element, _PERSON), _part(element, _FACE)
        if person or (face and _part(element, _FACE_TYPE) in (None, "Face")):
            yield person or face or ""


def _has_faces(packet: bytes) -> bool:
    """Whether it names what faces are told in; one in another character set may."""
    return b"\0" in packet or b"regions/" in packet or b"Region#" in packet


def _part(element: Element, key: str) -> str | None:
    """What an element says under a name, as an attribute or as a child."""
    return element.get(key) or element.findtext(key)


def _keywords(found: Properties) -> tuple[str, ...]:
    """Those that stand alone, else the last step of those in a tree."""
    if plain := names(found.get(_DC + "subject", ())):
        return plain
    trees = (*found.get(_LIGHTROOM + "hierarchicalSubject", ()), *found.get(_DIGIKAM + "TagsList", ()))
    return names(tree.replace("/", "|").rpartition("|")[2] for tree in trees)


def _when(found: Properties) -> Taken | None:
    return next((date for key in _DATES if (date := taken(_first(found, key)))), None)


def _camera(found: Properties) -> str | None:
    return camera_name(name(_first(found, _TIFF + "Make")), name(_first(found, _TIFF + "Model")))


def _location(found: Properties) -> Location | None:
    latitude = _degrees(_first(found, _EXIF + "GPSLatitude"))
    longitude = _degrees(_first(found, _EXIF + "GPSLongitude"))
    return None if latitude is None or longitude is None else place(latitude, longitude)


def _degrees(text: str | None) -> float | None:
    """`48,51.4167N`, `48,51,25N`, or decimal degrees."""
    if not text:
        return None
    text = text.strip().upper()
    side = text[-1:] if text[-1:] in "NSEW" else ""
    try:
        parts = [float(part) for part in text.removesuffix(side).split(",")]
    except ValueError:
        return None
    if not side and len(parts) == 1:
        return parts[0]
    degrees = decimal(parts)
    return -degrees if degrees is not None and side in ("S", "W") else degrees


def _altitude(found: Properties) -> float | None:
    height = _number(_first(found, _EXIF + "GPSAltitude"))
    if height is None:
        return None
    return -height if _first(found, _EXIF + "GPSAltitudeRef") == "1" else height


def _rating(text: str | None) -> int | None:
    """-1 says rejected, 0 says that no one rated it."""
    try:
        rating = round(float(text or ""))
    except (ValueError, OverflowError):
        return None
    return rating if rating == -1 or 1 <= rating <= 5 else None


def _number(text: str | None) -> float | None:
    """A number or a fraction, above zero."""
    top, _, bottom = (text or "").partition("/")
    try:
        number = float(top) / float(bottom or 1)
    except (ValueError, ZeroDivisionError):
        return None
    return number if 0 < number < 1e9 else None


def _first(found: Properties, key: str) -> str | None:
    texts = found.get(key)
    return texts[0] if texts else None


def _lens(found: Properties) -> str | None:
    return name(_first(found, _EXIF_EX + "LensModel") or _first(found, _AUX + "Lens"))


def _iso(found: Properties) -> float | None:
    return next((iso for key in _ISO if (iso := _number(_first(found, key)))), None)
