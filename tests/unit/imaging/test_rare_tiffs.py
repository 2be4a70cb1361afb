"""TIFFs of every depth, layout and colour show the picture that was drawn."""

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from cli.raw_photo import directory
from libs.common.errors import Code, FileError
from libs.common.imaging.limits import Limits
from libs.common.imaging.normalise import normalise
from tests.support import photos
from tests.unit.imaging.reference import difference

WIDTH, HEIGHT = 400, 300
ACROSS, DOWN = np.meshgrid(np.linspace(0, 1, WIDTH), np.linspace(0, 1, HEIGHT))
COLOURS = np.stack([ACROSS, DOWN, 1 - ACROSS], axis=-1)
DRAWN = (COLOURS * 255).round()
INKS = np.concatenate([1 - COLOURS, np.zeros((HEIGHT, WIDTH, 1))], axis=2)
GREY = np.repeat((ACROSS * 255).round()[..., None], 3, axis=2)
WHITE = {"u1": 255, "u2": 65535, "u4": 2**32 - 1, "f2": 1, "f4": 1, "f8": 1}
COLOUR_MAP = np.repeat(np.arange(256, dtype=np.uint16)[None], 3, axis=0)
WITHIN = 2.5
"""Grey levels that a JPEG of these pictures is off by at most, on average."""


def tiff(samples: NDArray[np.generic], **options: Any) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, samples, **options)
    return out.getvalue()


def shown(data: bytes, expected: NDArray[np.float64], within: float = WITHIN) -> str:
    """The mode of the picture, which must show what is expected."""
    found = normalise(data, Limits())
    assert found.format == "TIFF"
    assert (found.width, found.height) == (WIDTH, HEIGHT)
    assert difference(found.jpeg, expected) < within
    return found.mode


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("kind", WHITE)
def test_colours(kind: str, planar: str, compression: str | None) -> None:
    samples = (COLOURS * WHITE[kind]).astype(kind)
    if planar == "separate":
        samples = samples.transpose(2, 0, 1)
    data = tiff(samples, photometric="rgb", planarconfig=planar, compression=compression)
    assert shown(data, DRAWN) == "RGB"


@pytest.mark.parametrize("kind", WHITE)
def test_greys(kind: str) -> None:
    shown(tiff((ACROSS * WHITE[kind]).astype(kind), photometric="minisblack"), GREY)


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_greys_whose_white_is_zero(kind: str) -> None:
    shown(tiff(((1 - ACROSS) * WHITE[kind]).astype(kind), photometric="miniswhite"), GREY)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_greys_of_an_odd_depth(bits: int) -> None:
    rows = (ACROSS * ((1 << bits) - 1)).astype(np.uint16)
    shown(tiff(rows, photometric="minisblack", bitspersample=bits, compression="none"), GREY)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_inks(kind: str, planar: str) -> None:
    samples = (INKS * WHITE[kind]).astype(kind)
    if planar == "separate":
        samples = samples.transpose(2, 0, 1)
    assert shown(tiff(samples, photometric="separated", planarconfig=planar), DRAWN) == "CMYK"


@pytest.mark.parametrize("scale", [257, 1])
def test_a_palette_in_16_bits_as_it_should_be_and_in_8_as_some_write_it(scale: int) -> None:
    indexes = (ACROSS * 255).round().astype(np.uint8)
    assert shown(tiff(indexes, photometric="palette", colormap=COLOUR_MAP * scale), GREY) == "P"


@pytest.mark.parametrize("kind", ["cielab 8", "cielab 16", "cielab float", "cielab planar", "icclab 8"])
def test_lab(kind: str) -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    # As an array its axes are signed, as in a CIELAB TIFF.
    lab = np.asarray(to_lab.apply(Image.fromarray(DRAWN.astype(np.uint8))))
    samples = {
        "cielab 8": lab,
        "cielab 16": lab.astype(np.uint16) * np.array([257, 256, 256], dtype=np.uint16),
        "cielab float": np.stack([lab[..., 0] / 2.55, *lab[..., 1:].view(np.int8).transpose(2, 0, 1)], -1),
        "cielab planar": lab.transpose(2, 0, 1),
        "icclab 8": lab ^ np.array([0, 128, 128], dtype=np.uint8),
    }[kind]
    planar = "separate" if kind.endswith("planar") else "contig"
    data = tiff(samples, photometric=kind.split(maxsplit=1)[0], planarconfig=planar)
    assert shown(data, DRAWN) == "LAB"


@pytest.mark.parametrize("alpha", ["assocalpha", "unassalpha", "unspecified"])
@pytest.mark.parametrize(
    ("meaning", "kind", "planar"),
    [
        ("rgb", "u1", "separate"),
        ("rgb", "f4", "contig"),
        ("separated", "u1", "contig"),
        ("separated", "u2", "separate"),
    ],
)
def test_a_further_channel_is_transparency_only_where_it_says_so(
    meaning: str, kind: str, alpha: str, planar: str
) -> None:
    colours = COLOURS if meaning == "rgb" else INKS
    factor = 0.5 if alpha == "assocalpha" else 1.0
    samples = np.concatenate([colours * factor, np.full((HEIGHT, WIDTH, 1), 0.5)], axis=2) * WHITE[kind]
    if planar == "separate":
        samples = samples.transpose(2, 0, 1)
    data = tiff(samples.astype(kind), photometric=meaning, planarconfig=planar, extrasamples=[alpha])
    shown(data, DRAWN if alpha == "unspecified" else DRAWN / 2 + 127.5)


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_greys_with_transparency(kind: str, photometric: str) -> None:
    grey = ACROSS if photometric == "minisblack" else 1 - ACROSS
    samples = np.stack([grey, np.full((HEIGHT, WIDTH), 0.5)], axis=-1) * WHITE[kind]
    data = tiff(
        samples.astype(kind), photometric=photometric, planarconfig="contig", extrasamples=["unassalpha"]
    )
    shown(data, GREY / 2 + 127.5)


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_more_channels_than_colours(kind: str) -> None:
    samples = np.concatenate([COLOURS, np.zeros((HEIGHT, WIDTH, 2))], axis=2) * WHITE[kind]
    shown(tiff(samples.astype(kind), photometric="rgb", extrasamples=["unspecified"] * 2), DRAWN)


def packed(
    bits: int, planes: list[NDArray[np.float64]], photometric: int, *, planar: int = 1, also: Any = ()
) -> bytes:
    """A TIFF of samples that fill no bytes, the highest bit first, each row to a whole byte."""
    levels = [(plane * ((1 << bits) - 1)).round().astype(np.uint16) for plane in planes]
    rows = levels if planar == 2 else [np.stack(levels, axis=-1).reshape(HEIGHT, -1)]
    places = np.arange(bits - 1, -1, -1, dtype=np.uint16)
    strips = [np.packbits(((row[..., None] >> places) & 1).reshape(HEIGHT, -1) > 0, axis=1) for row in rows]
    sizes = [strip.size for strip in strips]
    offsets = [2048 + sum(sizes[:n]) for n in range(len(sizes))]
    entries = [
        (256, 4, [WIDTH]), (257, 4, [HEIGHT]), (258, 3, [bits] * len(planes)), (259, 3, [1]),
        (262, 3, [photometric]), (273, 4, offsets), (277, 3, [len(planes)]), (278, 4, [HEIGHT]),
        (279, 4, sizes), (284, 3, [planar]), *also,
    ]  # fmt: skip
    head = b"II*\0" + struct.pack("<I", 8) + directory(8, entries)
    return head.ljust(2048, b"\0") + b"".join(strip.tobytes() for strip in strips)


@pytest.mark.parametrize("bits", [4, 6, 10, 12, 14])
@pytest.mark.parametrize("planar", [1, 2])
def test_colours_of_an_odd_depth(bits: int, planar: int) -> None:
    shown(
        packed(bits, list(COLOURS.transpose(2, 0, 1)), 2, planar=planar), DRAWN, within=9 if bits == 4 else 4
    )


@pytest.mark.parametrize("bits", [6, 12])
def test_inks_of_an_odd_depth(bits: int) -> None:
    shown(packed(bits, list(INKS.transpose(2, 0, 1)), 5), DRAWN, within=4)


def test_palettes_of_one_bit_and_of_sixteen() -> None:
    white = (ACROSS > 0.5).astype(float)
    one = packed(1, [white], 3, also=[(320, 3, [0, 255] * 3)])
    shown(one, np.repeat(white[..., None] * 255.0, 3, axis=2))
    colours = np.repeat(np.arange(1 << 16, dtype=np.uint16)[None], 3, axis=0)
    shown(tiff((ACROSS * 65535).round().astype(np.uint16), photometric="palette", colormap=colours), GREY)


@pytest.mark.parametrize(
    "options",
    [
        {"bigtiff": True},
        {"byteorder": ">"},
        {"tile": (64, 64), "compression": "zlib", "predictor": True},
        {"compression": "zstd"},
        {"compression": "jpeg2000"},
        {"compression": "jpegxl"},
    ],
)
def test_layouts_and_compressions(options: dict[str, Any]) -> None:
    shown(tiff(DRAWN.astype(np.uint8), photometric="rgb", **options), DRAWN)


def blocks(across: int, down: int, order: str = "<", rows: int = HEIGHT) -> bytes:
    """Uncompressed YCbCr whose blocks of pixels share their colours, in strips of so many rows."""
    whole = np.asarray(Image.fromarray(DRAWN.astype(np.uint8)).convert("YCbCr"))
    grey = whole[..., 0].reshape(HEIGHT // down, down, WIDTH // across, across).transpose(0, 2, 1, 3)
    colour = whole[::down, ::across, 1:]
    units = np.concatenate([grey.reshape(HEIGHT // down, WIDTH // across, -1), colour], axis=2)
    strips = [units[at : at + rows // down].tobytes() for at in range(0, HEIGHT // down, rows // down)]
    count, start = len(strips), 8 + 2 + 12 * 10 + 4
    at = [start + 6 + 8 * count + sum(map(len, strips[:number])) for number in range(count)]
    listed = (
        *((256, 3, 1, (WIDTH, 0)), (257, 3, 1, (HEIGHT, 0)), (258, 3, 3, start), (259, 3, 1, (1, 0))),
        *((262, 3, 1, (6, 0)), (273, 4, count, start + 6 if count > 1 else at[0]), (277, 3, 1, (3, 0))),
        *((278, 3, 1, (rows, 0)), (279, 4, count, start + 6 + 4 * count if count > 1 else len(strips[0]))),
        (530, 3, 2, (across, down)),
    )
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HIH", 42, 8, len(listed))
    for tag, kind, length, value in listed:
        body = (
            struct.pack(f"{order}2H", *value) if isinstance(value, tuple) else struct.pack(order + "I", value)
        )
        head += struct.pack(f"{order}HHI", tag, kind, length) + body
    sizes = struct.pack(f"{order}I3H{2 * count}I", 0, 8, 8, 8, *at, *map(len, strips))
    return head + sizes + b"".join(strips)


@pytest.mark.parametrize(("across", "down"), [(2, 1), (2, 2), (4, 2), (4, 4)])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("rows", [HEIGHT, 100])
def test_uncompressed_colours_in_blocks(across: int, down: int, order: str, rows: int) -> None:
    assert shown(blocks(across, down, order, rows), DRAWN, within=4) == "YCbCr"


@pytest.mark.parametrize(
    ("block", "words"), [((2, 2), "ends before"), ((3, 2), "of a kind that is not known")]
)
def test_colours_in_blocks_that_are_cut_or_of_no_kind(block: tuple[int, int], words: str) -> None:
    data = blocks(2, 2)
    data = (
        data[: len(data) // 2]
        if block == (2, 2)
        else data.replace(struct.pack("<HHIHH", 530, 3, 2, 2, 2), struct.pack("<HHIHH", 530, 3, 2, *block))
    )
    with pytest.raises(FileError, match=words):
        normalise(data, Limits())


def test_a_big_tiff_of_16_bits_in_planes() -> None:
    samples = (COLOURS * 65535).astype(np.uint16).transpose(2, 0, 1)
    shown(tiff(samples, photometric="rgb", planarconfig="separate", bigtiff=True), DRAWN)


def test_the_reduced_picture_of_a_film_scanner_is_not_taken_for_the_whole_one() -> None:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        file.write(DRAWN[::4, ::4].astype(np.uint8), photometric="rgb", subfiletype=1, subifds=1)
        file.write((COLOURS * 65535).astype(np.uint16), photometric="rgb", subfiletype=0)
    shown(out.getvalue(), DRAWN)


@pytest.mark.parametrize("says", [(255, 3, 1, 2, True), None])
def test_a_thumbnail_that_comes_first_is_not_the_picture(
    says: tuple[int, int, int, int, bool] | None,
) -> None:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        tags = [says] if says else []
        file.write(DRAWN[::-8, ::8].astype(np.uint8), photometric="rgb", metadata=None, extratags=tags)
        file.write(DRAWN.astype(np.uint8), photometric="rgb", metadata=None)
    shown(out.getvalue(), DRAWN)


def test_of_the_pages_of_a_document_the_first_counts() -> None:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        file.write(DRAWN.astype(np.uint8), photometric="rgb", metadata=None)
        file.write(np.zeros((HEIGHT * 3, WIDTH * 3), np.uint8), photometric="minisblack", metadata=None)
    shown(out.getvalue(), DRAWN)


def test_a_picture_with_smaller_versions_of_itself_is_the_whole_one() -> None:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        file.write(DRAWN.astype(np.uint8), photometric="rgb", subfiletype=0)
        file.write(DRAWN[::-2, ::2].astype(np.uint8), photometric="rgb", subfiletype=1)
    shown(out.getvalue(), DRAWN)


@pytest.mark.parametrize("kind", [1, 3, 4])
@pytest.mark.parametrize("depth", ["u1", "f4"])
def test_an_orientation_of_any_type_is_obeyed(kind: int, depth: str) -> None:
    samples = np.rot90((COLOURS * WHITE[depth]).astype(depth))
    data = tiff(samples, photometric="rgb", extratags=[(274, kind, 1, 6, True)], metadata=None)
    shown(data, DRAWN)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_a_float_tiff_that_is_cut_is_truncated(planar: str) -> None:
    samples = COLOURS.astype(np.float32)
    if planar == "separate":
        samples = samples.transpose(2, 0, 1)
    whole = tiff(samples, photometric="rgb", planarconfig=planar)
    with pytest.raises(FileError) as caught:
        normalise(whole[: len(whole) // 2], Limits())
    assert caught.value.code is Code.TRUNCATED_IMAGE


def test_greys_with_transparency_that_are_multiplied_with_it() -> None:
    grey = np.asarray(photos.scene(400, 300).convert("L"))
    out = io.BytesIO()
    samples = np.dstack([grey // 2, np.full_like(grey, 128)])
    tifffile.imwrite(out, samples, photometric="minisblack", extrasamples=["assocalpha"])
    found = normalise(out.getvalue(), Limits())
    expected = np.repeat(grey[..., np.newaxis] / 2 + 255 * (1 - 128 / 255), 3, axis=2)
    assert difference(found.jpeg, expected) < 5.0


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_an_orientation_that_does_not_exist_turns_nothing(planar: str) -> None:
    scene = np.asarray(photos.scene(400, 300)).astype(np.uint16) * 257
    samples = scene if planar == "contig" else scene.transpose(2, 0, 1).copy()
    out = io.BytesIO()
    tifffile.imwrite(out, samples, photometric="rgb", planarconfig=planar, extratags=[(274, 3, 1, 9, True)])
    found = normalise(out.getvalue(), Limits())
    assert (found.width, found.height) == (400, 300)


def test_a_mask_that_comes_before_its_picture_is_not_taken_for_it() -> None:
    scene, out = np.asarray(photos.scene(400, 300)), io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        file.write(np.ones((300, 400), bool), photometric="minisblack", subfiletype=4)
        file.write(scene, photometric="rgb")
    assert difference(normalise(out.getvalue(), Limits()).jpeg, scene) < 4.0
