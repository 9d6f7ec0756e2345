"""However the files are ordered and split over imports, the same rows are stored."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lantu.lake import Lake

CELLS = st.dictionaries(
    st.tuples(st.sampled_from(["20210731", "20210801"]), st.integers(0, 3), st.sampled_from(["PM2.5", "SO2"])),
    st.tuples(*[st.one_of(st.just(""), st.integers(0, 9).map(str), st.just("99999"))] * 2),
    min_size=1,
    max_size=12,
)


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(["date,hour,type,东四,天坛", *lines]) + "\n", encoding="utf-8")
    return path


def import_all(lake: Lake, *imports: list[Path]) -> None:
    for paths in imports:
        try:
            lake.import_files("air_hourly", paths)
        except Exception as error:
            # A part that holds only blanks and impossible values is refused; the whole may be, too.
            assert "can be used" in str(error) or "outside the possible range" in str(error)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=CELLS, parts=st.integers(1, 3), seed=st.integers(0, 1000))
def test_any_order_and_split_gives_the_same_rows(
    cells: dict[tuple[str, int, str], tuple[str, str]],
    parts: int,
    seed: int,
    stored: Callable[..., list[tuple[Any, ...]]],
) -> None:
    lines = [",".join([date, str(hour), kind, *values]) for (date, hour, kind), values in cells.items()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = Lake(folder / "whole")
        import_all(whole, [write(folder / "all.csv", sorted(lines))])

        chance = random.Random(seed)
        chance.shuffle(lines)
        # One line may come twice, in two files: that is no conflict.
        files = [write(folder / f"part{i}.csv", [*lines[i::parts], lines[0]]) for i in range(parts)]
        chance.shuffle(files)
        together, one_by_one = Lake(folder / "together"), Lake(folder / "one")
        import_all(together, files)
        import_all(one_by_one, *([file] for file in files))

        expected = stored(whole, "pm25", "so2")
        assert stored(together, "pm25", "so2") == expected
        assert stored(one_by_one, "pm25", "so2") == expected
        # Independently of Lantu: the possible values as they were written.
        told = {
            (station, f"{date[:4]}-{date[4:6]}-{date[6:]}T{hour:02d}", kind): float(value)
            for (date, hour, kind), values in cells.items()
            for station, value in zip(("东四", "天坛"), values, strict=True)
            if value not in ("", "99999")
        }
        found = {
            (station, time, kind): value
            for station, time, *values in expected
            for kind, value in zip(("PM2.5", "SO2"), values, strict=True)
            if value is not None
        }
        assert found == told
