"""How a run is told to stop: SIGINT and SIGTERM end its work in order, and then reach whoever listened before.

Raised as they come, they would be lost within the loop, or leave streams without their end.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """The signals of one run: heeded while its task works, passed on once it has ended."""

    def __init__(self) -> None:
        """Note who listens; nothing is changed yet."""
        self._outer = {number: signal.getsignal(number) for number in SIGNALS}
        self._heard: signal.Signals | None = None

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Let a signal cancel the task that runs here; one that is ignored stays so, and threads hear none."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        if task is None or threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: signal.Signals) -> None:
            self._heard = self._heard or number
            task.cancel()

        heeded = {number: outer for number, outer in self._outer.items() if outer is not signal.SIG_IGN}
        for number in heeded:
            loop.add_signal_handler(number, stop, number)
        try:
            yield
        finally:
            for number, outer in heeded.items():
                loop.remove_signal_handler(number)
                signal.signal(number, outer)

    def pass_on(self) -> NoReturn:
        """Tell whoever listened of the signal that ended the task; who takes it calmly gets a KeyboardInterrupt."""
        if self._heard is not None:
            outer = self._outer[self._heard]
            if callable(outer):
                outer(self._heard, None)
            else:
                signal.raise_signal(self._heard)
        raise KeyboardInterrupt
