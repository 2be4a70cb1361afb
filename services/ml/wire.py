"""The bodies of the ML inference service, as its clients have always sent and read them."""

from pydantic import BaseModel, ConfigDict, Field


class _Body(BaseModel):
    # Field names of the format start with model_, which pydantic otherwise keeps to itself.
    model_config = ConfigDict(protected_namespaces=())


class Capabilities(_Body):
    """What the service is and how much it takes at once."""

    safe_clip_batch: int
    safe_blip_batch: int
    clip_model_loaded: bool
    blip_model_loaded: bool
    device_type: str
    cuda_available: bool
    precision: str | None = None
    """What the model computes in, float32 or float16; null where it has no weights or is not loaded."""
    model_name_clip: str
    model_name_blip: str | None
    embedding_dimension: int
    has_text_model: bool
    input_side: int | None
    """Pixels on a picture's shorter side that the model looks at; more adds nothing."""
    duplicate_likeness: float
    """The cosine from which two pictures are copies of each other."""
    related_likeness: float
    """The cosine from which two pictures show the like."""
    words_likeness: float | None
    """The cosine from which a picture shows what a text says; null where there is no text model."""


class Models(_Body):
    """What may be asked for as `model`; `default` answers where none is. Null: a folder, without a name."""

    default: str | None
    names: list[str]


class EncodedImage(_Body):
    """One image in a JSON request."""

    unique_id: str
    image_base64: str
    filename: str = ""


class BatchRequest(_Body):
    """The images of a JSON request."""

    images: list[EncodedImage]


class Result(_Body):
    """What became of one image: an embedding and a caption, or an error."""

    unique_id: str
    filename: str
    embedding: list[float] | None = None
    embedding_shape: list[int] | None = None
    caption: str | None = None
    error: str | None = None
    model_name_clip: str
    model_name_blip: str | None
    device_used: str


class BatchResponse(_Body):
    """One result an image, in the order of the request."""

    results: list[Result]


class TextRequest(_Body):
    """A text to embed."""

    text: str = Field(min_length=1, max_length=10_000)


class TextResponse(_Body):
    """The text's vector, in the space of the images; `note` says what was guessed of it."""

    embedding: list[float]
    embedding_shape: list[int]
    note: str | None = None


class Message(_Body):
    """What warmup and cooldown answer."""

    message: str


class Health(_Body):
    """The state of the service; the models' names while they are loaded."""

    status: str
    clip_model: str | None
    blip_model: str | None
