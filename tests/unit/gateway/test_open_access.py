"""Beyond loopback a gateway without a key does not start by accident."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from libs.common.errors import Code, SluiceError
from services.gateway.app import build, check_access, create_app
from services.gateway.settings import GatewaySettings


def settings(**values: Any) -> GatewaySettings:
    return GatewaySettings(**values)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "photos.example"])
async def test_without_a_key_it_listens_on_loopback_only(host: str, tmp_path: Path) -> None:
    service = build(settings(host=host, data_dir=tmp_path))

    with pytest.raises(SluiceError, match="or ALLOW_OPEN=true") as caught:
        await service.run(asyncio.Event())
    assert caught.value.code is Code.BAD_SETTING


async def test_the_app_by_itself_is_refused_too(tmp_path: Path) -> None:
    app = create_app(settings(host="0.0.0.0", data_dir=tmp_path))

    with pytest.raises(SluiceError, match="ALLOW_OPEN"):
        async with app.router.lifespan_context(app):
            pass


@pytest.mark.parametrize(
    "values", [{"host": "127.0.0.1"}, {"host": "::1"}, {"host": "0.0.0.0", "api_key": SecretStr("k")}]
)
def test_on_loopback_or_with_a_key_nothing_is_said(
    values: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    check_access(settings(**values))

    assert not caplog.records


def test_an_open_one_that_is_wanted_warns_at_each_start(caplog: pytest.LogCaptureFixture) -> None:
    check_access(settings(host="0.0.0.0", allow_open=True))

    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "any of them may read and remove what is here" in caplog.text
