"""Lists of measured items: one name, one unit, one meaning."""

from __future__ import annotations

import pytest

from lantu.base import LantuError, parse_unit
from lantu.standards.items import all_item_lists, items_of


@pytest.mark.parametrize("name", sorted(all_item_lists()))
def test_every_item_has_a_unit_that_lantu_knows(name: str) -> None:
    for item in items_of(name).values():
        parse_unit(item.unit).meaning  # noqa: B018


def test_no_alias_means_two_items_of_a_list() -> None:
    for each in all_item_lists().values():
        names = [alias for item in each.items for alias in (item.name, *item.aliases)]
        assert len(names) == len(set(names)), each.list


def test_an_unknown_list_names_those_that_are_there() -> None:
    with pytest.raises(LantuError) as caught:
        items_of("ground_water")
    assert "surface_water" in str(caught.value.mend)
