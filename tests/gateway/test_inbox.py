"""What was acknowledged lies on disk: torn tails, damage, a full disk, a clock that jumps, several writers."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lantu.gateway.inbox import GroupCommit, Inbox, is_final, segments
from lantu.gateway.records import HEAD, OWN_PROTOCOL, Read, decode


def read(path: Path, whole: bool = True) -> Read:
    return decode(path.read_bytes(), len(HEAD), whole)


def frames(*texts: str) -> list[tuple[bytes, bytes, bytes]]:
    return [(b"line", b"A1", text.encode()) for text in texts]


class FullDisk(Inbox):
    """An inbox whose disk takes `room` bytes more."""

    room = 1 << 40

    def _write(self, handle: int, data: bytes) -> None:
        taken = data[: self.room]
        super()._write(handle, taken)
        self.room -= len(taken)
        if len(taken) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_arrivals_are_read_back_in_order(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "test")
    inbox.append(frames("one", "two"), received=5)
    inbox.append(frames("three"), received=4)
    (segment,) = segments(tmp_path)
    found = read(segment).records
    assert [(r.number, r.received, r.raw) for r in found] == [(0, 5, b"one"), (1, 5, b"two"), (2, 4, b"three")]
    assert {(r.protocol, r.device) for r in found} == {("line", "A1")}


def test_every_cut_leaves_the_records_before_it(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "test")
    lengths = [len(HEAD)]
    for text in ("first", "second one", "third"):
        inbox.append(frames(text))
        lengths.append(segments(tmp_path)[0].stat().st_size)
    data = segments(tmp_path)[0].read_bytes()
    for cut in range(len(HEAD), len(data) + 1):
        found = decode(data[:cut], len(HEAD))
        whole = sum(length <= cut for length in lengths[1:])
        assert len(found.records) == whole
        assert found.torn == cut - lengths[whole]
        assert decode(data[:cut], len(HEAD), whole=False).end == lengths[whole]


def test_a_damaged_record_does_not_take_its_neighbours_along(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "test")
    inbox.append(frames("one", "two", "three"))
    data = bytearray(segments(tmp_path)[0].read_bytes())
    data[data.index(b"two")] ^= 1
    found = decode(bytes(data), len(HEAD))
    assert [r.raw for r in found.records] == [b"one", b"three"]
    assert found.damaged > 0
    assert found.torn == 0


def test_a_full_disk_keeps_nothing_of_what_it_refused_and_recovers(tmp_path: Path) -> None:
    inbox = FullDisk(tmp_path, "test")
    inbox.append(frames("kept"))
    inbox.room = 30
    with pytest.raises(OSError, match="No space"):
        inbox.append(frames("lost" * 20))
    with pytest.raises(OSError, match="No space"):
        inbox.append(frames("lost too"))
    inbox.room = 1 << 40
    inbox.append(frames("kept again"))
    inbox.close()
    found = [r for path in segments(tmp_path) for r in read(path).records]
    assert [r.raw for r in found] == [b"kept", b"kept again"]
    assert [r.number for r in found] == [0, 1]


def test_a_jump_of_the_clock_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox(tmp_path, "test")
    inbox.append(frames("before"))
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - 3_600_000_000_000)
    inbox.append(frames("after"))
    inbox.append(frames("later"))
    found = read(segments(tmp_path)[0]).records
    assert [r.raw.split()[0] for r in found] == [b"before", b"clock_jump", b"after", b"later"]
    assert found[1].protocol == OWN_PROTOCOL
    assert float(found[1].raw.split()[1]) == pytest.approx(-3600, abs=1)
    assert [r.number for r in found] == [0, 1, 2, 3]
    assert found[2].received < found[0].received


def test_a_long_segment_is_followed_by_another(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "test", segment_bytes=200)
    for index in range(20):
        inbox.append(frames(f"frame {index}"))
    assert len(segments(tmp_path)) > 3
    found = [r.number for path in segments(tmp_path) for r in read(path).records]
    assert found == list(range(20))
    assert [is_final(path) for path in segments(tmp_path)] == [True] * (len(segments(tmp_path)) - 1) + [False]


WRITER = """
import sys, os
from pathlib import Path
from lantu.gateway.inbox import Inbox
inbox = Inbox(Path(sys.argv[1]), "child")
inbox.append([(b"line", b"B2", b"from the child")])
print("kept", flush=True)
sys.stdin.read()
"""


def test_a_writer_that_died_has_let_go_of_its_segment(tmp_path: Path) -> None:
    own = Inbox(tmp_path, "test")
    own.append(frames("mine"))
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"kept\n"
        other = next(path for path in segments(tmp_path) if "child" in path.name)
        assert not is_final(other)
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert is_final(other)
    assert [r.raw for r in read(other).records] == [b"from the child"]


class CountingInbox(Inbox):
    syncs = 0

    def _sync(self, handle: int) -> None:
        time.sleep(0.005)
        self.syncs += 1
        super()._sync(handle)


def test_many_appends_share_one_sync(tmp_path: Path) -> None:
    inbox = CountingInbox(tmp_path, "test")

    async def run() -> None:
        group = GroupCommit(inbox)
        await asyncio.gather(*(group.keep(frames(f"{index}")) for index in range(500)))
        assert group.kept == 500
        assert group.waiting_bytes == 0
        await group.close()

    asyncio.run(run())
    assert inbox.syncs <= 4
    assert len(read(segments(tmp_path)[0]).records) == 500


def test_who_waits_is_told_that_the_disk_is_full(tmp_path: Path) -> None:
    inbox = FullDisk(tmp_path, "test")

    async def run() -> None:
        group = GroupCommit(inbox, most_waiting=10)
        await group.keep(frames("kept"))
        inbox.room = 3
        refused = group.keep(frames("x" * 50))
        assert group.full
        with pytest.raises(OSError, match="No space"):
            await refused
        assert not group.full
        inbox.room = 1 << 40
        await group.keep(frames("kept again"))
        await group.close()

    asyncio.run(run())
    assert [r.raw for path in segments(tmp_path) for r in read(path).records] == [b"kept", b"kept again"]
