"""Read the compact protocol of Thrift, in which Parquet writes what stands before each page.

Only as much as pages need: nothing here trusts what it reads, and everything is bounded by the bytes that are there.
"""

from dagster_project.errors import BadRawError

Value = int | bytes | dict[int, "Value"] | None
Struct = dict[int, Value]

_DEEPEST = 4
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)


class Compact:
    """Reads values from bytes, one after the other; `at` is where the next one begins."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._data = data
        self.at = 0

    def struct(self, depth: int = 0) -> Struct:
        """Read a struct, its members by number.

        Raises:
            BadRawError: it is none, or does not end within the bytes.
        """
        if depth > _DEEPEST:
            raise BadRawError("a page header holds too many levels")
        members: Struct = {}
        number = 0
        while kind := self._byte():
            number = number + (kind >> 4) if kind >> 4 else self._zigzag()
            members[number] = self._value(kind & 15, depth)
        return members

    def _value(self, kind: int, depth: int) -> Value:
        if kind in (_TRUE, _FALSE):
            return int(kind == _TRUE)
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in (_I16, _I32, _I64):
            return self._zigzag()
        if kind in (_BYTE, _DOUBLE, _BINARY):
            return self._bytes({_BYTE: 1, _DOUBLE: 8}.get(kind) or self._varint())
        raise BadRawError(f"a page header holds a value of kind {kind}")

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self._data):
            raise BadRawError("a page header is longer than it may be")
        part = self._data[self.at : end]
        self.at = end
        return part

    def _varint(self) -> int:
        number = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
        raise BadRawError("a page header holds too long a number")

    def _zigzag(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)
