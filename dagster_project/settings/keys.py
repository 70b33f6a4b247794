"""The only place that reads a provider's key: from the environment, into a type that never shows it.

Simulated mode never reads a real key: the simulator has its own word.
"""

import os

from pydantic import SecretStr

SIMULATED_KEY = SecretStr("simulated")


def read_key(variable: str, *, is_simulated: bool) -> SecretStr | None:
    """Give the key that the environment holds under `variable`, None where there is none; empty where none is named."""
    if is_simulated:
        return SIMULATED_KEY
    if not variable:
        return SecretStr("")
    key = os.environ.get(variable, "").strip()
    return SecretStr(key) if key else None
