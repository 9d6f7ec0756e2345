"""What a ledger (台账) declares: fields, states, transitions with guards, selections, the closing recipe, its sheet.

A ledger is one YAML file of a pack; adding one needs no code. Besides its own fields every entry has an area, the unit
that holds it, a state, and the day from which it is so.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from lantu.base import ClosedModel, LantuError, Text, as_decimal, parse_unit
from lantu.ledgers.judging import RULES
from lantu.ledgers.selections import Selection, Value, Where

FieldType = Literal["text", "integer", "number", "date", "yes_no", "code", "codes", "unit", "area", "reference"]
AreaLevel = Literal["city", "district", "street"]
Geometry = Literal["none", "point", "line", "polygon"]

RESERVED = ("key", "area", "holder", "state", "version", "day", "longitude", "latitude", "geometry", "simulated")
"""What every entry has besides its declared fields."""


def _name(written: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", written):
        raise ValueError(f"'{written}': write a name in small letters, digits and underscores")
    return written


def _known_unit(written: str) -> str:
    try:
        parse_unit(written)
    except LantuError as error:
        raise ValueError(str(error.what)) from error
    return written


def _decimal(value: Any) -> Any:
    return as_decimal(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Name = Annotated[str, AfterValidator(_name)]
UnitText = Annotated[str, AfterValidator(_known_unit)]
Figure = Annotated[Decimal, BeforeValidator(_decimal)]


class JudgedBy(ClosedModel):
    """A standard decides the field: the rule (see `judging.RULES`) and the date field whose edition holds."""

    rule: Name
    day: Name

    @model_validator(mode="after")
    def _known(self) -> JudgedBy:
        if self.rule not in RULES:
            raise ValueError(f"there is no rule '{self.rule}': {', '.join(RULES)}")
        return self


class LedgerField(ClosedModel):
    """One field (字段). A `number` has a unit; a `code` its code list; a `reference` the ledger whose entry it names.

    Numbers are 0 or more unless a minimum is declared; dates do not lie in the future unless `future` says they may.
    """

    name: Name
    title: Text
    type: FieldType
    required: bool = False
    unit: UnitText | None = None
    codes: dict[str, Text] = {}
    pattern: str | None = None
    minimum: Figure | None = None
    maximum: Figure | None = None
    max_length: Annotated[int, Field(ge=1)] = 500
    future: bool = False
    not_before: Name | None = None
    """Another date of the entry that must not be later than this one."""
    ledger: Name | None = None
    default: str | bool | int | None = None
    judged_by: JudgedBy | None = None
    by_step: bool = False
    """Given when the entry is made, and after that changed only by a step that names it."""
    note: Text | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> LedgerField:
        wrong = []
        if self.name in RESERVED:
            wrong.append(f"'{self.name}' is what every entry has already")
        if (self.type == "number") != (self.unit is not None):
            wrong.append("a number needs a unit, and only a number has one")
        if (self.type in ("code", "codes")) != bool(self.codes):
            wrong.append("a code needs its codes, and only a code has them")
        if (self.type == "reference") != (self.ledger is not None):
            wrong.append("a reference names its ledger, and only a reference does")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                wrong.append(f"the pattern is no regular expression: {error}")
        if self.type != "date" and (self.future or self.not_before):
            wrong.append("only a date may lie in the future or not before another")
        if (self.minimum is not None or self.maximum is not None) and self.type not in ("integer", "number"):
            wrong.append("only a number has a minimum or maximum")
        if self.judged_by is not None:
            outcomes = RULES[self.judged_by.rule].outcomes
            if self.type != ("code" if outcomes else "yes_no") or not set(outcomes) <= set(self.codes):
                wrong.append(f"the rule gives {'the codes ' + ', '.join(outcomes) if outcomes else 'yes or no'}")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class State(ClosedModel):
    """A state of an entry. `counts_as`: earlier states that it still fulfils (closed counts as rectified)."""

    title: Text
    initial: bool = False
    final: bool = False
    counts_as: list[Name] = []
    locked: bool = False
    """Whether the values of an entry in this state stand: only a step changes them."""


class Setting(ClosedModel):
    """What a step writes into a field by itself; exactly one key.

    `value` is written as it stands, `day` the day of the step, `unit` the unit that takes it, `plus` is added to a
    whole number (none counts as 0), `clear` empties the field.
    """

    value: Value | None = None
    day: Literal[True] | None = None
    unit: Literal[True] | None = None
    plus: int | None = None
    clear: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> Setting:
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of value, day, unit, plus, clear")
        return self


class Postpones(ClosedModel):
    """A date that must be given with the step and lie later than it did, by so many days at most."""

    field: Name
    most_days: Annotated[int, Field(ge=1)] | None = None


class Transition(ClosedModel):
    """A step from one state to another, with its guards (迁移条件). Without `to` the state stays.

    `fields` must be filled by then, `evidence` of each kind handed in with the step, `where` must hold of the entry,
    and `reason` asks for words (a return, an extension).
    """

    name: Name
    title: Text
    from_: Annotated[list[Name], Field(alias="from", min_length=1)]
    to: Name | None = None
    fields: list[Name] = []
    changes: list[Name] = []
    """Fields that only steps change and that this one may, but need not."""
    evidence: list[Name] = []
    where: Where = {}
    reason: bool = False
    by: Literal["anyone", "holder", "another"] = "anyone"
    """Who takes it: the unit that holds the entry (where one does); a unit that does not hold it (where none does: that
    did not bring it to its state)."""
    holder: Literal["kept", "given", "actor", "none"] = "kept"
    """Who holds the entry afterwards: whom the step names (else who was named before), who takes the step, nobody."""
    moves: bool = False
    """Whether the step may name another area."""
    sets: dict[Name, Setting] = {}
    postpones: Postpones | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    """How often an entry may take the step in its life."""
    refers: dict[Name, list[Name]] = {}
    """For a reference field the states in which the entry that it names may be."""

    def target(self, state: str) -> str:
        """The state after the step, of an entry that was in `state`."""
        return self.to or state

    def may_change(self, name: str) -> bool:
        """Whether the step may change a field that only steps change."""
        named = (*self.fields, *self.changes, *self.sets)
        return name in named or (self.postpones is not None and self.postpones.field == name)


class Closing(ClosedModel):
    """How an entry is closed (销号): evidence, a person of another unit than the one that reported, a quiet period."""

    state: Name
    evidence: Annotated[list[Name], Field(min_length=1)]
    another_unit: bool = True
    quiet_days: Annotated[int, Field(ge=0)] = 0
    quiet_field: Name | None = None
    """A whole-number field of the entry that says how many days, where it is filled."""
    recheck_percent: Annotated[int, Field(ge=0, le=100)] = 0


class Ledger(ClosedModel):
    """One declared ledger.

    `systems` are the numbers of the plan's named systems that it realises, `keeper` the units that keep it, `unit`
    what one entry counts as. `area` is the coarsest level at which an entry may lie: `street` entries lie in streets,
    `district` entries in districts or streets.
    """

    ledger: Name
    title: Text
    purpose: Text
    systems: list[int] = []
    keeper: list[str] = []
    key: Annotated[list[Name], Field(min_length=1)]
    area: AreaLevel
    own_area: bool = False
    """Whether an entry speaks for its own area only (a district's bulletin is not the city's)."""
    geometry: Geometry = "none"
    unit: UnitText
    fields: Annotated[list[LedgerField], Field(min_length=1)]
    dated_by: Name | None = None
    """The date that tells when an entry's fact happened; without it the day on which it was first entered."""
    states: Annotated[dict[Name, State], Field(min_length=1)]
    transitions: list[Transition] = []
    evidence: dict[Name, Text] = {}
    pictures: list[Name] = []
    """Kinds of evidence that must be pictures: they are read when they are handed in."""
    closing: Closing | None = None
    selections: dict[Name, Selection] = {}
    expected: Annotated[int, Field(ge=1)] | None = None
    """About how many entries a whole city has; the simulated city is made in this size."""
    sheet: Text | None = None
    """The name of its Excel sheet; its title if not given."""

    def field(self, name: str) -> LedgerField | None:
        return next((field for field in self.fields if field.name == name), None)

    @property
    def initial_states(self) -> list[str]:
        return [name for name, state in self.states.items() if state.initial]

    def states_of(self, name: str) -> frozenset[str]:
        """The states that fulfil one: itself, and those that count as it, directly or through another."""
        found = {name}
        while True:
            more = {n for n, s in self.states.items() if n not in found and found & set(s.counts_as)}
            if not more:
                return frozenset(found)
            found |= more

    def names(self) -> list[str]:
        """What a commitment may count: the selections and the states."""
        return [*self.selections, *self.states]

    def title_of(self, name: str) -> Text:
        """The title of a selection or state."""
        return self.selections[name].title if name in self.selections else self.states[name].title

    def _unfit_for(self, judged_by: JudgedBy) -> list[str]:
        """What a rule needs and the fields do not have."""
        rule = RULES[judged_by.rule]
        date = self.field(judged_by.day)
        wrong = [] if date is not None and date.type == "date" else [f"'{judged_by.day}' is no date field"]
        for name, codes in rule.needs.items():
            field = self.field(name)
            if field is None:
                wrong.append(f"the rule {judged_by.rule} needs the field '{name}'")
            elif codes and not (field.codes and set(field.codes) <= set(codes)):
                wrong.append(f"'{name}' may have the codes {', '.join(codes)}")
        if not any(self.field(name) for name in rule.reads):
            wrong.append(f"the rule {judged_by.rule} reads one of {', '.join(rule.reads[:12])}")
        return wrong

    def _unfit_step(self, step: Transition, names: list[str]) -> list[str]:
        """What a step names and the ledger does not have."""
        wrong = []
        dates = [each.name for each in self.fields if each.type == "date"]
        wholes = [each.name for each in self.fields if each.type == "integer"]
        texts = [each.name for each in self.fields if each.type in ("text", "unit")]
        references = [each.name for each in self.fields if each.ledger is not None]
        among: list[tuple[str, str, Any]] = [
            *((f"state of {step.name}", name, self.states) for name in (*step.from_, *([step.to] if step.to else ()))),
            *(
                (f"field of {step.name}", name, names)
                for name in (*step.fields, *step.changes, *step.where, *step.sets)
            ),
            *((f"evidence of {step.name}", kind, self.evidence) for kind in step.evidence),
            *((f"reference of {step.name}", name, references) for name in step.refers),
        ]
        if step.postpones is not None:
            among.append((f"date that {step.name} postpones", step.postpones.field, dates))
        for name, setting in step.sets.items():
            if setting.day:
                among.append((f"date that {step.name} sets", name, dates))
            if setting.plus is not None:
                among.append((f"number that {step.name} adds to", name, wholes))
            if setting.unit:
                among.append((f"text that {step.name} sets", name, texts))
        wrong += [f"{kind} '{name}' is none of {', '.join(known)}" for kind, name, known in among if name not in known]
        return wrong

    @model_validator(mode="after")
    def _hangs_together(self) -> Ledger:
        wrong: list[str] = []
        names = [field.name for field in self.fields]
        wrong += [f"the field '{name}' stands twice" for name in sorted({n for n in names if names.count(n) > 1})]

        def known(kind: str, name: str, among: Any) -> None:
            if name not in among:
                wrong.append(f"{kind} '{name}' is none of {', '.join(among)}")

        for name in self.key:
            known("key", name, names)
            if name in names and not next(f for f in self.fields if f.name == name).required:
                wrong.append(f"the key field '{name}' must be required")
        for field in self.fields:
            if field.not_before is not None:
                known("not_before", field.not_before, names)
            if field.judged_by is not None:
                wrong += self._unfit_for(field.judged_by)
        if self.dated_by is not None:
            known("dated_by", self.dated_by, [f.name for f in self.fields if f.type == "date"])
        if not self.initial_states:
            wrong.append("no state is initial")
        for name, state in self.states.items():
            for other in state.counts_as:
                known(f"counts_as of {name}", other, self.states)
        steps = [step.name for step in self.transitions]
        wrong += [f"the transition '{name}' stands twice" for name in sorted({n for n in steps if steps.count(n) > 1})]
        for step in self.transitions:
            wrong += self._unfit_step(step, names)
        for kind in self.pictures:
            known("pictures", kind, self.evidence)
        reachable = set(self.initial_states) | {step.to for step in self.transitions}
        wrong += [f"the state '{name}' can never be reached" for name in self.states if name not in reachable]
        if self.closing is not None:
            known("closing state", self.closing.state, self.states)
            for kind in self.closing.evidence:
                known("closing evidence", kind, self.evidence)
            if self.closing.quiet_field is not None:
                known("quiet_field", self.closing.quiet_field, [f.name for f in self.fields if f.type == "integer"])
            if self.closing.state in self.initial_states:
                wrong.append("an entry cannot begin in the state in which it is closed")
        for name, selection in self.selections.items():
            if name in self.states:
                wrong.append(f"'{name}' is both a state and a selection")
            for state_name in selection.state:
                known(f"state of {name}", state_name, self.states)
            for field_name in selection.fields():
                known(f"field of {name}", field_name, [*names, "area", "holder"])
            for other in selection.also:
                known(f"selection in {name}", other, self.selections)
            if selection.dated_by is not None:
                known(f"dated_by of {name}", selection.dated_by, [f.name for f in self.fields if f.type == "date"])
        if wrong:
            raise ValueError("; ".join(wrong))
        return self
