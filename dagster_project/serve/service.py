"""What every request is served with: the published file, the settings, the clock.

How requests are let in is gate.py; what is answered is the families'.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from pydantic import SecretStr

from dagster_project.serve.kept import Kept
from dagster_project.settings.schema import Serve
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.reader import Opened, Reader

SERVICE = "portfolio.service"
OPENED = "portfolio.opened"
"""Names in a request's scope: who serves it, and the version of the published file that it keeps to its end."""

MakePage = Callable[[Asking], str | None]
"""Makes the page of the history that is asked through; None where there is nothing to show yet."""


@dataclass(frozen=True, slots=True)
class Service:
    """One server: the file that it reads, the settings, its key, its page, the time in UTC, files it made."""

    reader: Reader
    settings: Serve
    key: SecretStr | None
    page: MakePage
    clock: Callable[[], datetime]
    kept: Kept = field(default_factory=Kept)

    @property
    def gives_known(self) -> bool:
        """Tell whether the known part is given, said to be one, where a number is not complete."""
        return self.settings.incomplete == "known"


def _service(request: Request) -> Service:
    found: Service = request.scope[SERVICE]
    return found


async def _asking(request: Request) -> AsyncIterator[Asking]:
    """Open what is asked through; nothing waits here, and a plain generator would cost two turns of a thread."""
    opened: Opened = request.scope[OPENED]
    with opened.asking() as asking:
        yield asking


Served = Annotated[Service, Depends(_service)]
Asked = Annotated[Asking, Depends(_asking)]
