"""SM4 of the edition of 2025: as raw bytes and as text, and never with the wrong key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.gateway.hj212 import OpenPolicy, data_segment, read_packet
from lantu.gateway.hj212.checksum import HEX, state
from lantu.gateway.hj212.cipher import ciphered, decipher, encipher
from lantu.gateway.hj212.framing import Splitter
from lantu.gateway.hj212.writing import sealed_frame_of

KEY = bytes(range(16))


class Register(OpenPolicy):
    def __init__(self, key: bytes | None) -> None:
        self.key = key

    def sm4_key(self, mn: str) -> bytes | None:
        return self.key


def plain(content: str) -> bytes:
    return data_segment(
        number="20260615101700001",
        system="31",
        command=2011,
        device="110101A8900016F000169DC0",
        flag=9,
        content=content,
    )


def test_the_vector_of_sm4() -> None:
    """The example of GB/T 32907: key and text 0123456789ABCDEFFEDCBA9876543210."""
    word = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    assert encipher(word, word).hex() == "681edf34d206965e86b3e94f536e4246"


@given(content=st.text("abcdef0123456789-=;,", max_size=200))
def test_there_and_back(content: str) -> None:
    frame = sealed_frame_of(plain(content), KEY)
    assert Splitter().feed(frame) == [frame]
    packet = read_packet(frame, Register(KEY))
    assert (packet.good, packet.content) == (True, content)


@pytest.mark.parametrize("form", ["{0xE4}", "E4", "e4"])
def test_cipher_as_text(form: str) -> None:
    content = "DataTime=20260615101700;a21002-Rtd=31.2,a21002-Flag=N"
    sealed = encipher(content.encode(), KEY)
    whole = len(sealed) // 16 * 16
    if form == "{0xE4}":
        text = "{" + ",".join(f"0x{byte:02X}" for byte in sealed) + "}"
    else:
        text = sealed[:whole].hex()
        text = (text.upper() if form == "E4" else text) + sealed[whole:].decode()
    data = plain(content)
    begin = data.index(b"CP=&&") + 5
    written = data[:begin] + text.encode() + b"&&"
    frame = b"##%04d%b%b\r\n" % (len(written), written, HEX[state(data)])
    assert Splitter().feed(frame) == [frame]
    assert read_packet(frame, Register(KEY)).content == content
    assert ciphered(text.encode())


def test_a_ciphered_frame_that_fits_its_checksum_as_it_stands() -> None:
    """The checksum has 256 values, so one in 256 of them does; it is opened like the others."""
    contents = (f"DataTime=20260615101700;a21002-Rtd={n},a21002-Flag=N;a21026-Rtd=8.4" for n in range(4000))
    frames = [(content, sealed_frame_of(plain(content), KEY)) for content in contents]
    fitting = [(content, frame) for content, frame in frames if frame[-6:-2] == HEX[state(frame[6:-6])]]
    assert fitting
    for content, frame in fitting:
        assert read_packet(frame, Register(KEY)).content == content
        assert read_packet(frame, Register(None)).sealed


def test_a_wrong_key_and_no_key() -> None:
    content = "DataTime=20260615101700;a21002-Rtd=31.2,a21002-Flag=N;a21026-Rtd=8.4"
    frame = sealed_frame_of(plain(content), KEY)
    for first in range(256):  # among so many keys one fits the checksum by chance
        wrong = read_packet(frame, Register(bytes([first]) + KEY[1:])) if first != KEY[0] else None
        assert wrong is None or (wrong.good, wrong.damage, wrong.items) == (False, "key_wrong", [])
    none = read_packet(frame, Register(None))
    assert (none.good, none.sealed, none.items) == (True, True, [])
    assert decipher(plain(content), b"0000", KEY) is None
    assert not ciphered(content.encode())
