"""A straightforward pandas version, as an analyst would write it."""

from __future__ import annotations

from typing import Any

from benchmarks.air_year.measure import measured
from benchmarks.air_year.peers import PERCENTILES, index_of


def imports() -> None:
    """Load pandas."""
    import numpy  # noqa: F401
    import pandas  # noqa: F401


def work(files: list[str], days: int) -> Any:
    """Group by station and day; the 8-hour means by a rolling window over each station's hours."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    hours = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    began = hours["time"] - pd.Timedelta(hours=1)
    hours["day"] = began.dt.normalize()
    hours["hour"] = began.dt.hour + 1
    rolling = hours.groupby("station")["o3"].rolling(8, min_periods=6).mean()
    hours["mean_8h"] = rolling.reset_index(level=0, drop=True)
    key = ["station", "day"]
    names = ["so2", "no2", "pm10", "co", "pm25"]
    grouped = hours.groupby(key)[names]
    daily = grouped.mean().where(grouped.count() >= 20)
    windows = hours[hours["hour"] >= 8].groupby(key)["mean_8h"].agg(["max", "count"])
    daily["o3"] = windows["max"].where((windows["count"] >= 14) | (windows["max"] > 160))
    index = pd.DataFrame({name: index_of(name, daily[name].to_numpy()) for name in PERCENTILES}, index=daily.index)
    aqi = index.max(axis=1)
    complete = index["pm25"].notna() & index["o3"].notna()
    by_station = daily.groupby("station")
    result = pd.DataFrame(
        {
            **{f"{name}_mean": by_station[name].mean() for name in ("so2", "no2", "pm10", "pm25", "o3")},
            **{f"{name}_percentile": by_station[name].quantile(share) for name, share in PERCENTILES.items()},
            "good_days": (complete & (aqi <= 100)).groupby("station").sum(),
            "heavy_days": (aqi > 200).groupby("station").sum(),
            "highest": aqi.groupby("station").max(),
        }
    )
    return pa.Table.from_pandas(result.replace({np.nan: None}).reset_index(), preserve_index=False)


if __name__ == "__main__":
    measured(imports, work)
