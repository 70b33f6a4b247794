"""Promises about a key that a provider sends back in another spelling: it is kept in none, and nothing else changes."""

import base64
import gzip
import html
import json
import re
import zlib
from collections.abc import Callable
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.sources.access import Access
from dagster_project.sources.redaction import Redactor
from tests.sources.asking import ONCE, ask
from tests.sources.scripted_server import cut, half, reply, serving

KEYS = ("sk_live/Zq+7=Abc&d-Ef9%41", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", 'Ωmega key \\ with "all" <of> it\'s')


def in_json(key: str) -> str:
    """The key as a writer of JSON has it who escapes slashes too."""
    return json.dumps(key)[1:-1].replace("/", "\\/")


def all_in_json(key: str) -> str:
    """Each letter as JSON's escape by number, the digits in capitals every other time."""
    units = [int.from_bytes(key.encode("utf-16-be")[at : at + 2]) for at in range(0, 2 * len(key), 2)]
    return "".join(f"\\u{unit:04x}" if unit % 2 else f"\\u{unit:04X}" for unit in units)


def every(key: str) -> str:
    """Each byte as a URL's escape."""
    return "".join(f"%{byte:02x}" for byte in key.encode())


def in_base64(ahead: int) -> Callable[[str], str]:
    """Base64 of the key behind so many letters, and before others."""
    return lambda key: base64.b64encode(b"u:s"[:ahead] + key.encode() + b"}>?"[:ahead]).decode()


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda key: json.dumps(key, ensure_ascii=False)[1:-1],
    "capitals": lambda key: in_json(key.upper()),
    "json": in_json,
    "json by number": all_in_json,
    "json in json": lambda key: json.dumps(json.dumps({"key": key}))[1:-1],
    "json in json in json": lambda key: json.dumps(json.dumps(json.dumps(key)))[1:-1],
    "javascript": lambda key: "".join(f"\\\\x{ord(one):02x}" if one < "\x7f" else one for one in key),
    "url": lambda key: quote(key, safe=""),
    "url in small letters": lambda key: quote(key, safe="").lower().replace("%5c", "%5C"),
    "url of a form": quote_plus,
    "url twice": lambda key: quote(quote(key, safe=""), safe=""),
    "url three times": lambda key: quote(quote(quote(key, safe=""), safe=""), safe=""),
    "url of every letter": every,
    "url with percents by number": lambda key: every(key).replace("%", "\\u0025"),
    "html": lambda key: html.escape(key).replace("\\", "\\\\"),
    "html by number": lambda key: "".join(f"&#{ord(letter)};" for letter in key),
    "html by hexadecimal number": lambda key: "".join(f"&#x{ord(letter):X}" + ";" for letter in key),
    "html twice": lambda key: "".join(f"&amp;#{ord(letter):05};" for letter in key),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal in capitals": lambda key: key.encode().hex().upper(),
    "base64": in_base64(0),
    "base64 behind one": in_base64(1),
    "base64 behind two": in_base64(2),
    "base64 with escaped slashes": lambda key: in_base64(1)(key).replace("/", "\\/").replace("+", "\\u002b"),
    "base64 in a url": lambda key: quote(in_base64(2)(key), safe=""),
    "base64 of urls": lambda key: base64.urlsafe_b64encode(b"??" + key.encode() + b">>").decode(),
    "base64 of what a url has": lambda key: base64.b64encode(quote(key, safe="").encode()).decode(),
}


def decodings(text: str, depth: int = 4) -> set[str]:
    """What a reader may make of a text, by the library's own readers, so many layers deep."""
    seen, waiting = {text}, [text]
    for _ in range(depth):
        further = set()
        for one in waiting:
            further |= {html.unescape(one), unquote(one), one.replace("+", " "), _without_backslashes(one)}
            further |= {_from_base64(run, skip) for run in re.findall(r"[\w+/=-]{12,}", one) for skip in range(4)}
            further |= {_from_hex(run) for run in re.findall(r"[0-9a-fA-F]{16,}", one)}
        waiting = list(further - seen)
        seen |= further
    return seen


def _without_backslashes(text: str) -> str:
    hexed = re.sub(r"\\+x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), text)
    try:
        return str(json.loads(f'"{hexed}"'))
    except ValueError:
        return hexed


def _from_base64(run: str, skip: int) -> str:
    plain = run.replace("-", "+").replace("_", "/").rstrip("=")[skip:]
    return base64.b64decode(plain[: len(plain) // 4 * 4]).decode("latin-1").encode("latin-1").decode(errors="replace")


def _from_hex(run: str) -> str:
    return bytes.fromhex(run[: len(run) // 2 * 2]).decode(errors="replace")


def is_readable(body: bytes, key: str) -> bool:
    """Tell whether a reader finds eight letters of the key in a row, which is the shortest key."""
    parts = {key[at : at + 8].lower() for at in range(len(key) - 7)}
    return any(part in text.lower() for text in decodings(body.decode(errors="replace")) for part in parts)


def guarded(url: str, key: str) -> Access:
    """An access whose key may hold any letters; it is sent in no header."""
    return Access(url, secret=key.encode(), patience=ONCE)


@pytest.mark.parametrize("key", KEYS, ids=["odd", "hexadecimal", "words"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_no_spelling_of_a_key_is_kept(name: str, key: str) -> None:
    """A key that comes back escaped, encoded or both is kept in no spelling; length and all around it stay."""
    spelled = SPELLINGS[name](key)
    body = f'{{"error": "the key {spelled} is not known", "url": "https:\\/\\/a.b\\/?c=%20&d", "amount": 12.50}}'
    with serving(reply(200, body.encode())) as server:
        kept = ask(guarded(server.url, key)).answer.body
    assert not is_readable(kept, key)
    assert len(kept) == len(body.encode())
    begin, end = b'{"error": "the key ', b' is not known", "url": "https:\\/\\/a.b\\/?c=%20&d", "amount": 12.50}'
    assert (kept.startswith(begin), kept.endswith(end)) == (True, True)
    assert json.loads(kept)["amount"] == 12.5


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_search_finds_every_spelling(name: str) -> None:
    """Control: the readers of these tests find the key in each of the spellings."""
    assert is_readable(SPELLINGS[name](KEYS[1]).encode(), KEYS[1])


letters = st.sampled_from(["{}", "\\u{:04x}", "%{:02x}", "%25{:02X}", "&#{};", "&#x{:x};", "&amp;#{};", "\\\\u{:04X}"])


@given(st.lists(letters, min_size=len(KEYS[0]), max_size=len(KEYS[0])), st.binary(max_size=20), st.binary(max_size=20))
def test_each_letter_may_be_spelled_otherwise(forms: list[str], before: bytes, after: bytes) -> None:
    """A key of which each letter is escaped in a way of its own is redacted, and nothing around it is."""
    shown = [form.format(letter if form == "{}" else ord(letter)) for form, letter in zip(forms, KEYS[0], strict=True)]
    before, after = before.replace(b"\\", b"").replace(b"%", b"").replace(b"&", b""), b" " + after
    spelled = "".join(shown).encode()
    assert Redactor(KEYS[0].encode()).redact(before + spelled + after) == before + b"*" * len(spelled) + after


@given(st.binary(max_size=200))
def test_what_holds_no_key_is_untouched(body: bytes) -> None:
    """A body without the key stays the very same object, whatever escapes it is made of."""
    assert Redactor(KEYS[0].encode()).redact(body) is body


@pytest.mark.parametrize("escape", ["\\/", "\\\\", "%25", "&amp;", "\\u005c"])
def test_many_escapes_are_read_in_bounds(escape: str) -> None:
    """A body made of escapes alone is decoded a bounded number of times, and the key at its end is redacted."""
    body = escape.encode() * 100_000 + b'"' + KEYS[1].encode()
    kept = Redactor(KEYS[1].encode()).redact(body)
    assert kept == escape.encode() * 100_000 + b'"' + b"*" * len(KEYS[1])


@pytest.mark.parametrize("key", ["nabcdefghij", "u002bxyzw", "/slash/ed"])
def test_json_stays_json(key: str) -> None:
    """Where the letters of a key are part of an escape before it, the whole escape goes, and the body is still JSON."""
    body = b'{"a": "\\' + key.encode() + b'", "b": "\\\\' + key.encode() + b'"}'
    kept = Redactor(key.encode()).redact(body)
    assert key.encode() not in kept
    assert set(json.loads(kept)["a"]) == {"*"}


@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress], ids=["gzip", "zlib"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_packed_body_keeps_no_key(packed: Callable[[bytes], bytes], encoding: str) -> None:
    """A body that is packed though no header says so, or packed twice, is redacted as a whole where it has the key."""
    inner = packed(b'{"echo": "' + all_in_json(KEYS[1]).encode() + b'"}')
    wire = gzip.compress(inner) if encoding == "gzip" else inner
    harmless = packed(b'{"echo": "nothing"}')
    with serving(reply(200, wire, {"Content-Encoding": encoding}), reply(200, harmless)) as server:
        assert ask(guarded(server.url, KEYS[1])).answer.body == b"*" * len(inner)
        assert ask(guarded(server.url, KEYS[1])).answer.body == harmless


@pytest.mark.parametrize("name", ["url", "url twice", "base64 behind one", "hexadecimal", "html by number"])
def test_no_header_keeps_a_spelling(name: str) -> None:
    """A key in another spelling is in no header that is kept, be it in the value or, where letters allow, the name."""
    key = KEYS[1]
    headers = {"X-Request-Id": f"id={SPELLINGS[name](key)};", f"X-RateLimit-{key.encode().hex()}": "1"}
    with serving(reply(429, b"", headers)) as server:
        answer = ask(guarded(server.url, key)).answer
    assert not is_readable(repr(dict(answer.headers)).encode(), key)
    assert "***" in answer.headers["x-request-id"]
    assert not any("ratelimit" in name for name in answer.headers)


@pytest.mark.parametrize("name", ["json by number", "url of every letter", "base64", "hexadecimal", "html by number"])
@pytest.mark.parametrize("lacking", [1, 3, 9])
def test_a_torn_spelling_is_not_kept(name: str, lacking: int) -> None:
    """A body that breaks off in the middle of a spelled key, or of one of its escapes, keeps no part of it."""
    spelled = SPELLINGS[name](KEYS[1])
    with serving(cut(half(b"the key: " + spelled[:-lacking].encode()))) as server:
        kept = ask(guarded(server.url, KEYS[1])).answer.body
    assert not is_readable(kept, KEYS[1])
    assert (kept[:9], len(kept)) == (b"the key: ", 9 + len(spelled) - lacking)
