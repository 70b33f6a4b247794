"""Dagster's code location: assembly only, from the settings file of the place."""

from datetime import UTC, datetime

from dagster_project.orchestration.build import build
from dagster_project.settings.load import load

defs = build(load(datetime.now(UTC)))
