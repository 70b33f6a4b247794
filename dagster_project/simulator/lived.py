"""Lived time: the instant that a request lives in, told by its sender or, failing that, by the wall clock.

Instants that are asked about (a timestamp parameter, a block) belong to the dialects.
"""

import re
import time
from collections.abc import Mapping

HEADER = "x-simulated-now"
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def lived_at(headers: Mapping[str, str]) -> int:
    """Unix seconds of the instant being lived.

    Raises:
        ValueError: The header is there and is not a whole number of unix seconds.
    """
    told = headers.get(HEADER)
    if told is None:
        return int(time.time())
    if not _SECONDS.fullmatch(told):
        raise ValueError(f"{HEADER} must be unix seconds, a whole number")
    return int(told)
