"""YAML that knows its lines, so that a mistake in a pack or a parameter file is named with file and line.

A file is read into plain data plus a map from each key's path to its line; `read_model` validates it with a closed
pydantic model (unknown keys are errors) and reports every fault with its place.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from lantu.base import parsed_yaml
from lantu.base.errors import LantuError, Place, SeveralErrors
from lantu.base.language import Text
from lantu.base.text_file import read_utf8

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

KeyPath = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


class ClosedModel(BaseModel):
    """Base of everything that is written in a pack or parameter file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class YamlSource:
    """One YAML file: its `data` and where each key stands."""

    def __init__(self, path: Path, data: Any, lines: dict[KeyPath, int]) -> None:
        self.path = path
        self.data = data
        self.lines = lines

    def line_of(self, path: KeyPath) -> int | None:
        """The line of the key at `path`, or of its nearest parent that is written down."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def read_yaml(path: Path) -> YamlSource:
    """Read one YAML file.

    Raises:
        LantuError: the file is missing, empty, not UTF-8, not YAML, or has the same key twice.
    """
    kept = parsed_yaml.find(path)
    if kept is not None:
        return YamlSource(path, *kept)
    text = read_utf8(path)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise _not_yaml(error, path) from error
    except RecursionError as error:
        raise _not_yaml("nested too deeply", path) from error
    if node is None:
        raise LantuError(Text("文件是空的", "the file is empty"), where=Place(path))
    lines: dict[KeyPath, int] = {}
    constructor = _Loader("")
    try:
        data = _construct(node, (), lines, path, constructor, frozenset())
    finally:
        if hasattr(constructor, "dispose"):
            constructor.dispose()
    parsed_yaml.keep(path, data, lines)
    return YamlSource(path, data, lines)


def _not_yaml(error: yaml.YAMLError | str, path: Path, line: int | None = None) -> LantuError:
    mark = getattr(error, "problem_mark", None)
    problem = error if isinstance(error, str) else getattr(error, "problem", None) or "syntax error"
    return LantuError(
        Text(f"YAML 语法错误：{problem}", f"not valid YAML: {problem}"),
        where=Place(path, mark.line + 1 if mark else line),
    )


def _construct(
    node: Any, path: KeyPath, lines: dict[KeyPath, int], file: Path, loader: Any, within: frozenset[int]
) -> Any:
    """The data of a node; `within` holds the nodes around it, for an alias may stand inside what it names."""
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if id(node) in within:
        raise _not_yaml("an alias inside what it names", file, line)
    within = within | {id(node)}
    if isinstance(node, yaml.MappingNode):
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = _plain(key_node, file, loader)
            if isinstance(key, datetime.date):
                key = key.isoformat()
            if isinstance(key, list | dict | set):
                raise _not_yaml("a key is a list or a mapping", file, line)
            if key in result:
                raise LantuError(
                    Text(f"键“{key}”出现两次", f"the key '{key}' appears twice"), where=Place(file, line, str(key))
                )
            lines[(*path, key)] = line
            result[key] = _construct(value_node, (*path, key), lines, file, loader, within)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, (*path, index), lines, file, loader, within) for index, item in enumerate(node.value)]
    return _plain(node, file, loader)


def _plain(node: Any, file: Path, loader: Any) -> Any:
    try:
        return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:  # a tag that is not allowed; a date that does not exist
        raise _not_yaml(str(getattr(error, "problem", error)), file, node.start_mark.line + 1) from error


def read_model(path: Path, model: type[Model]) -> Model:
    """Read a YAML file into a closed pydantic model.

    Raises:
        SeveralErrors: with one error per fault, each with file, line and key.
    """
    source = read_yaml(path)
    return validate(source, source.data, model, ())


def validate(source: YamlSource, data: Any, model: type[Model], at: KeyPath) -> Model:
    """Validate the part of `source` at the key path `at` as `model`; faults carry file, line and key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise SeveralErrors([_as_error(source, fault, at) for fault in error.errors()]) from error


def _as_error(source: YamlSource, fault: Any, at: KeyPath) -> LantuError:
    path: KeyPath = (*at, *fault["loc"])
    # pydantic adds the tag of a union's branch to the path; leave out what is not written in the file
    written: KeyPath = ()
    for key in path:
        if (*written, key) in source.lines:
            written = (*written, key)
    field = ".".join(str(part) for part in path)
    line = source.line_of(written)
    place = Place(source.path, line, field)
    kind = fault["type"]
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return LantuError(
            Text(f"不认识的键“{path[-1]}”", f"unknown key '{path[-1]}'"),
            where=place,
            mend=Text("检查拼写，或删去此键", "check the spelling or remove the key"),
        )
    if kind == "missing":
        return LantuError(Text(f"缺少键“{path[-1]}”", f"the key '{path[-1]}' is missing"), where=place)
    message = fault["msg"].removeprefix("Value error, ")
    return LantuError(Text(f"值不合要求：{message}", f"the value does not fit: {message}"), where=place)
