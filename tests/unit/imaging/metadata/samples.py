"""Metadata as programs write it, and pictures that carry it."""

import struct

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

_HEAD = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"'
    ' xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
    ' xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"{}>'
)
_TAIL = "</rdf:Description></rdf:RDF></x:xmpmeta>"

WORDS = """
<dc:title><rdf:Alt><rdf:li xml:lang="de">Ein Turm</rdf:li>
<rdf:li xml:lang="x-default">A tower</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Großvater am Turm</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag><rdf:li>tower</rdf:li><rdf:li>Paris</rdf:li><rdf:li>tower</rdf:li></rdf:Bag></dc:subject>
<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>
<rdf:li><rdf:Description mwg-rs:Name="Anna" mwg-rs:Type="Face"/></rdf:li>
<rdf:li rdf:parseType="Resource"><mwg-rs:Name>Rex</mwg-rs:Name><mwg-rs:Type>Pet</mwg-rs:Type></rdf:li>
<rdf:li rdf:parseType="Resource"><mwg-rs:Name>Björn</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type></rdf:li>
</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>
<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Cem</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>
"""
ATTRIBUTES = (
    ' xmp:Rating="4" xmp:Label="Red" exif:GPSLatitude="48,51.5N" exif:GPSLongitude="2,17.6667W"'
    ' exif:GPSAltitude="350/10" exif:GPSAltitudeRef="0" photoshop:DateCreated="2019-07-21T18:03:11+02:00"'
    ' aux:Lens="EF50mm f/1.8" tiff:Make="Canon" tiff:Model="Canon EOS 5D"'
)


def xmp(body: str = WORDS, attributes: str = ATTRIBUTES) -> bytes:
    """A packet."""
    return (_HEAD.format(attributes) + body + _TAIL).encode()


def iptc(*datasets: tuple[int, int, bytes]) -> bytes:
    """IIM records of (record, dataset, data)."""
    return b"".join(
        struct.pack(">BBBH", 0x1C, record, kind, len(data)) + data for record, kind, data in datasets
    )


def photoshop(records: bytes) -> bytes:
    """IPTC's records as a JPEG has them."""
    resource = b"8BIM" + struct.pack(">HBxI", 0x0404, 0, len(records)) + records + b"\0" * (len(records) % 2)
    other = b"8BIM" + struct.pack(">HBxI", 0x03F3, 0, 4) + b"1234"
    return b"Photoshop 3.0\0" + other + resource


def exif(**also: object) -> Image.Exif:
    """What a camera writes that fills in everything; `also` by the tag's number in hexadecimal digits."""
    found = Image.Exif()
    found[0x010F], found[0x0110] = "NIKON CORPORATION", "NIKON D750"
    shot = found.get_ifd(0x8769)
    shot[0x829A], shot[0x829D], shot[0x920A] = IFDRational(1, 250), IFDRational(28, 10), IFDRational(50, 1)
    shot[0x8827], shot[0x9003], shot[0x9011], shot[0x9291] = 200, "2019:07:21 18:03:11", "+02:00", "25"
    shot[0xA434] = "AF-S 50mm f/1.8G"
    place = found.get_ifd(0x8825)
    place[1], place[2] = "S", (IFDRational(33), IFDRational(51), IFDRational(252, 10))
    place[3], place[4] = "W", (IFDRational(151), IFDRational(12), IFDRational(0))
    place[5], place[6] = b"\1", IFDRational(125, 10)
    for tag, value in also.items():
        number = int(tag.removeprefix("x"), 16)
        (found if number < 0x8000 or 0x9C9A < number < 0x9CA0 or number == 0x8298 else shot)[number] = value
    return found
