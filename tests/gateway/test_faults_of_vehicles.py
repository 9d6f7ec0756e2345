"""Faults of simulated vehicles are found: as oddities of frames, reasons for no row, and questions about rows."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from tests.gateway.served import serving

from lantu.gateway.arrivals import Arrival
from lantu.gateway.devices import DeviceRegister, local_time
from lantu.gateway.honesty import ask
from lantu.gateway.inbox import Inbox
from lantu.gateway.service import open_compactor
from lantu.gateway.simulate import Play, simulate
from lantu.gateway.simulated_vehicles import FAULTS, Journeys, register_of_vehicles, vehicle_name
from lantu.gateway.vehicles import Vehicles
from lantu.lake import Lake

PLAYED = ["", "stuck", "jumping", "replayed", "inverted", "encrypted", "no_login", "wrong_clock"]
FRAMES = 40


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[Arrival]]]:
    """Forty frames of a terminal with each fault, examined and made rows; some start in the past."""
    folder = tmp_path_factory.mktemp("vehicles")
    (folder / "devices.yaml").write_text(register_of_vehicles(len(PLAYED)), encoding="utf-8")
    now = local_time(int(dt.datetime.now(dt.UTC).timestamp() * 1e9)).replace(microsecond=0)
    vehicles, inbox, found = Vehicles(), Inbox(folder / "inbox", "test"), []
    for index, fault in enumerate(PLAYED):
        start = now - dt.timedelta(seconds=FRAMES * 10)
        journey = Journeys(index, Play("", 0, start=start, terminals=True), frozenset({fault} - {""}))
        session = vehicles.session()
        sent = journey.begin() + b"".join(frame for _, frame in journey.take(FRAMES))
        frames = session.split(sent)
        found.append(vehicles.examine([(session, raw) for raw in frames], now))
        inbox.append([(b"vehicles", each.device.encode(), each.raw) for each in found[-1] if each.kept])
    inbox.close()
    compactor, _ = open_compactor(folder)
    compactor.run_all()
    return folder, found


def oddities(arrivals: list[Arrival]) -> Counter[str]:
    return Counter(name for each in arrivals for name in each.oddities)


def test_an_honest_vehicle_has_no_oddity_and_all_its_seconds(played: tuple[Path, list[list[Arrival]]]) -> None:
    folder, found = played
    assert oddities(found[0]) == {}
    files = Lake(folder / "lake").store("heavy_vehicle_seconds").files()
    query = "select station, count(*), count(distinct time), count(longitude) from read_parquet(?) group by 1"
    seconds = {station: counts for station, *counts in duckdb.execute(query, [files]).fetchall()}
    assert seconds[vehicle_name(0)] == [400, 400, 400]
    assert seconds[vehicle_name(PLAYED.index("replayed"))] == [200, 200, 200]  # each twice, and one row
    assert seconds[vehicle_name(PLAYED.index("inverted"))] == [400, 400, 0]
    assert vehicle_name(PLAYED.index("encrypted")) not in seconds


@pytest.mark.parametrize(
    ("fault", "oddity"),
    [
        ("inverted", "position_marked_invalid"),
        ("encrypted", "encrypted"),
        ("no_login", "not_logged_in"),
        ("wrong_clock", "clock_8h"),
    ],
)
def test_faults_of_frames_are_oddities(fault: str, oddity: str, played: tuple[Path, list[list[Arrival]]]) -> None:
    assert oddities(played[1][PLAYED.index(fault)])[oddity] >= FRAMES


def test_faults_of_rows_are_questions(played: tuple[Path, list[list[Arrival]]]) -> None:
    folder, _ = played
    now = local_time(int(dt.datetime.now(dt.UTC).timestamp() * 1e9))
    register = DeviceRegister.read(folder / "devices.yaml")
    asked = ask(Lake(folder / "lake"), register, now - dt.timedelta(hours=12), now + dt.timedelta(hours=1))
    kinds = {(each.device, each.kind) for each in asked}
    assert kinds == {
        (vehicle_name(PLAYED.index("stuck")), "stuck"),
        (vehicle_name(PLAYED.index("jumping")), "track"),
    }
    (stuck,) = (each for each in asked if each.kind == "stuck")
    assert stuck.rows.count == 400
    assert "42" in stuck.text.en


def test_encrypted_units_are_kept_and_counted(played: tuple[Path, list[list[Arrival]]]) -> None:
    assert open_compactor(played[0])[0].checkpoint.totals.undecoded["encrypted"] == FRAMES


def test_a_wrong_checksum_is_wrong_whatever_byte_it_gets() -> None:
    journey = Journeys(0, Play("", 0), frozenset())
    (_, frame), chance = journey.take(1)[0], random.Random(1)
    assert all(Journeys.damaged(frame, chance) != frame for _ in range(300))


def test_faults_of_the_line_lose_no_upload(tmp_path: Path) -> None:
    """Platforms with faults of the line at a running server: every upload is answered in the end."""
    of_the_line = ["bad_checksum", "glued", "junk", "cut", "impatient", "unsteady", "half_frame", "deaf", "silent"]
    assert set(of_the_line) <= set(FAULTS)
    with serving(tmp_path, "vehicle", register_of_vehicles(1)) as port:
        for fault in of_the_line[:6]:
            uploads = 12
            play = Play(
                "127.0.0.1", port, 1, 20, 0, 4, faults={fault: 1.0}, patience=0.5, protocol="vehicles",
                uploads=uploads, seed=of_the_line.index(fault),
            )  # fmt: skip
            done, answered = simulate(play, recorded=True)
            assert len(set(answered[vehicle_name(0)])) == uploads, fault
            assert done.answered >= uploads


def test_a_vehicle_that_is_online_and_silent_is_asked_about(played: tuple[Path, list[list[Arrival]]]) -> None:
    folder, _ = played
    now = local_time(int(dt.datetime.now(dt.UTC).timestamp() * 1e9)).replace(microsecond=0)
    seen = {"online": True, "frames": FRAMES, "last": f"{now:%Y-%m-%d %H:%M:%S}", "oddities": {}}
    parts = [{"part": "server", "devices": {vehicle_name(0): seen}}]
    register = DeviceRegister.read(folder / "devices.yaml")
    for later, asked_about in ((dt.timedelta(seconds=60), False), (dt.timedelta(hours=2), True)):
        asked = ask(Lake(folder / "lake"), register, now - dt.timedelta(hours=1), now + later, parts)
        assert ((vehicle_name(0), "silent") in {(each.device, each.kind) for each in asked}) == asked_about
