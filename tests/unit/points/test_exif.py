from libs.common.points.exif import bare_names


def test_names_lose_their_group() -> None:
    payload = {
        "exif_Image_Make": "Sony",
        "exif_EXIF_FNumber": "14/5",
        "caption": "x",
        "exif_GPS_GPSLatitude": "1",
    }

    assert bare_names(payload) == {"Make": "Sony", "FNumber": "14/5", "GPSLatitude": "1"}


def test_the_image_wins_over_its_thumbnail_and_other_groups() -> None:
    payload = {
        "exif_Interoperability_ImageWidth": "7",
        "exif_Thumbnail_ImageWidth": "160",
        "exif_Image_ImageWidth": "4000",
    }

    assert bare_names(payload) == {"ImageWidth": "4000"}
