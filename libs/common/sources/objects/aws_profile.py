"""The keys of an AWS profile, as AWS's own tools keep them in ~/.aws."""

import os
from collections.abc import Mapping
from configparser import ConfigParser, Error
from pathlib import Path


def profile(environment: Mapping[str, str]) -> dict[str, str]:
    """Credentials and region of AWS_PROFILE, or of the default one; empty where the environment has keys.

    Temporary ones that a tool must first be run for (`credential_process`, SSO) are not among them.
    """
    if "AWS_ACCESS_KEY_ID" in environment:
        return {}
    name = environment.get("AWS_PROFILE", "default")
    home = Path(environment.get("HOME", "/nonexistent")) / ".aws"
    keys = _section(Path(environment.get("AWS_SHARED_CREDENTIALS_FILE", home / "credentials")), name)
    section = name if name == "default" else f"profile {name}"
    config = _section(Path(environment.get("AWS_CONFIG_FILE", home / "config")), section)
    found = {
        "access_key_id": keys.get("aws_access_key_id"),
        "secret_access_key": keys.get("aws_secret_access_key"),
        "session_token": keys.get("aws_session_token"),
        "region": None if _has_region(environment) else config.get("region"),
    }
    return {option: value for option, value in found.items() if value}


def _has_region(environment: Mapping[str, str]) -> bool:
    return "AWS_REGION" in environment or "AWS_DEFAULT_REGION" in environment


def _section(file: Path, name: str) -> Mapping[str, str]:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read(os.fspath(file))
    except (OSError, Error, UnicodeDecodeError):
        return {}
    return parser[name] if parser.has_section(name) else {}
