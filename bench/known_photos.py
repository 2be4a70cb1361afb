"""What is known of made-up photos, the same for the same number."""

import base64
import os
import random

from bench.filled import complete
from libs.common.store.protocol import Payload

_THUMBNAIL = base64.b64encode(os.urandom(7_000)).decode()
WORDS = (
    "beach", "sunset", "portrait", "street", "mountain", "forest", "river", "city", "night", "snow", "dog",
    "cat", "car", "table", "flower", "bridge", "harbour", "garden", "market", "train", "window", "church",
    "boat", "island", "field", "tree", "festival", "family", "wedding", "birthday", "dinner", "museum",
)  # fmt: skip
_CAMERAS = (
    "Sony ILCE-7M3",
    "Canon EOS R5",
    "NIKON Z 6",
    "Apple iPhone 12",
    "Google Pixel 6",
    "FUJIFILM X-T4",
)
_TOWNS = (
    ("Lisbon", "Lisbon", "Portugal", "PT", 38.7, -9.1),
    ("Oslo", "Oslo", "Norway", "NO", 59.9, 10.7),
    ("Kyoto", "Kyoto", "Japan", "JP", 35.0, 135.8),
    ("Lima", "Lima", "Peru", "PE", -12.0, -77.0),
)


def photo(number: int) -> Payload:
    """What is known of a photo of an ordinary camera."""
    chance = random.Random(number)  # noqa: S311 - no secret
    payload = small(number)
    town = chance.choice(_TOWNS)
    return complete(payload | {
        "file_hash": f"{number:064x}", "size": chance.randrange(10**6, 10**7), "mtime_ns": number,
        "mode": "RGB",
        "caption": f"a photo of {' '.join(chance.choices(WORDS, k=8))}", "tags": chance.choices(WORDS, k=3),
        "keywords": chance.choices(WORDS, k=2), "people": [f"Person {chance.randrange(40)}"],
        "rating": chance.randrange(6), "place": list(town[:4]),
        "location": {"lat": town[4] + chance.random(), "lon": town[5] + chance.random()},
        "exif_Image_Make": "Sony", "exif_Image_Model": "ILCE-7M3", "exif_EXIF_LensModel": "FE 35mm F1.8",
        "exif_EXIF_ISOSpeedRatings": str(100 * chance.randrange(1, 64)), "exif_EXIF_FNumber": "18/10",
        "exif_EXIF_ExposureTime": "1/250", "exif_EXIF_FocalLength": "35", "thumbnail_base64": _THUMBNAIL,
    })  # fmt: skip


def small(number: int) -> Payload:
    """A file name and what is filtered by."""
    chance = random.Random(number)  # noqa: S311 - no secret
    year, month, day = 2010 + number % 14, chance.randrange(1, 13), chance.randrange(1, 29)
    folder = f"/photos/{year}/{month:02} {chance.choice(WORDS)}"
    path = f"{folder}/IMG_{number}.jpg"
    return {
        "filename": f"IMG_{number}.jpg", "full_path": path, "width": 6000, "height": 4000, "format": "JPEG",
        "kind": "photo", "taken_at": f"{year}-{month:02}-{day:02}T12:00:00Z", "month": f"{year}-{month:02}",
        "folders": ["/photos", f"/photos/{year}", folder], "camera": chance.choice(_CAMERAS),
        "search_text": f"img {number} {' '.join(chance.choices(WORDS, k=4))}", "stack": path,
    }  # fmt: skip
