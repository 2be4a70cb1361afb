"""The models that can be fetched by name."""

from dataclasses import dataclass

from services.ml.engine.backend import Likeness

CLIP_LIKENESS = Likeness(duplicate=0.95, related=0.7, words=0.2)
SIGLIP_LIKENESS = Likeness(duplicate=0.95, related=0.7, words=0.05)


@dataclass(frozen=True, slots=True)
class Published:
    """A model as it is published: `repository` on the hub, whose files are laid out as ClipFolder reads them.

    `megabytes` are those of both towers. `commit` None: the newest one at the time of fetching, whose id and
    hashes are then kept with the files.
    """

    name: str
    repository: str
    dimension: int
    side: int
    megabytes: int
    licence: str
    about: str
    likeness: Likeness
    commit: str | None = None


PUBLISHED = (
    Published(
        "ViT-B-32__laion2b-s34b-b79k",
        "immich-app/ViT-B-32__laion2b-s34b-b79k",
        dimension=512,
        side=224,
        megabytes=605,
        licence="MIT",
        about="English; the recommended one",
        likeness=CLIP_LIKENESS,
    ),
    Published(
        "XLM-Roberta-Base-ViT-B-32__laion5b-s13b-b90k",
        "immich-app/XLM-Roberta-Base-ViT-B-32__laion5b-s13b-b90k",
        dimension=512,
        side=224,
        megabytes=1460,
        licence="MIT",
        about="about 100 languages",
        likeness=CLIP_LIKENESS,
    ),
    Published(
        "ViT-B-32-SigLIP2-256__webli",
        "immich-app/ViT-B-32-SigLIP2-256__webli",
        dimension=768,
        side=256,
        megabytes=1510,
        licence="Apache-2.0",
        about="many languages; better than CLIP at the same speed",
        likeness=SIGLIP_LIKENESS,
    ),
    Published(
        "ViT-B-16-SigLIP2__webli",
        "immich-app/ViT-B-16-SigLIP2__webli",
        dimension=768,
        side=224,
        megabytes=1500,
        licence="Apache-2.0",
        about="many languages; finer detail, three to four times slower",
        likeness=SIGLIP_LIKENESS,
    ),
)


def published(name: str) -> Published | None:
    """The model of that name."""
    return next((each for each in PUBLISHED if each.name == name), None)
