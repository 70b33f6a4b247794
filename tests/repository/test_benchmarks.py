"""Promises of the benchmarks: what they measure is what they say, also after the product has learnt to ask more."""

from pathlib import Path

import pytest

from benchmarks.pipeline import AS_OF, ours
from benchmarks.running import server


@pytest.mark.slow
def test_the_pipeline_is_measured_over_what_its_peer_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One snapshot of the pipeline's benchmark asks each of its 2,000 questions once, and touches nobody's data."""
    monkeypatch.setenv("PORTFOLIO_DATA", str(tmp_path / "mine"))
    with server(0.0, int(AS_OF.timestamp()) - 60) as port:
        assert ours(port) > 0
    assert not (tmp_path / "mine").exists()
