"""What the tests of beliefs share: a wallet watched through a provider of the test's own."""

from pathlib import Path

import pytest

from tests.portfolio import use_folder
from tests.snapshot.answering import Provider, Watched, provider
from tests.snapshot.test_settling import PROTOCOLS, TOKENS, protocols, tokens

__all__ = ["provider"]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Watched:
    """Give a wallet watched through 1inch Portfolio, all of it answered."""
    use_folder(monkeypatch, tmp_path)
    provider.answers = {TOKENS: tokens(), PROTOCOLS: protocols(), "current_value": {"result": {"total": 107.0}}}
    return Watched(tmp_path, {"oneinch_portfolio": ""}, provider)
