"""Files with every field set by exiftool, and what exiftool reads of them.

It comes with Debian's libimage-exiftool-perl; nothing of it is part of Sluice.
"""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

Tags = Mapping[str, Any]
Values = Mapping[str, Any]

SECONDS = 300
EXIF_FORMATS = ("jpg", "tif", "png", "webp", "heic", "avif", "jxl", "jp2", "psd", "dng")
GROUPS: dict[str, tuple[str, ...]] = {
    "exif": EXIF_FORMATS,
    "xmp": (*EXIF_FORMATS, "gif", "mp4", "mov"),
    "iptc": ("jpg", "tif", "png", "jp2", "psd", "dng"),
    "keys": ("mp4", "mov"),
}
"""The formats that can keep each group."""


class Written(NamedTuple):
    """What is written into a file."""

    make: str
    model: str
    lens: str
    iso: int
    f_number: float
    exposure: str
    focal: float
    date: str
    offset: str
    latitude: float
    longitude: float
    altitude: float
    title: str
    description: str
    keywords: tuple[str, ...]
    rating: int
    label: str
    people: tuple[str, ...]


SETS = (
    Written(
        "Canon", "Canon EOS 5D", "EF50mm f/1.8", 200, 2.8, "1/250", 50, "2019:07:21 18:03:11", "+02:00",
        -33.857, -151.2, -12.5, "Großvater am Turm", "日本 - ёж & <co>", ("eins", "zwei drei"), 4, "Red",
        ("Anna", "Björn"),
    ),
    Written(
        "SONY", "ILCE-7M3", "FE 24-70mm F2.8 GM", 12800, 1.4, "30", 24.5, "2001:12:31 23:59:59", "-05:30",
        48.858333, 2.2945, 330.25, "Tour Eiffel", "Line one, line two", ("été",), 1, "Blue", ("Cem",),
    ),
)  # fmt: skip


def is_here() -> bool:
    """Whether exiftool can be run."""
    return shutil.which("exiftool") is not None


def write(files: Iterable[tuple[Path, str, Written]]) -> None:
    """Set every field of a group in each file, in one process."""
    common = ("-q", "-m", "-overwrite_original", "-charset", "UTF8", "-charset", "iptc=UTF8")
    each = ([*common, *_ARGUMENTS[group](values), str(path), "-execute"] for path, group, values in files)
    _run(*(argument for arguments in each for argument in arguments))


def read(paths: Iterable[Path]) -> list[Tags]:
    """What exiftool reads of the files, by `group:tag`."""
    told = _run("-j", "-n", "-G1", "-struct", "-charset", "UTF8", "-charset", "iptc=UTF8", *map(str, paths))
    found: list[Tags] = json.loads(told)
    return found


def lenses(folder: Path) -> dict[str, str]:
    """The lens in the maker's note of each file, by the file's name without its suffix."""
    tags = ("-Pentax:LensType", "-Samsung:LensType", "-Sony:LensSpec", "-Olympus:LensType")
    found: list[Tags] = json.loads(_run("-j", "-G1", *tags, str(folder)))
    return {
        Path(told["SourceFile"]).stem: next(str(told[tag]) for tag in told if ":Lens" in tag)
        for told in found
    }


def values_of(tags: Tags, group: str) -> Values:
    """What exiftool reads, by the names of our fields."""
    return {field: value for field, value in _READERS[group](tags).items() if value not in (None, [], "")}


def _run(*arguments: str) -> str:
    """One argument a line, on standard input: there are thousands."""
    done = subprocess.run(
        ["exiftool", "-@", "-"],
        input="\n".join(arguments), capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _exif(v: Written) -> list[str]:
    return [
        f"-EXIF:Make={v.make}", f"-EXIF:Model={v.model}", f"-EXIF:LensModel={v.lens}", f"-EXIF:ISO={v.iso}",
        f"-EXIF:FNumber={v.f_number}", f"-EXIF:ExposureTime={v.exposure}", f"-EXIF:FocalLength={v.focal}",
        f"-EXIF:DateTimeOriginal={v.date}", f"-EXIF:OffsetTimeOriginal={v.offset}",
        f"-EXIF:GPSLatitude={abs(v.latitude)}", f"-EXIF:GPSLatitudeRef={'S' if v.latitude < 0 else 'N'}",
        f"-EXIF:GPSLongitude={abs(v.longitude)}", f"-EXIF:GPSLongitudeRef={'W' if v.longitude < 0 else 'E'}",
        f"-EXIF:GPSAltitude={abs(v.altitude)}", f"-EXIF:GPSAltitudeRef#={int(v.altitude < 0)}",
        f"-EXIF:ImageDescription={v.description}", f"-EXIF:XPTitle={v.title}",
        f"-EXIF:XPKeywords={';'.join(v.keywords)}", f"-IFD0:Rating={v.rating}",
    ]  # fmt: skip


def _xmp(v: Written) -> list[str]:
    faces = ",".join(
        f"{{Area={{X=0.5,Y=0.5,W=0.1,H=0.1,Unit=normalized}},Name={name},Type=Face}}" for name in v.people[:1]
    )
    return [
        f"-XMP-tiff:Make={v.make}", f"-XMP-tiff:Model={v.model}", f"-XMP-exifEX:LensModel={v.lens}",
        f"-XMP-exif:ISO={v.iso}", f"-XMP-exif:FNumber={v.f_number}", f"-XMP-exif:ExposureTime={v.exposure}",
        f"-XMP-exif:FocalLength={v.focal}", f"-XMP-photoshop:DateCreated={v.date}{v.offset}",
        f"-XMP-exif:GPSLatitude#={v.latitude}", f"-XMP-exif:GPSLongitude#={v.longitude}",
        f"-XMP-exif:GPSAltitude={abs(v.altitude)}", f"-XMP-exif:GPSAltitudeRef#={int(v.altitude < 0)}",
        f"-XMP-dc:Title={v.title}", f"-XMP-dc:Description={v.description}",
        *(f"-XMP-dc:Subject={keyword}" for keyword in v.keywords), f"-XMP-xmp:Rating={v.rating}",
        f"-XMP-xmp:Label={v.label}", *(f"-XMP-iptcExt:PersonInImage={name}" for name in v.people[1:]),
        f"-RegionInfo={{AppliedToDimensions={{W=64,H=48,Unit=pixel}},RegionList=[{faces}]}}",
    ]  # fmt: skip


def _iptc(v: Written) -> list[str]:
    day, time = v.date.split(" ")
    return [
        "-IPTC:CodedCharacterSet=UTF8", f"-IPTC:ObjectName={v.title}",
        f"-IPTC:Caption-Abstract={v.description}",
        *(f"-IPTC:Keywords={keyword}" for keyword in v.keywords), f"-IPTC:DateCreated={day}",
        f"-IPTC:TimeCreated={time}{v.offset}",
    ]  # fmt: skip


def _keys(v: Written) -> list[str]:
    place = f"{v.latitude}, {v.longitude}, {v.altitude}"
    return [
        f"-Keys:Make={v.make}", f"-Keys:Model={v.model}", f"-Keys:CreationDate={v.date}{v.offset}",
        f"-Keys:GPSCoordinates={place}", f"-Keys:Title={v.title}", f"-Keys:Description={v.description}",
        f"-Keys:Keywords={','.join(v.keywords)}",
    ]  # fmt: skip


def _from_exif(t: Tags) -> Values:
    return _of(
        t, "IFD0:Make", "IFD0:Model", lens="ExifIFD:LensModel", iso="ExifIFD:ISO", f_number="ExifIFD:FNumber",
        exposure_s="ExifIFD:ExposureTime", focal_mm="ExifIFD:FocalLength", title="IFD0:XPTitle",
        description="IFD0:ImageDescription", rating="IFD0:Rating",
    ) | {
        "taken_at": _iso(f"{t.get('ExifIFD:DateTimeOriginal', '')}{t.get('ExifIFD:OffsetTimeOriginal', '')}"),
        "keywords": str(t.get("IFD0:XPKeywords", "")).split(";"),
    } | _place(t)  # fmt: skip


def _from_xmp(t: Tags) -> Values:
    regions = t.get("XMP-mwg-rs:RegionInfo", {}).get("RegionList", [])
    # A DNG has a camera of its own.
    camera = "IFD0" if "IFD0:Make" in t else "XMP-tiff"
    return _of(
        t, f"{camera}:Make", f"{camera}:Model", lens="XMP-exifEX:LensModel", iso="XMP-exif:ISO",
        f_number="XMP-exif:FNumber", exposure_s="XMP-exif:ExposureTime", focal_mm="XMP-exif:FocalLength",
        title="XMP-dc:Title", description="XMP-dc:Description", rating="XMP-xmp:Rating",
        label="XMP-xmp:Label",
    ) | {
        "taken_at": _iso(t.get("XMP-photoshop:DateCreated", "")),
        "keywords": _list(t.get("XMP-dc:Subject")),
        "people": [region["Name"] for region in regions] + _list(t.get("XMP-iptcExt:PersonInImage")),
    } | _place(t)  # fmt: skip


def _from_iptc(t: Tags) -> Values:
    return _of(t, title="IPTC:ObjectName", description="IPTC:Caption-Abstract") | {
        "taken_at": _iso(f"{t.get('IPTC:DateCreated', '')} {t.get('IPTC:TimeCreated', '')}"),
        "keywords": _list(t.get("IPTC:Keywords")),
    }


def _from_keys(t: Tags) -> Values:
    latitude, longitude, altitude = map(float, str(t["Keys:GPSCoordinates"]).split())
    return _of(t, "Keys:Make", "Keys:Model", title="Keys:Title", description="Keys:Description") | {
        "taken_at": _iso(t.get("Keys:CreationDate", "")),
        "keywords": str(t["Keys:Keywords"]).split(","),
        "location": (latitude, longitude),
        "altitude_m": altitude,
    }


def _of(t: Tags, make: str = "", model: str = "", **names: str) -> dict[str, Any]:
    stated = [str(t[name]) for name in (make, model) if name in t]
    repeats = len(stated) == 2 and stated[1].startswith(stated[0])
    values = {field: t.get(name) for field, name in names.items()}
    alone = {field: value[0] if isinstance(value, list) else value for field, value in values.items()}
    return alone | {"camera": stated[1] if repeats else " ".join(stated)}


def _place(t: Tags) -> dict[str, Any]:
    latitude, longitude = t.get("Composite:GPSLatitude"), t.get("Composite:GPSLongitude")
    where = None if latitude is None else (latitude, longitude)
    return {"location": where, "altitude_m": t.get("Composite:GPSAltitude")}


def _iso(text: str) -> str | None:
    """`2019:07:21 18:03:11+02:00` as ISO 8601."""
    return f"{text[:10].replace(':', '-')}T{text[11:]}" if text.strip() else None


def _list(value: Any) -> list[str]:
    return [] if value is None else [str(each) for each in value] if isinstance(value, list) else [str(value)]


_ARGUMENTS = {"exif": _exif, "xmp": _xmp, "iptc": _iptc, "keys": _keys}
_READERS = {"exif": _from_exif, "xmp": _from_xmp, "iptc": _from_iptc, "keys": _from_keys}
