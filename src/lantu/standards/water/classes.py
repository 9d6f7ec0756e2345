"""The classes of water (水质类别): I to V of the standards, worse than V (劣Ⅴ类), and the words of an evaluation."""

from __future__ import annotations

from enum import IntEnum

from lantu.base import Text


class WaterClass(IntEnum):
    """A class; a higher number is worse. `INFERIOR` is no class of the standard but of the evaluation method."""

    I = 1  # noqa: E741
    II = 2
    III = 3
    IV = 4
    V = 5
    INFERIOR = 6

    @property
    def title(self) -> Text:
        return _TITLES[self]

    @property
    def grade(self) -> Text:
        """The qualitative word of a section (定性评价)."""
        return _GRADES[self]

    @classmethod
    def parse(cls, written: str) -> WaterClass | None:
        """A class as it is published (Ⅲ, III, 3, 劣Ⅴ); None for what is none."""
        plain = written.strip().removesuffix("类").strip().upper()
        plain = "".join(_ROMAN.get(letter, letter) for letter in plain)
        if plain.startswith("劣"):
            return cls.INFERIOR
        return {"I": cls.I, "II": cls.II, "III": cls.III, "IV": cls.IV, "V": cls.V}.get(plain) or (
            cls(int(plain)) if plain in {"1", "2", "3", "4", "5"} else None
        )


_ROMAN = {"Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV", "Ⅴ": "V"}
_TITLES = {
    WaterClass.I: Text("Ⅰ类", "class I"),
    WaterClass.II: Text("Ⅱ类", "class II"),
    WaterClass.III: Text("Ⅲ类", "class III"),
    WaterClass.IV: Text("Ⅳ类", "class IV"),
    WaterClass.V: Text("Ⅴ类", "class V"),
    WaterClass.INFERIOR: Text("劣Ⅴ类", "worse than class V"),
}
_GRADES = {
    WaterClass.I: Text("优", "excellent"),
    WaterClass.II: Text("优", "excellent"),
    WaterClass.III: Text("良好", "good"),
    WaterClass.IV: Text("轻度污染", "lightly polluted"),
    WaterClass.V: Text("中度污染", "moderately polluted"),
    WaterClass.INFERIOR: Text("重度污染", "heavily polluted"),
}
