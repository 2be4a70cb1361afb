"""What jobs add to points that are there, and what a point that is made again keeps of it."""

from libs.common.messages import Description
from libs.common.points.derived import below_root, derive
from libs.common.points.fields import Fields
from libs.common.store.protocol import Payload


def described(payload: Payload, description: Description) -> Payload:
    """The fields of a stored payload that the description changes; `payload` is all but its thumbnail."""
    point = Fields(dict(payload))
    below = below_root(point)
    set_description(point, description)
    derive(point, below)
    return {name: value for name, value in point.payload.items() if payload.get(name) != value}


def set_description(point: Fields, description: Description) -> None:
    """Set what was looked for."""
    if description.caption_model is not None:
        point.caption = description.caption
        point.has_caption = description.caption is not None
        point.caption_model = description.caption_model
    if description.text_model is not None:
        point.picture_text = description.text or ""
        point.text_model = description.text_model


def description_of(point: Fields) -> Description:
    """What jobs added to a stored point."""
    has_caption, has_text = point.caption_model is not None, point.text_model is not None
    return Description(
        caption=point.caption if has_caption else None,
        caption_model=point.caption_model,
        text=point.picture_text if has_text else None,
        text_model=point.text_model,
    )
