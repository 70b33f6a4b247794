"""Vega, Vega-Lite and Vega-Embed as one script, from the package that carries them; nothing is fetched.

Bundling takes some seconds of CPU, so what came out is kept in the user's cache under the package's version.
"""

import hashlib
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

from dagster_project.disk import put

_CACHE = "portfolio-snapshots"
_NAMED = "window.vegaEmbed = vegaEmbed;"


def library() -> str:
    """Give the script, which names `vegaEmbed` on the window and cannot end a script element."""
    import vl_convert as vlc  # noqa: PLC0415 - 30 MB that only pictures need

    kept = user_cache_path(_CACHE) / f"vega-{version('vl-convert-python')}.js"
    script = _read(kept)
    if script is None:
        script = vlc.javascript_bundle(_NAMED).replace("</script", "<\\/script")
        _keep(kept, script)
    return script


def _read(kept: Path) -> str | None:
    """Give what was kept if it is whole: its first line is the checksum of the rest."""
    try:
        checksum, _, script = kept.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return script if hashlib.sha256(script.encode()).hexdigest() == checksum else None


def _keep(kept: Path, script: str) -> None:
    """Keep it if the place allows; a cache that cannot be written costs seconds and nothing else."""
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        put(kept, f"{hashlib.sha256(script.encode()).hexdigest()}\n{script}".encode())
