"""Read the target of a request line in each of HTTP's four forms (RFC 9112, 3.2), and bring it into the usual one.

What is asked for at a path is the families' matter.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.types import Scope

from dagster_project.serve.refused import RefusedError, refused

_ABSOLUTE = re.compile(rb"https?://([^/?#]*)([^#]*)(#.*)?\Z", re.IGNORECASE)
_AUTHORITY = re.compile(rb"(?:\[[0-9a-f:.%]+\]|[^@\[\]:/\s]+)(?::[0-9]{0,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A request's scope with a path that begins with a slash, and why the request is refused, or None."""

    scope: Scope
    fault: RefusedError | None = None


def read_target(scope: Scope) -> Target:
    """Bring a request into origin form.

    A host in the target takes the place of the header's, as RFC 9112 asks. Where the target cannot be served, the scope
    has the path `/`, so that the refusal can be written.
    """
    raw: bytes = scope["raw_path"]
    if raw.startswith(b"/"):
        return Target(scope)
    absolute = _ABSOLUTE.match(raw)
    if absolute is None or scope["method"] == "CONNECT":
        words = "the request line has to name a path, as in GET /answers; `*`, CONNECT and other schemes are not served"
        return Target(_at(scope, b"/"), refused(400, "bad_target", words))
    authority, rest, fragment = absolute.groups()
    if fragment is not None or not _AUTHORITY.fullmatch(authority):
        words = "an address in the request line is http://host/path, without user, password or fragment"
        return Target(_at(scope, b"/"), refused(400, "bad_target", words))
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return Target({**_at(scope, rest or b"/"), "headers": [(b"host", authority), *headers]})


def _at(scope: Scope, raw_path: bytes) -> Scope:
    return {**scope, "raw_path": raw_path, "path": unquote(raw_path.decode("ascii"))}
