"""Files from hell: every way we know in which a photo library hurts, the same ones from the same seed."""
