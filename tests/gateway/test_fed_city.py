"""The simulated city's air, sent by its stations as HJ 212 hour data instead of files, gives the same verdicts."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lantu.assessment import assess
from lantu.demo import simulate_city
from lantu.gateway.devices import RegisterFile
from lantu.gateway.hj212.writing import data_segment, frames_of
from lantu.gateway.inbox import GroupCommit, Inbox
from lantu.gateway.protocols import HJ212, Protocols
from lantu.gateway.server import Server
from lantu.gateway.service import open_compactor
from lantu.lake import Lake
from lantu.ledgers import LedgerBook
from lantu.plan.packs import Pack, load_pack

AS_OF = dt.date(2021, 12, 31)
FROM_STATIONS = dt.datetime(2021, 12, 1)
"""Hours after this come from the stations, those before from files."""
CODES = {"pm25": "a34004", "pm10": "a34002", "so2": "a21026", "no2": "a21004", "o3": "a05024", "co": "a21005"}


def hours(lake: Lake, condition: str) -> Any:
    query = f"select station, time, {', '.join(CODES)} from read_parquet(?) where {condition} order by time, station"
    return duckdb.execute(query, [lake.files("air_hourly"), FROM_STATIONS]).to_arrow_table()


def register_for(stations: list[str]) -> str:
    factors = [
        f"    {code}: {{column: {name}, unit: {'mg/m³' if name == 'co' else 'μg/m³'}}}" for name, code in CODES.items()
    ]
    devices = [
        f'  - {{id: "{index:024X}", dataset: air_hourly, station: {name}, factors: air, simulated: true}}'
        for index, name in enumerate(stations)
    ]
    return "\n".join(["factor_lists:", "  air:", *factors, "devices:", *devices]) + "\n"


def frames_for(stations: list[str], table: Any) -> dict[str, list[bytes]]:
    """The hours of each station as frames, in order. HJ 212 names an hour by its start, the lake by its end."""
    segments: dict[str, list[bytes]] = {name: [] for name in stations}
    for row in table.to_pylist():
        begin = f"{row['time'] - dt.timedelta(hours=1):%Y%m%d%H%M%S}"
        values = [f"{code}-Avg={row[name]!r},{code}-Flag=N" for name, code in CODES.items() if row[name] is not None]
        content = ";".join([f"DataTime={begin}", *values])
        device = f"{stations.index(row['station']):024X}"
        segments[row["station"]].append(
            data_segment(number=f"{begin}000", system="22", command=2061, device=device, flag=5, content=content)
        )
    return {name: frames_of(each) for name, each in segments.items()}


async def send(folder: Path, frames: dict[str, list[bytes]]) -> None:
    """Each station over a connection of its own, a hundred hours at a time."""
    register = RegisterFile(folder / "devices.yaml")
    commit = GroupCommit(Inbox(folder / "inbox", HJ212))
    server = Server(Protocols(lambda: register.register)[HJ212], commit)
    await server.start(0)

    async def station(mine: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for begin in range(0, len(mine), 100):
            part = mine[begin : begin + 100]
            writer.write(b"".join(part))
            for _ in part:
                assert b"CN=9014" in await reader.readuntil(b"\r\n")
        writer.close()

    await asyncio.gather(*map(station, frames.values()))
    await server.stop()
    await commit.close()


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("beijing/2021")


def book_of(pack: Pack, folder: Path) -> LedgerBook:
    return LedgerBook(pack.ledgers, pack.areas, pack.units, folder)


def test_stations_give_the_same_verdicts_as_files(pack: Pack, tmp_path: Path) -> None:
    by_files, by_stations = tmp_path / "files", tmp_path / "stations"
    lake = Lake(by_files / "lake")
    simulate_city(pack, lake, book_of(pack, by_files))
    shutil.copytree(by_files, by_stations)
    fed = Lake(by_stations / "lake")
    sent = hours(lake, "time > ?")
    stations = sorted(set(sent["station"].to_pylist()))
    fed.clear("air_hourly")
    fed.write("air_hourly", hours(lake, "time <= ?"), source="simulated", simulated=True)
    (by_stations / "devices.yaml").write_text(register_for(stations), encoding="utf-8")

    asyncio.run(send(by_stations, frames_for(stations, sent)))
    compactor, _ = open_compactor(by_stations)
    assert compactor.run_all() == sent.num_rows > 10_000
    assert not compactor.checkpoint.totals.undecoded

    assert hours(fed, "time > ?").equals(sent)
    assert hours(fed, "time <= ?").equals(hours(lake, "time <= ?"))
    expected, found = (
        assess(pack, Lake(folder / "lake"), AS_OF, book=book_of(pack, folder)).rows
        for folder in (by_files, by_stations)
    )
    assert len(found) == len(expected) > 1000
    same = [(row.commitment, row.area, row.status, row.value, row.limit, row.coverage) for row in expected]
    assert [(row.commitment, row.area, row.status, row.value, row.limit, row.coverage) for row in found] == same
    of_air = [row for row in expected if row.commitment.startswith("air-1-1/pm25")]
    assert of_air
    assert any(row.value is not None for row in of_air)
