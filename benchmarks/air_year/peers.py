"""What both peers need: the break points of HJ 633-2012 and the index of rounded concentrations."""

from __future__ import annotations

from typing import Any

PERCENTILES = {"so2": 0.98, "no2": 0.98, "pm10": 0.95, "co": 0.95, "o3": 0.9, "pm25": 0.95}
INDEX = (0, 50, 100, 150, 200, 300, 400, 500)
BREAK_POINTS = {
    "so2": (0, 50, 150, 475, 800, 1600, 2100, 2620),
    "no2": (0, 40, 80, 180, 280, 565, 750, 940),
    "pm10": (0, 50, 150, 250, 350, 420, 500, 600),
    "co": (0, 2, 4, 14, 24, 36, 48, 60),
    "o3": (0, 100, 160, 215, 265, 800),
    "pm25": (0, 35, 75, 115, 150, 250, 350, 500),
}


def index_of(name: str, values: Any) -> Any:
    """The individual index of daily values (a NumPy array), nan where there is none."""
    import numpy as np

    decimals = 1 if name == "co" else 0
    rounded = np.round(np.round(values, 6), decimals)
    points = BREAK_POINTS[name]
    # The index is rounded up; a float's last bits must not lift a whole number.
    return np.ceil(np.round(np.interp(rounded, points, INDEX[: len(points)]), 9))
