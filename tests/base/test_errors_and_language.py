"""What users see is said in both languages, with place and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantu.base import LantuError, Place, SeveralErrors, Text, current_language, use_language


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place("a.csv"), "a.csv"),
        (Place("a.csv", 3), "a.csv:3"),
        (Place(Path("x") / "a.csv", 3, "pm25"), "x/a.csv:3 [pm25]"),
        (Place("a.csv", field="pm25"), "a.csv [pm25]"),
    ],
)
def test_place(place: Place, text: str) -> None:
    assert str(place) == text


def test_error_says_where_what_and_how_to_mend_it() -> None:
    error = LantuError(Text("缺一列", "a column is missing"), where=Place("a.csv", 1), mend=Text("补上", "add it"))
    assert str(error) == "a.csv:1: a column is missing\n  → add it"
    with use_language("zh"):
        assert str(error) == "a.csv:1: 缺一列\n  → 补上"
    assert str(LantuError(Text("错", "wrong"))) == "wrong"


def test_several_errors_are_all_named() -> None:
    errors = [LantuError(Text("错", f"wrong {number}"), where=Place("a.csv", number)) for number in (1, 2)]
    several = SeveralErrors(errors)
    assert str(several) == "a.csv:1: wrong 1\na.csv:2: wrong 2"
    assert several.where == Place("a.csv", 1)
    with pytest.raises(ValueError, match="at least one"):
        SeveralErrors([])


def test_text_fills_its_places_in_each_language() -> None:
    text = Text("{what}有{count}个", "{count} {what}").format(what=Text("站点", "stations"), count=3)
    assert text == Text("站点有3个", "3 stations")
    assert text.in_language("zh") == "站点有3个"


@pytest.mark.parametrize(
    ("lantu", "lc_all", "lang", "language"),
    [
        ("zh", "en_US.UTF-8", "en_US", "zh"),
        ("en", "zh_CN.UTF-8", "zh_CN", "en"),
        ("", "zh_CN.UTF-8", "", "zh"),
        ("", "", "zh_TW", "zh"),
        ("", "C", "zh_CN", "en"),
        ("", "", "", "en"),
        ("fr", "", "", "en"),
    ],
)
def test_language_of_the_environment(
    lantu: str, lc_all: str, lang: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LANTU_LANG", lantu), ("LC_ALL", lc_all), ("LANG", lang)):
        monkeypatch.setenv(name, value)
    from lantu.base import language as module

    token = module._chosen.set(None)
    try:
        assert current_language() == language
    finally:
        module._chosen.reset(token)


def test_chosen_language_ends_with_its_block() -> None:
    with use_language("zh"):
        with use_language("en"):
            assert current_language() == "en"
        assert current_language() == "zh"
    assert current_language() == "en"
