"""The inbox (收件箱): what arrives lies on disk, in segment files, before anyone is told that it arrived.

Any process may append, each to segments of its own in `WORKSPACE/inbox`; a lock on the file tells that its writer
lives. `Inbox.append` writes many records in one go and returns when they are on disk. Where that fails (a full disk)
nothing of them stays in the segment, so what was never acknowledged is not half kept, and the next try starts clean.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import fcntl
import os
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lantu.gateway.records import HEAD, OWN_PROTOCOL, encode

SUFFIX = ".seg"
SEGMENT_BYTES = 32 * 2**20
JUMP_SECONDS = 2.0
"""By how much the wall clock may part from the steady one between two writes before it counts as a jump."""

Waiting = tuple[bytes, bytes, bytes]
"""Protocol, device, raw bytes of one arrival that is to be kept."""


@dataclass(slots=True)
class _Segment:
    path: Path
    handle: int
    length: int
    day: dt.date


class Inbox:
    """The segments of one writing process.

    Args:
        folder: `WORKSPACE/inbox`; it is made where it is missing.
        name: of the writer, part of the names of its segments.
        segment_bytes: a longer segment is followed by a new one.
    """

    def __init__(self, folder: Path, name: str, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self.name = name
        self.segment_bytes = segment_bytes
        self.number = 0
        self.jumps = 0
        self._segment: _Segment | None = None
        self._opened = 0
        self._token = f"{os.getpid()}{secrets.token_hex(4)}"  # no two segments ever have the same name
        self._clocks: tuple[int, int] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def append(self, arrivals: Sequence[Waiting], received: int | None = None) -> None:
        """Keep arrivals: when this returns, they are on disk.

        Args:
            arrivals: in the order of arrival.
            received: the moment of arrival (ns since 1970, UTC), else now.

        Raises:
            OSError: they are not kept, none of them (disk full, disk broken).
        """
        if not arrivals:
            return
        clocks = self._clocks
        now, jump = self._clock()
        moment = now if received is None else received
        number = self.number
        parts = []
        if jump:
            parts.append(encode(OWN_PROTOCOL.encode(), b"", now, number, f"clock_jump {jump:+.3f} s".encode()))
            number += 1
        for protocol, device, raw in arrivals:
            parts.append(encode(protocol, device, moment, number, raw))
            number += 1
        written = b"".join(parts)
        try:
            segment = self._current(len(written))
            self._write(segment.handle, written)
            self._sync(segment.handle)
        except OSError:
            self._give_up()
            self._clocks = clocks  # a jump is then said once it can be written
            raise
        segment.length += len(written)
        self.number = number
        self.jumps += bool(jump)

    def close(self) -> None:
        """Let go of the segment; the compactor may then finish it."""
        if self._segment is not None:
            os.close(self._segment.handle)
            self._segment = None

    def _write(self, handle: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]

    def _sync(self, handle: int) -> None:
        os.fdatasync(handle)

    def _clock(self) -> tuple[int, float]:
        """Now, and by how many seconds the wall clock has jumped since the last write (0: not)."""
        wall, steady = time.time_ns(), time.monotonic_ns()
        before, self._clocks = self._clocks, (wall, steady)
        if before is None:
            return wall, 0.0
        jump = ((wall - before[0]) - (steady - before[1])) / 1e9
        return wall, jump if abs(jump) > JUMP_SECONDS else 0.0

    def _current(self, more: int) -> _Segment:
        segment, today = self._segment, dt.date.today()
        full = segment is not None and segment.length + more > self.segment_bytes and segment.length > len(HEAD)
        if segment is not None and (full or segment.day != today):
            self.close()
            segment = None
        if segment is None:
            segment = self._segment = self._open(today)
        return segment

    def _open(self, today: dt.date) -> _Segment:
        self._opened += 1
        # The generation orders segments where clocks do not.
        generation = 1 + max((generation_of(path) for path in segments(self.folder)), default=0)
        stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S")
        path = self.folder / f"{generation:08}-{stamp}-{self.name}-{self._token}-{self._opened}{SUFFIX}"
        fresh = path.with_suffix(".new")  # nobody sees it before it is locked
        handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._write(handle, HEAD)
            self._sync(handle)
            fresh.rename(path)
            sync_folder(self.folder)
        except OSError:
            os.close(handle)
            for each in (fresh, path):
                each.unlink(missing_ok=True)
            raise
        return _Segment(path, handle, len(HEAD), today)

    def _give_up(self) -> None:
        """Cut off what was not kept, and go on in a new segment: after a failed sync a file is not to be trusted."""
        segment, self._segment = self._segment, None
        if segment is None:
            return
        try:
            os.ftruncate(segment.handle, segment.length)
            os.fsync(segment.handle)
        except OSError:
            pass  # what stays is a tail that was never acknowledged; keys make it harmless
        finally:
            os.close(segment.handle)


class GroupCommit:
    """Many appends, one write and one sync: whoever waits is told when all of it is on disk.

    Args:
        inbox: is written by one thread, so that connections are served meanwhile.
        most_waiting: bytes that may wait for the disk; `full` says that there are more.
    """

    def __init__(self, inbox: Inbox, most_waiting: int = 16 * 2**20) -> None:
        self.inbox = inbox
        self.most_waiting = most_waiting
        self.waiting_bytes = 0
        self.commits = 0
        self.kept = 0
        self._waiting: list[tuple[Sequence[Waiting], asyncio.Future[None], int]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inbox")
        self._running: asyncio.Task[None] | None = None

    @property
    def full(self) -> bool:
        """Whether no more should be read until the disk has caught up."""
        return self.waiting_bytes > self.most_waiting

    def keep(self, arrivals: Sequence[Waiting]) -> asyncio.Future[None]:
        """Keep arrivals; the future is done when they are on disk and fails with an OSError when they are not."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        size = sum(len(raw) for _, _, raw in arrivals)
        self._waiting.append((arrivals, done, size))
        self.waiting_bytes += size
        if self._running is None:
            self._running = loop.create_task(self._run())
        return done

    async def close(self) -> None:
        """Wait until all that waits is kept, then close the inbox."""
        if self._running is not None:
            await self._running
        self._thread.shutdown()
        self.inbox.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting, []
            arrivals = group[0][0] if len(group) == 1 else [each for part, _, _ in group for each in part]
            fault: OSError | None = None
            try:
                await loop.run_in_executor(self._thread, self.inbox.append, arrivals)
                self.commits += 1
                self.kept += len(arrivals)
            except OSError as error:
                fault = error
            for _, done, size in group:
                self.waiting_bytes -= size
                if done.cancelled():
                    continue
                if fault is None:
                    done.set_result(None)
                else:
                    done.set_exception(fault)
        self._running = None


def segments(folder: Path) -> list[Path]:
    """The segments of an inbox that are not compacted yet, in their order."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def generation_of(path: Path) -> int:
    """The leading number of a segment's name."""
    digits = path.name.partition("-")[0]
    return int(digits) if digits.isdigit() else 0


def is_final(path: Path) -> bool:
    """Whether the writer of a segment has let go of it or died, so that nothing will be added."""
    try:
        with path.open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path, data: bytes, durable: bool = True) -> None:
    """Put `data` in the place of a file: a reader sees the old or the new one, whole."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    with fresh.open("wb") as handle:
        handle.write(data)
        if durable:
            handle.flush()
            os.fsync(handle.fileno())
    fresh.replace(path)
    if durable:
        sync_folder(path.parent)
