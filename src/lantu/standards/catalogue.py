"""The catalogue of parameters: every YAML file under `parameters/`, and what a pack adds or replaces."""

from __future__ import annotations

import difflib
from functools import cache
from importlib.resources import files
from pathlib import Path

from lantu.base import ClosedModel, LantuError, Place, SeveralErrors, Text, parse_unit, read_model
from lantu.standards.parameter import Parameter


class _ParameterFile(ClosedModel):
    parameters: tuple[Parameter, ...]


class Catalogue:
    """Parameters by name."""

    def __init__(self, parameters: dict[str, Parameter]) -> None:
        self._parameters = parameters

    @classmethod
    def load(cls, folder: Path, base: Catalogue | None = None) -> Catalogue:
        """Read all files of a folder; a parameter of `base` with the same name is replaced.

        Raises:
            SeveralErrors: faults in the files, each with file, line and key; a name that stands twice.
        """
        found: dict[str, Parameter] = {}
        faults: list[LantuError] = []
        for path in sorted(folder.rglob("*.yaml")):
            try:
                parameters = read_model(path, _ParameterFile).parameters
            except SeveralErrors as error:
                faults.extend(error.errors)
                continue
            except LantuError as error:
                faults.append(error)
                continue
            for parameter in parameters:
                if parameter.name in found:
                    faults.append(
                        LantuError(
                            Text(f"参数 {parameter.name} 出现两次", f"the parameter {parameter.name} stands twice"),
                            where=Place(path, None, parameter.name),
                        )
                    )
                found[parameter.name] = parameter
        if faults:
            raise SeveralErrors(faults)
        return cls({**(base._parameters if base else {}), **found})

    def __contains__(self, name: object) -> bool:
        return name in self._parameters

    def get(self, name: str) -> Parameter:
        """One parameter.

        Raises:
            LantuError: nobody knows the name; near names are offered.
        """
        if name not in self._parameters:
            near = difflib.get_close_matches(name, self._parameters, n=3)
            mend = Text(f"是否为：{'、'.join(near)}", f"did you mean {', '.join(near)}") if near else None
            raise LantuError(Text(f"没有参数“{name}”", f"there is no parameter '{name}'"), mend=mend)
        return self._parameters[name]

    def parameters(self) -> list[Parameter]:
        """All parameters, by name."""
        return [self._parameters[name] for name in sorted(self._parameters)]

    def check_units(self) -> list[LantuError]:
        """Units that Lantu does not know (slow: it starts the unit registry, so loading leaves it out)."""
        faults = []
        for parameter in self.parameters():
            try:
                parse_unit(parameter.unit)
            except LantuError as error:
                faults.append(LantuError(error.what, where=Place(parameter.name), mend=error.mend))
        return faults


@cache
def catalogue() -> Catalogue:
    """The parameters that Lantu ships."""
    return Catalogue.load(Path(str(files("lantu.standards").joinpath("parameters"))))
