"""What every request is served with: the published file, the settings, the clock.

How requests are let in is gate.py; what is answered is the families'.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from pydantic import SecretStr

from dagster_project.settings.schema import Serve
from dagster_project.warehouse.ask import Asking
from dagster_project.warehouse.reader import Opened, Reader

SERVICE = "portfolio.service"
OPENED = "portfolio.opened"
"""Names in a request's scope: who serves it, and the version of the published file that it keeps to its end."""


@dataclass(frozen=True, slots=True)
class Service:
    """One server: the file that it reads, what the settings say, its key, the last report, and the time in UTC."""

    reader: Reader
    settings: Serve
    key: SecretStr | None
    report: Path
    clock: Callable[[], datetime]

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
