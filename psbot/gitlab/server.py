"""The server: its address, token and CA file, checked before anything is sent."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from psbot.errors import PsbotError


def check_address(url: str) -> None:
    """Raise PsbotError for an address that cannot be GitLab's; it is not shown, because it may hold a password."""
    try:
        parts = urlsplit(url)
        is_plain = (
            parts.scheme in ("http", "https") and parts.hostname and not (parts.username or parts.password)
        )
        is_plain = is_plain and parts.port != 0 and url.isprintable() and " " not in url
        (parts.hostname or "").encode("idna")
    except ValueError:
        is_plain = False
    if not is_plain:
        raise PsbotError(
            "the address of GitLab is not a plain http(s) URL",
            "use the form https://gitlab.example.com, without user name and password",
        )


def check_ca_file(file: str) -> None:
    """Raise PsbotError for a file, or folder, that holds no certificates to trust."""
    locations = {"capath" if Path(file).is_dir() else "cafile": file}
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**locations)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it contains no certificate"
        raise PsbotError(
            f"the CA file {file} cannot be used: {reason}", "use a file with PEM certificates"
        ) from None


_TIMEOUT_SECONDS = 65  # seconds; GitLab cuts a request at 60


@dataclass(frozen=True, slots=True)
class Server:
    """Where GitLab is and how to reach it: base URL, token, a private CA file, connections to keep."""

    url: str
    token: str = field(repr=False)
    ca_file: str | None = None
    connections: int = 4
    timeout: float = _TIMEOUT_SECONDS
    is_oauth: bool = False
