"""SM4 of HJ 212-2025: the bytes between `CP=&&` and the closing `&&`, in blocks of 16 (ECB), a shorter rest plain.

Length and checksum are made of the plain frame. The cipher may stand there as raw bytes or as hexadecimal text, both
have been described; a key is right if the plain text fits the checksum.
"""

from __future__ import annotations

import binascii
from typing import Any

from lantu.gateway.hj212.checksum import checksum

MUST_BE_CIPHERED = frozenset([*range(2000, 3000), 1014, 3020])
"""Commands whose content the edition of 2025 wants ciphered on open networks (known second-hand)."""
_BLOCK = 16


def _cipher(key: bytes) -> Any:
    # Loaded where a key is set: most gateways have none.
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.ciphers.algorithms import SM4

    return Cipher(SM4(key), modes.ECB())


def encipher(content: bytes, key: bytes) -> bytes:
    """Cipher the whole blocks of a content with a key of 16 bytes."""
    whole = len(content) // _BLOCK * _BLOCK
    worker = _cipher(key).encryptor()
    return worker.update(content[:whole]) + worker.finalize() + content[whole:]


def _plain(content: bytes, key: bytes) -> bytes:
    whole = len(content) // _BLOCK * _BLOCK
    worker = _cipher(key).decryptor()
    return worker.update(content[:whole]) + worker.finalize() + content[whole:]


def decipher(data: bytes, text: bytes, key: bytes) -> bytes | None:
    """The plain content of a data segment if the key is right, that is, if the plain segment fits the checksum."""
    begin, end = data.find(b"CP=&&") + 5, len(data) - 2
    if begin < 5 or end < begin or len(key) != _BLOCK:
        return None
    for content in _forms(data[begin:end]):
        plain = _plain(content, key)
        if checksum(data[:begin] + plain + b"&&") == int(text, 16) and not ciphered(plain):
            return plain
    return None


def _forms(content: bytes) -> list[bytes]:
    """The cipher as it may be meant: raw, or as hexadecimal text (`E4..`, `0xE4,..`, in braces or not)."""
    forms = [content]
    written = content.strip(b"{}").replace(b"0x", b"").replace(b"0X", b"").replace(b",", b"").replace(b" ", b"")
    try:
        forms.append(binascii.unhexlify(written))
    except ValueError:
        # Blocks as text with a plain rest behind.
        blocks = len(written) // (2 * _BLOCK) * 2 * _BLOCK
        while blocks:
            try:
                forms.append(binascii.unhexlify(written[:blocks]) + written[blocks:])
                break
            except ValueError:
                blocks -= 2 * _BLOCK
    return forms


def ciphered(content: bytes) -> bool:
    """Whether a content looks like cipher: bytes that are no text, or nothing but hexadecimal text."""
    if len(content) < _BLOCK:
        return False
    written = content.strip(b"{}").replace(b"0x", b"").replace(b",", b"").replace(b" ", b"")
    if len(written) >= 2 * _BLOCK:
        try:
            binascii.unhexlify(written[: 2 * _BLOCK])
            return True
        except ValueError:
            pass
    block = content[:_BLOCK]
    return any(byte < 32 or byte > 126 for byte in block) and not block.startswith((b"DataTime=", b"PolId="))
