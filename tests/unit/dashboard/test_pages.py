"""What the pages make of the gateway's answers, without a browser."""

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from libs.common.errors import Code, SluiceError, UnavailableError
from libs.common.http.mounted import Mounted
from services.dashboard import words
from services.dashboard.access import SameOrigin
from services.dashboard.pages.duplicates.identical import spare
from services.dashboard.pages.library.filters import address, chosen
from services.dashboard.pages.library.found import first_page
from services.dashboard.pages.library.narrowing import menus
from services.dashboard.pages.overview import best_state, waiting
from services.dashboard.pages.photo.facts import exposure, names, place, stated, technical
from services.dashboard.pages.photos import tile, why
from services.dashboard.pages.throughput import throughput
from sluice import AsyncClient
from sluice.models.duplicates import Copy, ExactGroup
from sluice.models.photos import Facet, Facets, Photo, PhotoInfo, PhotoPayload, SearchResults, Why, Word
from sluice.models.system import Instance


def client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost:8003")


def test_a_stage_is_as_good_as_its_best_instance() -> None:
    gone, waits = Instance("upserter", "a", "gone"), Instance("upserter", "b", "waiting", "Qdrant is away")
    assert best_state([gone, waits]) == "waiting"
    assert best_state([]) == "gone"
    assert waiting([gone, waits, waits]) == ["upserter: Qdrant is away"]


def test_the_file_to_keep_is_never_among_those_that_move() -> None:
    group = ExactGroup("ab", "2", "the largest", [Copy("1", "/a.jpg", "a.jpg"), Copy("2", "/b.jpg", "b.jpg")])
    assert spare(group) == ["/a.jpg"]


def test_names_of_files_are_text_in_a_tile() -> None:
    evil = '"><script>alert(1)</script>'
    assert "<script>" not in tile(Photo("1", PhotoPayload(evil, caption=evil)))


def test_the_chart_has_a_bar_for_each_five_seconds_and_is_left_out_where_nothing_happened() -> None:
    assert throughput([], 1000.0) == ""
    assert throughput([(1.0, 50)], 1000.0) == ""
    drawn = throughput([(999.0, 50), (998.0, 50), (990.0, 50)], 1000.0)
    assert drawn.count("height:100%") == 1
    assert drawn.count("height:50%") == 1
    assert "20.0 photos a second" in drawn


def test_a_photo_shows_only_what_is_known() -> None:
    found = PhotoInfo("1", "a.jpg", width=40, height=30, exif={"Make": "Acme", "Model": "Acme One"})
    assert names(found) == {"Size": "40 x 30, 0.0 megapixels"}
    assert technical(found) == {"Camera": "Acme One"}


def test_what_a_camera_wrote_is_read_and_nonsense_is_left_out() -> None:
    exif = {"FNumber": "14/5", "ExposureTime": "1/125", "FocalLength": "35"}
    assert exposure(exif) == "f/2.8, 1/125 s, 35 mm"
    assert exposure({"FNumber": "0/0", "ExposureTime": "bulb"}) == ""
    spot = {"GPSLatitude": "[38, 43, 12]", "GPSLatitudeRef": "N", "GPSLongitude": "[9, 8, 0]"}
    assert place(PhotoInfo("1", "a.jpg", exif=spot | {"GPSLongitudeRef": "W"})) == pytest.approx(
        (38.72, -9.1333), abs=1e-4
    )
    assert place(PhotoInfo("1", "a.jpg", exif=spot | {"GPSLongitude": "[9, 1/0, 0]"})) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(45, "45 s"), (200, "3 min"), (7500, "2 h 5 min"), (86_400, "24 h")]
)
def test_durations_are_words(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


async def test_a_refusal_comes_with_the_gateways_sentence_and_its_absence_with_one() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.headers.get("x-api-key") == "away":
            raise httpx.ConnectError("refused")
        return httpx.Response(409, json={"detail": "photos exists already", "code": "collection_exists"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse), base_url="http://g") as http:
        with pytest.raises(SluiceError, match="photos exists already") as refused:
            await AsyncClient(connections=http).http.send("POST", "/collections")
        assert refused.value.code == Code.COLLECTION_EXISTS
        with pytest.raises(UnavailableError, match="does not answer"):
            await AsyncClient(api_key="away", connections=http, retries=0).http.send("GET", "/jobs")


async def test_pages_of_other_origins_are_refused() -> None:
    async with client(SameOrigin(PlainTextResponse("page"))) as browser:
        assert (await browser.get("/ui/")).text == "page"
        assert (await browser.get("/ui/", headers={"origin": "http://localhost:8003"})).text == "page"
        assert (await browser.get("/ui/", headers={"origin": "http://evil.example"})).status_code == 403


async def test_a_browser_is_led_to_the_pages_and_a_program_is_not() -> None:
    app = Mounted(PlainTextResponse("api"), {"/ui": PlainTextResponse("pages")}, "/ui/")
    async with client(app) as browser:
        assert (await browser.get("/", headers={"accept": "text/html"})).headers["location"] == "/ui/"
        assert (await browser.get("/")).text == "api"
        assert (await browser.get("/ui/jobs")).text == "pages"
        assert (await browser.get("/uix")).text == "api"


def test_a_view_of_the_library_has_an_address_that_leads_back_to_it() -> None:
    filters = {"camera": 'Acme "One" & co', "rating": 5}
    where = httpx.URL(address("a cat", filters))
    assert where.params["q"] == "a cat"
    assert chosen(where.params["f"]) == filters
    assert address("", {}) == "/library"
    with pytest.raises(SluiceError, match="cannot be read"):
        chosen("[1")


def test_a_hit_says_why_it_was_found() -> None:
    reason = Why(0.314, [Word("cat", "caption"), Word("cat", "tags")])
    assert why(Photo("1", PhotoPayload("a.jpg"), why=reason)) == "cat, 0.31 alike"
    assert why(Photo("1", PhotoPayload("a.jpg"))) == ""


def test_what_people_said_of_a_photo_is_shown_where_it_is_known() -> None:
    found = PhotoInfo(
        "1", "a.jpg", place=["Lisbon", "Lisboa", "Portugal", "PT"], rating=4,
        taken_local="2019-07-21T18:03:11", location={"lat": 38.72, "lon": -9.13},
    )  # fmt: skip
    said = {"Place": "Lisbon, Lisboa, Portugal", "Coordinates": "38.72000, -9.13000", "Rating": "4 of 5"}
    assert stated(found) == said
    assert technical(found) == {"Taken": "2019-07-21 18:03"}
    assert stated(PhotoInfo("1", "a.jpg")) == {}


def test_dates_are_narrowed_by_year_and_then_by_month() -> None:
    months = [Facet("2019-07", 3), Facet("2019-08", 1), Facet("2020-01", 2)]
    ((name, years),) = menus(Facets({"month": months}, 6), {})
    assert name == "Date"
    assert [(each.name, each.photos) for each in years] == [("2020", 2), ("2019", 4)]
    ((_, of_year),) = menus(Facets({"month": months[:2]}, 4), years[1].filters)
    assert [each.name for each in of_year] == ["August 2019", "July 2019"]
    assert of_year[0].filters == {"month": "2019-08"}


def test_guesses_of_the_model_stand_apart_from_what_was_found() -> None:
    sure, guess = (
        Photo(each, PhotoPayload(f"{each}.jpg"), why=Why(likeness))
        for each, likeness in (("a", 0.9), ("b", 0.1))
    )
    html = first_page(SearchResults([sure, guess], next="c", floor=0.5), "for &lt;b&gt;")
    assert html.index("a.jpg") < html.index("Perhaps these too") < html.index("b.jpg")
    assert "The best photos for &lt;b&gt;" in html
    assert "data-guessed" in html
