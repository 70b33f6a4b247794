"""A portfolio that is a copy of another: this project's own sources ask our server as if it were the provider.

What is expected of the copy stands in the tests.
"""

from dataclasses import dataclass

from dagster_project.sources.registry import PROVIDERS
from tests.portfolio import Portfolio


@dataclass
class Copy(Portfolio):
    """A portfolio whose providers' address is the server of another history."""

    server_url: str = ""

    def write(self) -> None:
        """Write the settings file with the server's address for every provider's."""
        super().write()
        text = self.config.read_text(encoding="utf-8")
        for name in self.providers:
            text = text.replace(f"{self.simulator.url}/{PROVIDERS[name].source.vendor}", self.server_url)
        self.config.write_text(text, encoding="utf-8")
