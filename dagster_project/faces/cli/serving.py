"""The verb that serves the published file: serve.

What is served is the room serve/, imported when the verb is called alone.
"""

from datetime import UTC, datetime
from functools import partial

import click

from dagster_project.errors import DiskError, UsageError
from dagster_project.settings.keys import read_key
from dagster_project.settings.load import load


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of the settings'; 0 takes a free one.")
def serve(*, port: int | None) -> None:
    """Serve the history over HTTP, read-only, until Ctrl-C: every answer, and the shapes of the providers' own APIs."""
    from dagster_project.faces.page import page_of  # noqa: PLC0415 - only this verb and `page` draw
    from dagster_project.serve.server import serve as run  # noqa: PLC0415 - only this verb needs a web server

    settings = load(datetime.now(UTC))
    told = settings.serve if port is None else settings.serve.model_copy(update={"port": port})
    key = None
    if told.api_key_env is not None and (key := read_key(told.api_key_env, is_simulated=False)) is None:
        raise UsageError(f"the environment holds no {told.api_key_env}, which [serve].api_key_env names; set it")
    page = partial(page_of, is_simulated=settings.is_simulated)
    shown = f"{settings.paths.published}{' (SIMULATED history)' if settings.is_simulated else ''}"
    try:
        run(settings.paths.published, page, told, key, lambda url: click.echo(f"{shown} on {url}"))
    except OSError as error:
        words = f"{told.host}:{told.port} cannot be bound ({error.strerror}); try another --port, or mend [serve].host"
        raise DiskError(words) from error
