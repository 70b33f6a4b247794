"""The only place that reads a provider's key: from the environment, into a type that never shows it.

Simulated mode never reads a real key: the simulator has its own word.
"""

import os

from pydantic import SecretStr

from dagster_project.errors import UsageError

SIMULATED_KEY = SecretStr("simulated")

SHORTEST_KEY = 8
"""Letters: a shorter key would be blotted out of answers wherever its letters stand in them."""


def read_key(variable: str, *, is_simulated: bool) -> SecretStr | None:
    """Give the key that the environment holds under `variable`, None where there is none; empty where none is named.

    Raises:
        UsageError: it is too short to be a key, and to be told from other text.
    """
    if is_simulated:
        return SIMULATED_KEY
    if not variable:
        return SecretStr("")
    key = os.environ.get(variable, "").strip()
    if 0 < len(key) < SHORTEST_KEY:
        raise UsageError(
            f"{variable} holds fewer than {SHORTEST_KEY} characters, so it is no key; set the whole key, or unset it"
        )
    return SecretStr(key) if key else None
