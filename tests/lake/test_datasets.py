"""The datasets that Lantu declares, and what a declaration may not say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lantu.base import Text, parse_unit
from lantu.lake.dataset import Dataset, all_datasets
from lantu.standards.items import Item, items_of

COLUMN = {"name": "dust", "title": {"zh": "尘", "en": "dust"}, "unit": "g/m²"}
DATASET: dict[str, Any] = {
    "name": "dust",
    "title": {"zh": "尘", "en": "dust"},
    "description": {"zh": "尘", "en": "dust"},
    "cadence": "day",
    "columns": [COLUMN],
}


@pytest.mark.parametrize("dataset", all_datasets().values(), ids=str)
def test_declared_dataset_is_sound(dataset: Dataset) -> None:
    bearers: dict[str, set[str]] = {}
    for column in (*dataset.columns, *dataset.texts):
        for name in (column.name, *column.aliases):
            bearers.setdefault("".join(name.split()).lower(), set()).add(column.name)
    assert {name: columns for name, columns in bearers.items() if len(columns) > 1} == {}
    for column in dataset.columns:
        parse_unit(column.unit)
        assert dataset.column(column.name) is column
        if column.minimum is not None and column.maximum is not None:
            assert column.minimum < column.maximum
        assert all(dataset.column(alias) is column for alias in column.aliases)


def test_items_become_columns_with_their_unit_and_range() -> None:
    water, items = all_datasets()["surface_water"], items_of("surface_water")
    assert water.value_names == list(items)
    assert water.column("氨氮").unit == "mg/L"
    assert (water.column("ph").minimum, water.column("ph").maximum) == (0, 14)
    assert (water.column("lead").minimum, water.column("lead").maximum) == (0, None)
    assert water.text("水质类别").name == "published_class"


def lead(unit: str, *others: str) -> dict[str, Item]:
    return {name: Item(name=name, title=Text("铅", "lead"), unit=unit) for name in ("lead", *others)}


def test_item_of_two_lists_is_one_column_in_one_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = {"water": lead("mg/L"), "source": lead("mg/L", "benzene"), "soil": lead("mg/kg")}
    monkeypatch.setattr("lantu.standards.items.items_of", lists.__getitem__)
    assert Dataset.model_validate({**DATASET, "items_of": "water"}).value_names == ["dust", "lead"]
    both = Dataset.model_validate({**DATASET, "items_of": ["water", "source"]})
    assert both.value_names == ["dust", "lead", "benzene"]
    with pytest.raises(ValidationError, match="lead is in mg/L and, in the list soil, in mg/kg"):
        Dataset.model_validate({**DATASET, "items_of": ["water", "soil"]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": []}, "give `columns`, or `items_of`"),
        ({"items_of": "surfice_water"}, "there is no list of items 'surfice_water'"),
        ({"columns": [COLUMN, COLUMN]}, "the name is taken: dust"),
        ({"columns": [{**COLUMN, "name": "below"}]}, "the name is taken: below"),
        ({"texts": [{"name": "dust", "title": COLUMN["title"]}]}, "the name is taken: dust"),
        ({"columns": [{**COLUMN, "step": 3}]}, "`step` and `stuck_hours` belong to hourly columns: dust"),
        ({"cadence": "week"}, "Input should be 'hour', 'day', 'month', 'moment' or 'second'"),
        ({"detection_limit": True}, "Extra inputs are not permitted"),
    ],
)
def test_declaration_that_cannot_be(change: dict[str, Any], message: str) -> None:
    Dataset.model_validate(DATASET)
    with pytest.raises(ValidationError) as error:
        Dataset.model_validate({**DATASET, **change})
    assert message in str(error.value)
