"""A real browser for tests: Chromium without a window, spoken to through its DevTools; every request is noted.

What a page must look like or do stands in the tests.
"""

import base64
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-dev-shm-usage", "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars", "--force-color-profile=srgb",
)  # fmt: skip
PATIENCE = 120


@dataclass
class Page:
    """A page in the browser, with every request that it made and every line that it wrote to its console."""

    socket: ClientConnection
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send a command of the DevTools protocol and give its result."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(timeout=PATIENCE))
            if message.get("id") == number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        about = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif message["method"] == "Log.entryAdded":
            self.said.append(f"{about['entry']['level']}: {about['entry']['text']}")
        elif message["method"] == "Runtime.consoleAPICalled":
            self.said.append(f"{about['type']}: {[one.get('value') for one in about['args']]}")
        elif message["method"] == "Runtime.exceptionThrown":
            self.said.append(f"exception: {about['exceptionDetails']}")

    def run(self, script: str) -> Any:  # noqa: ANN401 - whatever the script gives
        """Run a script in the page and give what it gives, once it is there."""
        done = self.send(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            allowUnsafeEvalBlockedByCSP=False,
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until a script gives something true."""
        deadline = time.monotonic() + PATIENCE
        while not self.run(script):
            assert time.monotonic() < deadline, f"never true: {script}; the page said {self.said}"
            time.sleep(0.05)

    def open(self, path: Path) -> None:
        """Open a file and wait until every chart is drawn."""
        self.run("document.body.dataset.drawn = ''")
        self.send("Page.navigate", url=path.as_uri())
        self.until("document.readyState === 'complete' && location.protocol === 'file:'")
        self.drawn()

    def drawn(self) -> None:
        """Wait until every chart is drawn."""
        self.until("document.body.dataset.drawn === 'yes'")

    def choose(self, identity: str, words: str) -> None:
        """Choose the option with these words, as a reader does."""
        self.run(
            f"""(() => {{ const list = document.getElementById({json.dumps(identity)});
            list.value = [...list.options].find((one) => one.text === {json.dumps(words)}).value;
            list.dispatchEvent(new Event("change", {{ bubbles: true }})); }})()"""
        )
        self.drawn()

    def press_on(self, identity: str) -> None:
        """Press on the middle of an element with the pointer."""
        self.run(f"document.getElementById({json.dumps(identity)}).scrollIntoView({{block: 'center'}})")
        box = self.run(
            f"(() => {{ const b = document.getElementById({json.dumps(identity)}).getBoundingClientRect();"
            " return [b.left + b.width / 2, b.top + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def words(self, selector: str) -> str:
        """Give what a reader sees of an element."""
        return str(self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    def point_at(self, x: float, y: float) -> None:
        """Move the pointer there, in pixels of the window."""
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def press(self, key: str, code: int) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def size(self, width: int, height: int, *, is_phone: bool = False) -> None:
        """Give the window a size."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone
        )

    def prefer(self, scheme: str) -> None:
        """Make the reader prefer dark or light colours."""
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, *, whole: bool = False) -> bytes:
        """Take a picture of the window, or of the whole page."""
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def printed(self) -> bytes:
        """Print the page as PDF."""
        return base64.b64decode(self.send("Page.printToPDF", printBackground=True)["data"])


def command() -> str:
    """Name the browser of this machine, or skip the test and say how to get one."""
    found = [path for name in NAMES if (path := shutil.which(name))]
    if not found:
        pytest.skip("no Chromium here; on Debian and Ubuntu: apt-get install -y chromium")
    return found[0]


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Run a browser with an empty profile in `folder`, and give its page."""
    profile = folder / "profile"
    arguments = [command(), *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with (folder / "browser.log").open("w") as log:
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=log)
    try:
        with connect(_address(profile, process), max_size=None, proxy=None) as socket:
            page = Page(socket)
            for domain in ("Page", "Network", "Runtime", "Log"):
                page.send(f"{domain}.enable")
            page.size(1280, 900)
            yield page
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """Give the address of the browser's first page, once it listens."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            port = (profile / "DevToolsActivePort").read_text().splitlines()[0]
            pages = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False, timeout=PATIENCE).json()
            return str(next(page for page in pages if page["type"] == "page")["webSocketDebuggerUrl"])
        except (OSError, IndexError, StopIteration, httpx.TransportError):
            time.sleep(0.05)
    raise AssertionError(f"no browser came up: {(profile.parent / 'browser.log').read_text()[-2000:]}")
