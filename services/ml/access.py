"""Who may use the service: callers that know the API key, where there is one."""

import hmac
from typing import Annotated

from fastapi import Header, Request
from pydantic import SecretStr

from libs.common.errors import Code, SluiceError


async def require_key(request: Request, x_api_key: Annotated[str, Header()] = "") -> None:
    """A dependency that raises SluiceError unauthorized unless `x-api-key` is the app's key."""
    key: SecretStr | None = request.app.state.settings.ml_api_key
    # Compared in constant time, so that the time of an answer tells nothing about the key.
    if key and not hmac.compare_digest(x_api_key.encode("latin-1"), key.get_secret_value().encode()):
        raise SluiceError(Code.UNAUTHORIZED, "the x-api-key header is missing or wrong")
