"""A local server that answers every request with one of 2,000 Credmark-shaped bodies after a fixed latency.

As little work a request as asyncio allows, so that what is measured is the client.
"""

import asyncio
import json
import random
import sys
from typing import cast

import uvloop

ANSWERS = 2_000
POSITIONS = 50


def address_of(index: int) -> str:
    """Give the made-up wallet that answer `index` speaks of."""
    return f"0x{index + 1:040x}"


def body_of(index: int, timestamp: int) -> bytes:
    """Make one answer: 50 priced positions, about 7 kB."""
    draw = random.Random(index)  # noqa: S311 - made-up balances, no secret
    positions = []
    for token in range(POSITIONS):
        balance, price = round(draw.uniform(0.001, 50_000), 9), round(draw.uniform(1e-6, 2_000), 12)
        contract = f"0x{token + 7:039x}{index % 16:x}"
        positions.append({"tokenAddress": contract, "balance": balance, "tokenPrice": price, "value": balance * price})
    return json.dumps({
        "chainId": 1,
        "blockNumber": timestamp // 12,
        "blockTimestamp": timestamp,
        "accounts": [address_of(index)],
        "quoteAddress": "0x0000000000000000000000000000000000000348",
        "value": sum(position["value"] for position in positions),
        "positions": positions,
    }).encode()  # fmt: skip


class _Answering(asyncio.Protocol):
    bodies: dict[bytes, bytes]
    latency: float

    def __init__(self) -> None:
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # what TCP always gives; uvloop does not say so

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            head, self._pending = self._pending[:end], self._pending[end + 4 :]
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            answer = self.bodies[path.rsplit(b"/", 2)[1].lower()]
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self._transport.write, answer)
            else:
                self._transport.write(answer)


def _framed(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _serve(latency: float, timestamp: int) -> None:
    _Answering.latency = latency
    _Answering.bodies = {address_of(n).encode(): _framed(body_of(n, timestamp)) for n in range(ANSWERS)}
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve(float(sys.argv[1]), int(sys.argv[2])))
