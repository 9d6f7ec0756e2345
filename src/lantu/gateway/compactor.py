"""The compactor (入库): what the inbox keeps becomes rows of datasets, exactly once, whenever it is stopped.

A batch is planned (which bytes of which segments), its rows are written, each dataset's in one version that carries the
number of the batch, and then the checkpoint. Where that was interrupted the same batch is done again, and the datasets
that have it already are left alone. Segments that are done are kept, compressed, in a folder for each day.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from lantu.base import LantuError, Place, SeveralErrors, Text
from lantu.gateway.arrivals import FieldProtocol
from lantu.gateway.checkpoint import Checkpoint, Part, Totals, read_plan, write_plan
from lantu.gateway.decoding import decode_by_clock
from lantu.gateway.devices import DeviceRegister
from lantu.gateway.inbox import is_final, segments, sync_folder, write_atomically
from lantu.gateway.mapping import SAME_COLUMNS, Target, map_tables
from lantu.gateway.pushed import keep_evidence
from lantu.gateway.records import HEAD, LARGEST_BODY, OWN_PROTOCOL, REFUSED, Record, decode
from lantu.lake import Lake, get_dataset
from lantu.lake.importing import refuse_mixing
from lantu.lake.streams import refuse_mixing_in_stream

BATCH_FRAMES = 10_000
"""More would be a little faster for each frame, and take more memory."""
READ_BYTES = 8 * 2**20
MOST_SET_ASIDE = 10_000
"""So many frames of one batch are listed one by one as undecoded; all are counted."""
TIDY_EVERY = 500
"""After so many batches the small files of the streams are put together."""

_DAY = re.compile(r"-(\d{4})(\d{2})(\d{2})T\d{6}-")


class Compactor:
    """Turns the inbox of a workspace into rows.

    Args:
        workspace: its folder.
        protocols: the field protocols by name.
        register: the registered devices.
        batch_frames: how many frames are decoded together.
    """

    def __init__(
        self,
        workspace: Path,
        protocols: Mapping[str, FieldProtocol],
        register: DeviceRegister,
        batch_frames: int = BATCH_FRAMES,
    ) -> None:
        self.folder = workspace / "inbox"
        self.lake = Lake(workspace / "lake")
        self.evidence = workspace / "evidence"
        self.protocols = protocols
        self.register = register
        self.batch_frames = batch_frames
        self.folder.mkdir(parents=True, exist_ok=True)
        self.checkpoint = Checkpoint.read(self.folder)
        if not self.checkpoint.batch:
            self.checkpoint.write(self.folder)  # so that a batch done again goes by the same identity

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold the inbox's lock; False where another compactor has it."""
        with (self.folder / ".compactor.lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            self.checkpoint = Checkpoint.read(self.folder)  # another may have gone on since
            yield True

    def depth(self) -> int:
        """Bytes in the inbox that are no rows yet."""
        done = self.checkpoint.segments
        return sum(max(0, path.stat().st_size - done.get(path.name, len(HEAD))) for path in segments(self.folder))

    def run_once(self) -> int:
        """Do one batch; gives its number of frames, 0 where there is nothing to do.

        Raises:
            LantuError: rows could not be written (a full disk); the batch will be done again.
        """
        batch = self.checkpoint.batch + 1
        parts = read_plan(self.folder, batch)
        if parts is None:
            parts, records, totals = self._collect()
            if not parts:
                self._put_away()
                return 0
            write_plan(self.folder, batch, parts)
        else:
            records, totals = self._read_again(parts)
        _step("planned")
        self._do(batch, records, totals)
        _step("written")
        self.checkpoint.batch = batch
        self.checkpoint.totals.add(totals)
        self.checkpoint.last_received = max((r.received for r in records), default=self.checkpoint.last_received)
        there = {path.name for path in segments(self.folder)}
        done = {**self.checkpoint.segments, **{part.segment: part.end for part in parts}}
        self.checkpoint.segments = {name: end for name, end in done.items() if name in there}
        self.checkpoint.write(self.folder)
        _step("done")
        self._put_away()
        _give_memory_back()
        if batch % TIDY_EVERY == 0:
            self.tidy()
        return len(records)

    def run_all(self) -> int:
        """Do batches until there is nothing to do; gives the number of frames."""
        total = 0
        while frames := self.run_once():
            total += frames
        return total

    def again(self, day: dt.date, device: str | None = None) -> Totals:
        """Turn the kept frames of a day into rows once more, for devices that were registered later.

        Rows that are there stay; where a row was corrected by other means since, the device's own value comes back.
        """
        totals = Totals()
        for path in sorted((self.folder / "kept" / day.isoformat()).glob("*.zst")):
            data = read_kept(path)
            read = decode(data, len(HEAD))
            records = [r for r in read.records if device is None or r.device == device]
            for first in range(0, len(records), self.batch_frames):
                self._do(None, records[first : first + self.batch_frames], totals)
        return totals

    def tidy(self) -> None:
        """Put the small files of the streams together; versions older than a week lose their files."""
        for name in ("device_readings", "device_events", *SAME_COLUMNS.values()):
            if self.lake.version(name) is not None:
                self.lake.tidy(name)

    def _collect(self) -> tuple[list[Part], list[Record], Totals]:
        parts: list[Part] = []
        records: list[Record] = []
        totals = Totals()
        for path in segments(self.folder):
            final = is_final(path)
            begin = start = self.checkpoint.segments.get(path.name, len(HEAD))
            size = path.stat().st_size
            with path.open("rb") as handle:
                while start < size and len(records) < self.batch_frames:
                    handle.seek(start)
                    data = handle.read(READ_BYTES)
                    whole = final and start + len(data) >= size
                    read = decode(data, 0, whole, self.batch_frames - len(records))
                    if read.end == 0 and start + len(data) < size:  # a record longer than what was read
                        data += handle.read(LARGEST_BODY)
                        read = decode(data, 0, final and start + len(data) >= size, 1)
                    if read.end == 0:
                        break
                    start += read.end
                    _count(totals, read.damaged, read.torn)
                    records += read.records
            if start > begin:
                parts.append(Part(path.name, begin, start))
            if len(records) >= self.batch_frames:
                break
        return parts, records, totals

    def _read_again(self, parts: Sequence[Part]) -> tuple[list[Record], Totals]:
        records: list[Record] = []
        totals = Totals()
        for part in parts:
            with (self.folder / part.segment).open("rb") as handle:
                handle.seek(part.start)
                data = handle.read(part.end - part.start)
            read = decode(data)
            _count(totals, read.damaged, read.torn)
            records += read.records
        return records, totals

    def _do(self, batch: int | None, records: Sequence[Record], totals: Totals) -> None:
        """Write the rows of records; with a batch's number only where that batch has not written yet."""
        import numpy as np
        import pyarrow as pa

        by_protocol: dict[str, list[Record]] = {}
        for record in records:
            by_protocol.setdefault(record.protocol, []).append(record)
        aside: list[dict[str, Any]] = []
        tables: dict[tuple[Target, str], list[Any]] = {}
        for name, members in by_protocol.items():
            totals.frames += len(members)
            if name == OWN_PROTOCOL:
                totals.own.update(r.raw.partition(b" ")[0].decode("utf-8", "replace") for r in members)
                continue
            if name.startswith(REFUSED):
                totals.turned_away.update(r.device for r in members)
                continue
            received = np.array([r.received for r in members], dtype=np.int64)
            protocol = self.protocols.get(name)
            if protocol is None:
                _set_aside(aside, totals, members, dict.fromkeys(range(len(members)), "no_protocol"))
                continue
            decoded = decode_by_clock(protocol, members, self.register)
            _set_aside(aside, totals, members, decoded.undecoded)
            if "evidence" in decoded.tables:
                keep_evidence(decoded.tables["evidence"], self.evidence)
            mapped = map_tables(decoded.tables, name, self.register, received)
            totals.readings += mapped.readings
            totals.unknown.update(mapped.unknown)
            totals.undeclared.update(mapped.undeclared)
            totals.untaken.update(mapped.untaken)
            totals.oddities.update(mapped.oddities)
            for target, parts in mapped.tables.items():
                tables.setdefault((target, name), []).extend(parts)
            del decoded, mapped  # not beside what writing needs
        for ((dataset, simulated), name), parts in tables.items():
            table = pa.concat_tables(parts, promote_options="default")
            parts.clear()
            self._write(dataset, table, name, simulated, batch, totals)
            _step(f"wrote_{dataset}")
        if aside:
            folder = self.folder / "set_aside"
            folder.mkdir(exist_ok=True)
            name = "again" if batch is None else f"{batch:010}"
            write_atomically(folder / f"{name}.jsonl", b"".join(orjson.dumps(row) + b"\n" for row in aside))

    def _write(
        self, dataset: str, table: Any, protocol: str, simulated: bool, batch: int | None, totals: Totals
    ) -> None:
        declared = get_dataset(dataset)
        # Each dataset has one writer's name for each nature and protocol, since a batch may write several.
        writer = f"gateway {self.checkpoint.identity} {protocol} {'simulated' if simulated else 'measured'}"
        transaction = None if batch is None else (writer, batch)
        stream = declared.cadence == "second"
        try:
            (refuse_mixing_in_stream if stream else refuse_mixing)(self.lake, declared, simulated)
        except LantuError:
            totals.refused[dataset] += table.num_rows
            return
        write = self.lake.add if stream else self.lake.write
        try:
            report = write(dataset, table, f"gateway {protocol}", simulated, transaction)
        except SeveralErrors:  # no row of it is possible; the quarantine has them
            totals.refused[dataset] += table.num_rows
            return
        if report.already_imported:
            totals.rows[dataset] += table.num_rows  # counted by what was to be written: how much was new is not known
            return
        totals.rows[dataset] += report.rows_new
        totals.changed[dataset] += report.rows_changed
        totals.unchanged[dataset] += report.rows_unchanged + report.duplicates
        totals.set_aside.update(report.quarantined)

    def _put_away(self) -> None:
        """Keep segments that are done in the folder of their day, compressed."""
        for path in segments(self.folder):
            if not is_final(path) or self.checkpoint.segments.get(path.name, len(HEAD)) < path.stat().st_size:
                continue
            if path.stat().st_size <= len(HEAD):
                path.unlink()
                continue
            keep(path, self.folder / "kept" / _day_of(path))
            _step("kept")
            path.unlink()


def keep(path: Path, folder: Path) -> Path:
    """Compress a segment into a folder, durably."""
    import pyarrow as pa

    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{path.name}.zst"
    fresh = target.with_suffix(".new")
    with pa.output_stream(str(fresh), compression="zstd") as out, path.open("rb") as handle:
        while chunk := handle.read(2**20):
            out.write(chunk)
    with fresh.open("rb") as handle:
        os.fsync(handle.fileno())
    fresh.replace(target)
    sync_folder(folder)
    return target


def read_kept(path: Path) -> bytes:
    """The bytes of a segment that was kept.

    Raises:
        LantuError: the file is damaged.
    """
    import pyarrow as pa

    try:
        with pa.input_stream(str(path), compression="zstd") as stream:
            data: bytes = stream.read()
            return data
    except OSError as error:
        raise LantuError(
            Text(f"留存的报文读不出：{error}", f"the kept frames cannot be read: {error}"), where=Place(path)
        ) from error


def _day_of(path: Path) -> str:
    match = _DAY.search(path.name)
    return "-".join(match.groups()) if match else dt.date.fromtimestamp(path.stat().st_mtime).isoformat()


def _count(totals: Totals, damaged: int, torn: int) -> None:
    totals.damaged_bytes += damaged
    totals.torn_bytes += torn


def _set_aside(aside: list[dict[str, Any]], totals: Totals, records: Sequence[Record], reasons: dict[int, str]) -> None:
    for index, reason in reasons.items():
        record = records[index]
        totals.undecoded[reason.partition(":")[0][:60]] += 1
        if len(aside) < MOST_SET_ASIDE:
            aside.append(
                {
                    "protocol": record.protocol,
                    "device": record.device,
                    "received": record.received,
                    "number": record.number,
                    "reason": reason,
                    "raw": record.raw.decode("latin-1"),
                }
            )


def _give_memory_back() -> None:
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


def _step(name: str) -> None:
    """A seam between the steps of a batch, for tests that crash there."""


def follow(compactor: Compactor, stopped: Any, interval: float = 5.0, told: Any = None) -> None:
    """Go on compacting until `stopped` (an event) is set; a fault is told and the batch tried again.

    Args:
        compactor: holds the inbox's lock already.
        stopped: a `threading.Event`.
        interval: seconds between batches that are not full.
        told: called after each look with the last fault, or None.
    """
    while not stopped.is_set():
        fault: Exception | None = None
        begun = time.monotonic()
        full = False
        try:
            full = compactor.run_once() >= compactor.batch_frames
        except (LantuError, OSError) as error:
            fault = error
        if told is not None:
            told(fault)
        if fault is not None:
            stopped.wait(interval)
        elif not full:
            stopped.wait(max(0.0, interval - (time.monotonic() - begun)))
