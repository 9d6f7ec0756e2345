"""The server answers what is on disk and nothing else, whatever connections do."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.line_protocol import LineProtocol

from lantu.gateway.connection import Limits
from lantu.gateway.inbox import GroupCommit, Inbox, segments
from lantu.gateway.records import HEAD, decode
from lantu.gateway.server import Server


def on_disk(folder: Path) -> list[bytes]:
    return [r.raw for path in segments(folder) for r in decode(path.read_bytes(), len(HEAD)).records]


def serve(
    folder: Path,
    act: Callable[[Server], Awaitable[None]],
    limits: Limits | None = None,
    inbox: Inbox | None = None,
) -> Server:
    """Run a server on a free port while `act` talks to it."""

    async def run() -> Server:
        commit = GroupCommit(inbox or Inbox(folder, "test"))
        server = Server(LineProtocol(), commit, limits)
        await server.start(0)
        try:
            await asyncio.wait_for(act(server), 30)
        finally:
            await server.stop()
            await commit.close()
        return server

    return asyncio.run(run())


async def connect(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


async def until(holds: Callable[[], Any]) -> None:
    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to hold")


def test_a_frame_is_on_disk_when_its_answer_comes(tmp_path: Path) -> None:
    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        for index in range(20):
            writer.write(f"A1 {index} x=1\n".encode())
            assert await reader.readline() == f"ok {index}\n".encode()
            assert on_disk(tmp_path)[-1] == f"A1 {index} x=1".encode()
        assert server.devices["A1"].connections == 1
        writer.close()
        await until(lambda: not server.connections)
        assert server.devices["A1"].connections == 0

    server = serve(tmp_path, act)
    assert (server.tally.kept, server.tally.answers, server.state) == (20, 20, "stopped")


def test_many_connections_share_commits(tmp_path: Path) -> None:
    async def one(server: Server, name: str) -> None:
        reader, writer = await connect(server)
        for index in range(10):
            writer.write(f"{name} {index} x=1\n".encode())
        for index in range(10):
            assert await reader.readline() == f"ok {index}\n".encode()
        writer.close()

    async def act(server: Server) -> None:
        await asyncio.gather(*(one(server, f"D{number}") for number in range(200)))

    server = serve(tmp_path, act)
    assert server.tally.kept == 2000
    assert server.commit.commits < 400
    assert len(on_disk(tmp_path)) == 2000


def test_what_is_not_kept_is_answered_and_not_stored(tmp_path: Path) -> None:
    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        writer.write(b"ping\na9 1 x=1\n")
        assert await reader.readexactly(10) == b"pong\nok 1\n"
        writer.close()

    server = serve(tmp_path, act)
    assert on_disk(tmp_path) == [b"a9 1 x=1"]
    assert server.devices["A9"].oddities == {"lower_case": 1}


class RefusingInbox(Inbox):
    refuses = False

    def _write(self, handle: int, data: bytes) -> None:
        if self.refuses:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super()._write(handle, data)


def test_a_full_disk_is_said_not_answered_and_survived(tmp_path: Path) -> None:
    inbox = RefusingInbox(tmp_path, "test")

    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        writer.write(b"A1 1 x=1\n")
        assert await reader.readline() == b"ok 1\n"
        inbox.refuses = True
        writer.write(b"A1 2 x=1\nping\n")
        assert await reader.readline() == b"pong\n"
        await until(lambda: server.fault)
        assert server.fault == os.strerror(errno.ENOSPC)
        inbox.refuses = False
        writer.write(b"A1 2 x=1\n")
        assert await reader.readline() == b"ok 2\n"
        assert server.fault is None
        writer.close()

    server = serve(tmp_path, act, inbox=inbox)
    assert on_disk(tmp_path) == [b"A1 1 x=1", b"A1 2 x=1"]
    assert server.tally.refused == 1


class SlowInbox(Inbox):
    def _sync(self, handle: int) -> None:
        import time

        time.sleep(0.02)


def test_reading_pauses_while_too_much_waits_for_the_disk(tmp_path: Path) -> None:
    frame = b"A1 1 x=" + b"1" * 4000 + b"\n"

    async def act(server: Server) -> None:
        most = 0

        async def send() -> None:
            reader, writer = await connect(server)
            for _ in range(200):
                writer.write(frame)
                await writer.drain()
            for _ in range(200):
                assert await reader.readline() == b"ok 1\n"
            writer.close()

        senders = asyncio.gather(*(send() for _ in range(5)))
        while not senders.done():
            most = max(most, server.waiting_bytes)
            await asyncio.sleep(0.001)
        await senders
        # What one read brings may come on top for each connection.
        assert most < 200_000 + 5 * 300_000

    server = serve(tmp_path, act, Limits(waiting_bytes=200_000), SlowInbox(tmp_path, "test"))
    assert server.tally.pauses > 0
    assert len(on_disk(tmp_path)) == 1000


def test_reading_goes_on_after_frames_that_are_not_kept(tmp_path: Path) -> None:
    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        for _ in range(50):
            writer.write(b"ping\n" * 100)
            assert await reader.readexactly(500) == b"pong\n" * 100
        writer.close()

    server = serve(tmp_path, act, Limits(waiting_bytes=100))
    assert server.tally.pauses > 0


def test_a_silent_line_may_have_ended_a_frame(tmp_path: Path) -> None:
    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        writer.write(b"A1 1 x=1.")
        assert await reader.readline() == b"ok 1\n"
        writer.write(b"A1 2 x=1.")
        writer.close()
        await until(lambda: server.tally.kept == 2)

    serve(tmp_path, act, Limits(quiet_seconds=0.2))


def test_who_invents_names_fills_no_memory(tmp_path: Path) -> None:
    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        for index in range(50):
            writer.write(f"X{index} 1 x=1\n".encode())
            assert await reader.readline() == b"ok 1\n"
        writer.close()
        await until(lambda: not server.connections)

    server = serve(tmp_path, act, Limits(devices=10))
    assert len(server.devices) == 11
    assert server.devices["*"].frames == 40
    assert server.online == 0


def test_one_frame_that_the_protocol_cannot_bear_takes_no_neighbour_along(tmp_path: Path) -> None:
    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        writer.write(b"A1 1 x=1\ncrash\nA1 2 x=1\n")
        assert await reader.readline() == b"ok 1\n"
        assert await reader.readline() == b"ok 2\n"
        writer.close()

    server = serve(tmp_path, act)
    assert on_disk(tmp_path) == [b"A1 1 x=1", b"crash", b"A1 2 x=1"]
    assert server.tally.faults == 1


@pytest.mark.parametrize(
    ("sent", "limits", "reason"),
    [
        (b"", Limits(first_frame_seconds=0.2), "silent"),
        (b"A1 1 x=1\n", Limits(idle_seconds=0.2), "idle"),
        (b"x" * 5000, Limits(bytes_without_frame=4000), "no_frame"),
    ],
)
def test_connections_that_are_of_no_use_are_closed(tmp_path: Path, sent: bytes, limits: Limits, reason: str) -> None:
    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        writer.write(sent)
        assert (await reader.read()) in (b"", b"ok 1\n")
        writer.close()

    server = serve(tmp_path, act, limits)
    assert server.tally.closed[reason] == 1


def test_who_leaves_its_answers_unread_is_closed(tmp_path: Path) -> None:
    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        try:
            for _ in range(4000):
                writer.write(b"A1 " + b"9" * 3000 + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        await until(lambda: server.tally.closed["unread"])

    serve(tmp_path, act, Limits(unread_bytes=2000))


def test_more_connections_than_allowed_are_turned_away(tmp_path: Path) -> None:
    async def act(server: Server) -> None:
        first, second = await connect(server), await connect(server)
        third_reader, _ = await connect(server)
        assert await third_reader.read() == b""
        for reader, writer in (first, second):
            writer.write(b"A1 1 x=1\n")
            assert await reader.readline() == b"ok 1\n"
            writer.close()

    server = serve(tmp_path, act, Limits(connections=2))
    assert server.tally.closed["too_many"] == 1


def test_the_platform_speaks_of_its_own_accord(tmp_path: Path) -> None:
    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        await until(lambda: server.connections)
        next(iter(server.connections)).session.commands.append(b"set clock\n")  # type: ignore[attr-defined]
        assert await reader.readline() == b"set clock\n"
        writer.close()

    serve(tmp_path, act)


def test_a_clean_stop_keeps_and_answers_what_has_arrived(tmp_path: Path) -> None:
    answered = []

    async def act(server: Server) -> None:
        reader, writer = await connect(server)
        writer.write(b"".join(b"A1 %d x=1\n" % index for index in range(100)))
        await until(lambda: server.tally.bytes_read)
        await server.stop()
        answered.extend((await reader.read()).splitlines())
        await server.start(0)  # `serve` stops it once more

    serve(tmp_path, act)
    assert answered == [b"ok %d" % index for index in range(100)]
    assert len(on_disk(tmp_path)) == 100


def test_an_address_gets_no_more_connections_than_it_may_have(tmp_path: Path) -> None:
    async def act(server: Server) -> None:
        lines = [await connect(server) for _ in range(3)]
        await until(lambda: server.tally.connected == 3)
        reader, refused = await connect(server)
        assert await reader.read() == b""
        refused.close()
        assert server.tally.closed == {"too_many_of_address": 1}
        lines[0][1].close()
        await until(lambda: len(server.connections) == 2)
        again, writer = await connect(server)
        writer.write(b"A1 1 x=1\n")
        assert await again.readline() == b"ok 1\n"
        for _, each in [*lines, (again, writer)]:
            each.close()
        await until(lambda: not server.addresses)

    serve(tmp_path, act, Limits(connections_per_address=3))
