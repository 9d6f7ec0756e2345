"""How much ozone single VOC species can form (臭氧生成潜势 OFP), and how fast OH takes them (·OH 反应活性 LOH).

OFP = concentration * MIR, in ug of ozone per m3; LOH = rate constant * molecules per cm3, per second. What a sample has
besides the known species is named, never guessed. MIR is a measure of conditions in which NOx is plentiful.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from lantu.base import ClosedModel, Text, read_model
from lantu.standards.parameter import Verified

Mir = Literal["carter_2010", "china_2021"]
AVOGADRO_PER_CM3 = Decimal("6.02214076e11")
"""Molecules per cm3 in 1 umol/m3: Avogadro's number * 1e-12."""
MOLAR_VOLUME = Decimal("22.414")
"""Litres per mole at 0 degrees C and 1 atm."""
ZERO_CELSIUS = Decimal("273.15")
SPLIT = {"xylene": {"m_xylene": 1, "p_xylene": 1}, "m_p_xylene": {"m_xylene": 1, "p_xylene": 1}}
"""Reported together: taken in equal parts. Of `xylene` the ortho part is not told apart either."""

Exact = Annotated[Decimal, BeforeValidator(lambda value: Decimal(str(value)) if isinstance(value, float) else value)]


class Species(ClosedModel):
    """One species: molar mass in g/mol, MIR in g O3/g, rate constants in 1e-12 cm3/(molecule s) at 298 K."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Text
    cas: Annotated[str, Field(pattern=r"^\d{2,7}-\d\d-\d$")]
    molar_mass: Annotated[Exact, Field(gt=0)]
    mir: Exact
    mir_china: Exact | None = None
    oh_measured: Exact | None = None
    oh_estimated: Exact | None = None
    pams: bool = False
    """Whether it is one of the 57 species of the PAMS list."""

    @property
    def rate_constant(self) -> Decimal | None:
        """The measured rate constant, else the estimated one."""
        return self.oh_estimated if self.oh_measured is None else self.oh_measured


class _SpeciesFile(ClosedModel):
    reference: str
    verified: Verified
    species: tuple[Species, ...]

    @model_validator(mode="after")
    def _once(self) -> _SpeciesFile:
        for field in ("name", "cas"):
            values = [getattr(each, field) for each in self.species]
            twice = {value for value in values if values.count(value) > 1}
            if twice:
                raise ValueError(f"stands twice: {', '.join(sorted(twice))}")
        return self


@cache
def _file() -> _SpeciesFile:
    return read_model(Path(str(files("lantu.standards.voc").joinpath("species.yaml"))), _SpeciesFile)


def voc_species() -> dict[str, Species]:
    """All known species by name."""
    return {each.name: each for each in _file().species}


def reference() -> str:
    """Where the values come from."""
    return _file().reference


@dataclass(frozen=True, slots=True)
class Reactivity:
    """What each species of a sample comes to, the whole of it, and the species about which nothing is known."""

    by_species: Mapping[str, Decimal]
    unknown: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        return sum(self.by_species.values(), Decimal(0))

    def ranked(self) -> list[tuple[str, Decimal]]:
        """The species that count most first."""
        return sorted(self.by_species.items(), key=lambda pair: (-pair[1], pair[0]))


_Value = Callable[[Species, Decimal], Decimal | None]


def ozone_formation(concentrations: Mapping[str, Decimal | None], mir: Mir = "carter_2010") -> Reactivity:
    """The ozone formation potential of a sample in ug O3/m3.

    Args:
        concentrations: ug/m3 by species; None where not measured. `xylene` and `m_p_xylene` are split in equal parts.
        mir: which set of MIR.
    """

    def value(species: Species) -> Decimal | None:
        return species.mir if mir == "carter_2010" else species.mir_china

    return _each(concentrations, lambda species, amount: None if (m := value(species)) is None else amount * m)


def oh_reactivity(concentrations: Mapping[str, Decimal | None]) -> Reactivity:
    """The OH loss rate of a sample in 1/s.

    Args:
        concentrations: ug/m3 by species; None where not measured.
    """

    def rate(species: Species, amount: Decimal) -> Decimal | None:
        if species.rate_constant is None:
            return None
        molecules = amount / species.molar_mass * AVOGADRO_PER_CM3
        return species.rate_constant * Decimal("1e-12") * molecules

    return _each(concentrations, rate)


def mass_concentration(ppb: Decimal, molar_mass: Decimal, celsius: Decimal = Decimal(25)) -> Decimal:
    """A mixing ratio in ppb as ug/m3 at 1 atm and a temperature (24.47 L/mol at 25 degrees C)."""
    return ppb * molar_mass / (MOLAR_VOLUME * (ZERO_CELSIUS + celsius) / ZERO_CELSIUS)


def _each(concentrations: Mapping[str, Decimal | None], value: _Value) -> Reactivity:
    known = voc_species()
    found: dict[str, Decimal] = {}
    unknown = []
    for name, concentration in concentrations.items():
        if concentration is None:
            continue
        parts = SPLIT.get(name, {name: 1})
        whole = sum(parts.values())
        values = [
            value(known[part], concentration * weight / whole) if part in known else None
            for part, weight in parts.items()
        ]
        present = [each for each in values if each is not None]
        if len(present) < len(values):
            unknown.append(name)
        else:
            found[name] = sum(present, Decimal(0))
    return Reactivity(found, tuple(unknown))
