"""The register of public bodies (单位登记): takes a printed cell of units apart and says which body each name means.

A name is looked up as it stands; failing that it is mended, and every mend that could be wrong carries a doubt. A name
that nobody knows comes back as printed: a wrong silent repair is worse than a flag.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lantu.base import LantuError, Place, SeveralErrors, Text, read_yaml
from lantu.base.yaml_source import validate
from lantu.places.bodies import BodyKind, PublicBody, UnitGroup, WrittenUnits
from lantu.places.names import (
    OPEN_PHRASE,
    edit_distance,
    fold,
    likeness,
    looks_complete,
    looks_continued,
    plain,
    stem,
)

if TYPE_CHECKING:
    from lantu.places.areas import AreaTree

How = Literal["name", "former_name", "alias", "slip", "group", "capacity", "suffix", "edit", "unknown"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a printed name means.

    `unit` is a canonical name, the name of a group, or the printed name itself where nobody knows it.
    """

    printed: str
    unit: str
    how: How
    confidence: float
    doubt: Text | None = None

    @property
    def known(self) -> bool:
        return self.how != "unknown"


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write a body's name."""

    body: str
    how: How
    confidence: float = 1.0
    why: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class UnitRegister:
    """All bodies and groups of a pack, by every way to write them."""

    def __init__(self, written: WrittenUnits, areas: AreaTree | None = None) -> None:
        self._bodies = {body.name: body for body in written.units}
        self._groups = {group.name: group for group in written.groups}
        self._prefix = written.city_prefix
        self._areas = areas
        self._open = next((group.name for group in written.groups if group.open), None)
        self._forms: dict[str, _Form] = {}
        for body in written.units:
            for form, key in self._forms_of(body):
                self._forms.setdefault(key, form)
        self._printed = {fold(body.name): body.name for body in written.units}

    @classmethod
    def from_yaml(cls, path: Path, areas: AreaTree | None = None) -> UnitRegister:
        """Read the register of a pack.

        Args:
            path: `units.yaml`; see `bodies.WrittenUnits`.
            areas: the area tree, to check and expand groups and district governments.

        Raises:
            SeveralErrors: every fault with file and line; also a name that two bodies bear, an area that is not there.
        """
        source = read_yaml(path)
        written = validate(source, source.data, WrittenUnits, ())
        faults: list[LantuError] = []
        owners: dict[str, str] = {}

        def fault(index: int, zh: str, en: str) -> None:
            faults.append(LantuError(Text(zh, en), where=Place(path, source.line_of(("units", index)))))

        for index, body in enumerate(written.units):
            spoken = [body.name, *(n.name for n in body.names), *body.aliases, *(s.printed for s in body.slips)]
            for name in spoken:
                owner = owners.setdefault(fold(name), body.name)
                if owner != body.name:
                    fault(index, f"“{name}”也是“{owner}”的名称", f"'{name}' is also a name of '{owner}'")
            if areas is not None and body.area is not None and body.area not in areas:
                fault(index, f"没有区域“{body.area}”", f"there is no area '{body.area}'")
        for index, body in enumerate(written.units):
            for host in body.hosts:
                if fold(host) not in owners:
                    fault(index, f"所设机关“{host}”未登记", f"the host '{host}' is not in the register")
        if faults:
            raise SeveralErrors(faults)
        return cls(written, areas)

    # --- what is in the register ----------------------------------------------------------------------------

    def __contains__(self, name: object) -> bool:
        return name in self._bodies or name in self._groups

    def names(self) -> list[str]:
        """Canonical names of all bodies, then the names of the groups."""
        return [*self._bodies, *self._groups]

    def body(self, name: str) -> PublicBody | None:
        """The body with this canonical name."""
        return self._bodies.get(name)

    def government_of(self, area: str) -> str | None:
        """The body that governs an area; None where the register names none."""
        return next((body.name for body in self._bodies.values() if body.area == area), None)

    def kind_of(self, unit: str) -> BodyKind | Literal["group", "open_list"] | None:
        """The kind of a canonical name; `group` and `open_list` for groups, None for a name that nobody knows."""
        if unit in self._groups:
            return "open_list" if self._groups[unit].open else "group"
        body = self._bodies.get(unit) or self._bodies.get(unit.partition("(")[0])
        return body.kind if body else None

    def is_of_districts(self, unit: str) -> bool:
        """Whether the unit governs a district or stands for such (district government, development area, group)."""
        return self.kind_of(unit) in ("district_government", "area_administration", "group")

    def title(self, unit: str) -> Text:
        """A canonical name, or a group's, as a reader sees it; a name that nobody knows stays as it is."""
        if unit in self._groups:
            group = self._groups[unit]
            return Text(group.zh, group.en)
        if unit in self._bodies:
            return Text(unit, self._bodies[unit].english)
        outer, bracket, inner = unit.partition("(")
        if bracket:
            one, other = self.title(outer), self.title(inner.removesuffix(")"))
            return Text(f"{one.zh}（{other.zh}）", f"{one.en} ({other.en})")
        return Text(unit, unit)

    def members(self, group: str) -> list[str] | None:
        """The bodies that a group stands for; None where the plan does not name them.

        Raises:
            KeyError: no such group.
        """
        selection = self._groups[group].members
        if selection is None or self._areas is None:
            return None
        codes = [area.code for area in self._areas.select(selection)]
        governments = {body.area: body.name for body in self._bodies.values() if body.area}
        return [governments[code] for code in codes if code in governments]

    # --- taking a cell apart --------------------------------------------------------------------------------

    def split(self, cell: str) -> list[str]:
        """The names in a printed cell, in order.

        Names are separated by blanks, line ends, `、` or commas, but a name may itself be broken over lines or hold
        such a mark; several names may also follow each other without any. The cheapest reading wins: known names
        before complete-looking ones before fragments.
        """
        tokens = _tokens(cell)
        best: list[tuple[float, list[str]]] = [(0.0, [])]
        for end in range(1, len(tokens) + 1):
            candidates = []
            for start in range(max(0, end - 5), end):
                cost, names = self._reading(tokens[start:end])
                before, found = best[start]
                candidates.append((before + cost, [*found, *names]))
            best.append(min(candidates, key=lambda candidate: candidate[0]))
        return best[-1][1]

    def _reading(self, tokens: list[str]) -> tuple[float, list[str]]:
        """What it costs to read these tokens as one name (or, for a single one, as names without a mark between)."""
        whole = "".join(tokens)
        if len(tokens) > 1 and not all(fold(token) for token in tokens):
            return 99.0, [whole]
        found = self._lookup(whole)
        if found is not None:
            sure = found.confidence >= 0.9 and (len(tokens) == 1 or found.how != "group" or found.doubt is None)
            spoiled = 0.0 if sure else 1.2 if len(tokens) > 1 else 0.3
            return 1.0 + spoiled, [whole]
        opened = self._open_end(whole)
        # An unknown body before 等部门 is read so only where nothing separates it from other names.
        if opened is not None and (len(tokens) == 1 or len(opened) > 1 or OPEN_PHRASE.fullmatch(plain(whole))):
            return 1.0 + 0.1 * len(opened), opened
        if len(tokens) == 1:
            tiled = self._tiled(fold(whole))
            if tiled:
                return 1.0 + 0.2 * len(tiled), tiled
            if not fold(whole):
                return 0.0, []
            if self._mended(whole) is not None:
                return 1.6, [whole]
            return (2.0 if looks_complete(fold(whole)) else 2.9), [whole]
        # A name broken over lines: its first part does not end as a name does, or the next begins as only a rest can.
        broken = [
            (not looks_complete(fold(left)) or looks_continued(fold(right))) and not self._lookup(left)
            for left, right in pairwise(tokens)
        ]
        if all(broken):
            if self._mended(whole) is not None:
                return 1.7, [whole]
            if looks_complete(fold(whole)):
                return 2.1 + 0.2 * len(tokens), [whole]
        return 99.0, [whole]

    def _tiled(self, key: str) -> list[str] | None:
        """A text without marks as known names one after the other; the reading with the fewest names."""
        ways: list[list[str] | None] = [[]]
        for end in range(1, len(key) + 1):
            shortest: list[str] | None = None
            for start in range(end - 1, -1, -1):
                before = ways[start]
                part = key[start:end]
                if before is not None and (part in self._forms or self._group(part)):
                    names = [*before, self._printed.get(part, part)]
                    if shortest is None or len(names) < len(shortest):
                        shortest = names
            ways.append(shortest)
        return ways[-1] if ways[-1] and len(ways[-1]) > 1 else None

    def _open_end(self, whole: str) -> list[str] | None:
        """A name with 等部门 behind it is the name and the open end of the list."""
        match = re.search(OPEN_PHRASE.pattern + r"$", plain(whole))
        if match is None or self._open is None:
            return None
        before, phrase = plain(whole)[: match.start()], match[0]
        if not before:
            return [phrase]
        tiled = self._tiled(fold(before))
        if tiled:
            return [*tiled, phrase]
        return [before, phrase] if self._lookup(before) or self._mended(before) else [plain(whole)]

    # --- what a name means ----------------------------------------------------------------------------------

    def resolve(self, name: str, at: dt.date | None = None) -> Resolution:
        """Which body or group a printed name means.

        Args:
            name: as printed.
            at: the day on which it was printed; a name that did not hold then is resolved with a doubt.

        Returns:
            The unit, how it was found, how sure that is, and a doubt where it had to be mended or is not known.
        """
        found = self._lookup(name, at)
        if found is None and self._open is not None and OPEN_PHRASE.search(plain(name)):
            phrase = OPEN_PHRASE.search(plain(name))
            assert phrase is not None
            if phrase.end() == len(plain(name)):
                alone = phrase.start() == 0
                lost = None if alone else _doubt(name, self._open, "an unknown body before the open end of a list", 0.7)
                return Resolution(name, self._open, "group", 1.0 if alone else 0.7, lost)
        found = found or self._mended(name)
        return found or Resolution(
            name,
            plain(name),
            "unknown",
            0.3,
            Text(f"“{plain(name)}”不在单位登记中，照录", f"'{plain(name)}' is not in the register; kept as printed"),
        )

    def _lookup(self, name: str, at: dt.date | None = None) -> Resolution | None:
        """By name, alias, known slip, group, or a name with its office in brackets."""
        text = plain(name)
        form = self._forms.get(fold(text))
        if form is not None:
            doubt = None
            if form.how == "slip":
                doubt = _doubt(text, form.body, form.why, form.confidence)
            elif at is not None and not (
                (form.valid_from is None or form.valid_from <= at) and (form.valid_to is None or at <= form.valid_to)
            ):
                doubt = Text(
                    f"“{text}”在 {at} 不是{form.body}的名称", f"'{text}' was not the name of {form.body} on {at}"
                )
            return Resolution(name, form.body, form.how, form.confidence, doubt)
        return self._group_of(name, text) or self._in_capacity(name, text)

    def _in_capacity(self, name: str, text: str) -> Resolution | None:
        """甲(乙): an office with its host in brackets is the office; a host with its office is the host as such."""
        match = re.fullmatch(r"(.+?)\((.+)\)", text)
        if match is None:
            return None
        outer, inner = (self._forms.get(fold(part)) for part in match.groups())
        if outer is None or inner is None:
            return None
        if self._hosts(outer.body, inner.body):
            return Resolution(name, outer.body, "capacity", 0.95)
        if self._hosts(inner.body, outer.body):
            return Resolution(name, f"{outer.body}({inner.body})", "capacity", 0.95)
        return None

    def _hosts(self, office: str, host: str) -> bool:
        forms = [self._forms.get(fold(name)) for name in self._bodies[office].hosts]
        return any(form is not None and form.body == host for form in forms)

    def _group_of(self, name: str, text: str) -> Resolution | None:
        group = self._group(fold(text))
        if group is None:
            return None
        found, why = group
        if not why:
            return Resolution(name, found.name, "group", 1.0)
        return Resolution(name, found.name, "group", 0.95, _doubt(text, found.zh, why, 0.95))

    def _group(self, key: str) -> tuple[UnitGroup, str] | None:
        """The group that a folded text names, and what is wrong with the writing."""
        best: tuple[float, UnitGroup, str] | None = None
        for group in self._groups.values():
            for head, lost in [*((h, False) for h in group.heads), *((h, True) for h in group.lost_heads)]:
                if not key.startswith(fold(head)):
                    continue
                rest = key.removeprefix(fold(head))
                why = "the first character lost" if lost else ""
                if not rest:
                    if lost or group.bracket == "required":
                        continue
                    score = 1.0
                else:
                    score, spoiled = self._bracket(group, rest)
                    if score < 0.6:
                        continue
                    why = "; ".join(part for part in (why, spoiled) if part)
                score -= 0.05 * lost
                if best is None or score > best[0]:
                    best = (score, group, why)
        return (best[1], best[2]) if best else None

    def _bracket(self, group: UnitGroup, rest: str) -> tuple[float, str]:
        """How well the rest of a text is the bracket of a group: 1 for exactly so."""
        if group.bracket == "none":
            return 0.0, ""
        forms = [fold(form) for form in group.including]
        inner = rest.removeprefix("含")
        if inner in forms and rest != inner:
            return 1.0, ""
        if inner in forms:
            return 0.0, ""  # 各区政府 followed by the development area itself: two names, no bracket
        close = max(likeness(inner, form) for form in forms)
        return (close - 0.1, "the bracket misread") if close >= 0.75 else (0.0, "")

    def _mended(self, name: str) -> Resolution | None:
        """A name with one spoiled ending, or one or two spoiled characters, where only one body can be meant."""
        key = fold(name)
        ends = {}
        own = stem(key)
        for form_key, form in self._sound_forms.items():
            if stem(form_key) is not None and stem(form_key) in (own, key):
                ends[form.body] = form_key
        if len(ends) == 1:
            body = next(iter(ends))
            why = "the ending (局, 委, 办) misread or lost"
            return Resolution(name, body, "suffix", 0.95, _doubt(name, body, why, 0.95))
        limit = 0 if len(key) < 4 else 1 if len(key) < 7 else 2
        if not limit:
            return None
        near: dict[str, int] = {}
        for form_key, form in self._sound_forms.items():
            distance = edit_distance(key, form_key, limit)
            if distance <= limit:
                near[form.body] = min(distance, near.get(form.body, limit))
        if not near:
            return None
        closest = min(near.values())
        winners = [body for body, distance in near.items() if distance == closest]
        if len(winners) != 1:
            return None
        confidence = 0.9 if closest == 1 else 0.8
        why = f"{closest} character(s) differ"
        return Resolution(name, winners[0], "edit", confidence, _doubt(name, winners[0], why, confidence))

    @cached_property
    def _sound_forms(self) -> dict[str, _Form]:
        return {key: form for key, form in self._forms.items() if form.how != "slip"}

    def _forms_of(self, body: PublicBody) -> list[tuple[_Form, str]]:
        forms = [
            (
                _Form(
                    body.name,
                    "name" if dated.name == body.name else "former_name",
                    valid_from=dated.valid_from,
                    valid_to=dated.valid_to,
                ),
                dated.name,
            )
            for dated in body.official
        ]
        forms += [(_Form(body.name, "alias", 0.98), alias) for alias in body.aliases]
        forms += [(_Form(body.name, "slip", slip.confidence, slip.why), slip.printed) for slip in body.slips]
        if self._prefix:
            # 北京市财政局 for 市财政局
            head = self._prefix[:-1]
            forms += [(form, head + name) for form, name in forms if name.startswith(self._prefix[-1])]
        return [(form, fold(name)) for form, name in forms]


def _doubt(printed: str, read_as: str, why: str, confidence: float) -> Text:
    return Text(
        f"“{plain(printed)}”读作“{read_as}”（{why}）",
        f"'{plain(printed)}' read as '{read_as}' ({why}, {confidence:.2f})",
    )


_OPENING, _CLOSING = "(（[【", ")）]】"
_MARK = re.compile(r"[\s,，、;；/|]+")


def _tokens(cell: str) -> list[str]:
    """A cell at its marks, but never inside brackets; a bracket belongs to the words before it."""
    text = re.sub(r"<[^<>]*>", " ", cell)
    # A closing bracket without an opening one, or the other way round, must not swallow the rest of the cell.
    tokens: list[str] = []
    current, depth, opened_at = "", 0, 0
    for index, character in enumerate(text):
        if character in _OPENING:
            if depth == 0:
                opened_at = index
                if not current and tokens:
                    current = tokens.pop()
            depth += 1
            current += character
        elif character in _CLOSING:
            depth = max(0, depth - 1)
            current += character
        elif _MARK.match(character) and (depth == 0 or (character.isspace() and _unclosed(text, opened_at))):
            depth = 0
            if current:
                tokens.append(current)
            current = ""
        elif not character.isspace():
            current += character
    if current:
        tokens.append(current)
    return [token for token in tokens if fold(token) or token in _OPENING + _CLOSING]


def _unclosed(text: str, opened_at: int) -> bool:
    return not any(character in _CLOSING for character in text[opened_at : opened_at + 40])
