"""Bodies about uploads."""

from pydantic import Field

from services.gateway.jobs.models import Submitted


class Uploaded(Submitted):
    """An upload that was taken on."""

    accepted: int = Field(description="Files that the job will go through", examples=[12])
    ignored: list[str] = Field(
        description="Files passed over, as by a scan; the first 1,000", examples=[[".DS_Store"]]
    )
    already_stored: int = Field(
        0, description="Of those accepted, files whose content is stored already: their bytes were not kept"
    )
