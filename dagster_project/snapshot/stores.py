"""The store of the settings, ready for use. What a store does is warehouse/store.py."""

from dagster_project.settings.load import Settings
from dagster_project.warehouse.store import Store

WAIT_SECONDS = 600.0
"""How long a run waits for another writer."""


def store_of(settings: Settings, wait_seconds: float = WAIT_SECONDS) -> Store:
    """Give the store of the settings; it waits so long for another writer."""
    paths = settings.paths
    is_read_only = settings.published.read_only
    return Store(paths.store, paths.published, settings.mode, wait_seconds, is_read_only=is_read_only)
