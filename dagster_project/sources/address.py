"""Addresses of providers: which one may stand in the settings, and which is this machine itself.

There http is safe, no proxy stands in between, and only simulators answer.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def plain_address(url: str) -> str:
    """Give back an address that carries nothing but host and path, without the slash at its end.

    Raises:
        ValueError: it carries more, or a key would travel in the open.
    """
    if not _is_plain(url):
        raise ValueError("write a plain address such as https://gateway.example.com, without query or fragment")
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise ValueError("an address must not carry a user or a key; keys come from the environment only")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError("http is refused but for this machine itself, a key would travel in the open; write https")
    return url.rstrip("/")


def _is_plain(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0  # to ask for the port is what judges it
    except ValueError:
        return False
    return has_host and parts.scheme in ("http", "https") and _NOT_IN_ADDRESS.search(url) is None


_NOT_IN_ADDRESS = re.compile(r"[?#\s]")
