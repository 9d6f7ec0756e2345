"""Forms built from what a ledger declares: entering, amending, taking a step.

Values are checked by `LedgerBook`, so that a form, a sheet and the API say the same; its faults come back to the
fields that they name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from lantu.base import LantuError, SeveralErrors, Text, current_language
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.evidence import ACCEPT, PICTURES
from lantu.office.outages import status_of
from lantu.office.steps import asked_by

if TYPE_CHECKING:
    from lantu.ledgers import Ledger, LedgerField, Transition

_REQUIRED = Text("必填项为空", "a required value is missing")
_LONG = 200


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class PlainSelect(forms.Select):
    """A select whose options are written at once: Django renders each of hundreds by a template of its own."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = {str(each) for each in self.format_value(value)}

        def option(code: Any, title: Any) -> SafeString:
            mark = mark_safe(" selected") if str(code) in chosen else ""
            return format_html('<option value="{}"{}>{}</option>', code, mark, title)

        written = []
        for code, title in self.choices:
            if isinstance(title, list | tuple):
                inside = mark_safe("".join(option(*each) for each in title))
                written.append(format_html('<optgroup label="{}">{}</optgroup>', code, inside))
            else:
                written.append(option(code, title))
        own = flatatt({**self.build_attrs(self.attrs, attrs), "name": name})
        return format_html("<select{}>{}</select>", own, mark_safe("".join(written)))


class FilesField(forms.FileField):
    """One or several files; `cleaned_data` holds a list."""

    def __init__(self, pictures: bool = False, **options: Any) -> None:
        attributes = {
            "accept": PICTURES if pictures else ACCEPT,
            "multiple": True,
            "data-max-bytes": settings.LANTU_LARGEST_FILE,
        }
        super().__init__(widget=_Files(attrs=attributes), **options)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = [each for each in (data if isinstance(data, list | tuple) else [data]) if each]
        if not given:
            super().clean(None, initial)
        return given


class LedgerForm(forms.Form):
    """A form whose fields are added one by one; `evidence` says which of them are files."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.evidence: dict[str, str] = {}
        self.names: list[str] = []
        self.status = 422
        """The status of the answer that shows the form again."""

    def given(self) -> dict[str, Any]:
        """The values of declared fields as they were typed, by name."""
        return {name: self.cleaned_data.get(f"v_{name}") for name in self.names}

    def uploads(self) -> list[tuple[str, Any]]:
        """The files that were handed in, by kind."""
        return [(kind, file) for name, kind in self.evidence.items() for file in self.cleaned_data.get(name) or []]

    def refuse(self, error: LantuError) -> None:
        """Show what the ledger refused, each fault at its field; an outage is told above the form."""
        self.status = status_of(error)
        places = {each: f"v_{each}" for each in self.names} | {kind: name for name, kind in self.evidence.items()}
        for each in error.errors if isinstance(error, SeveralErrors) else [error]:
            field = each.where.field if each.where else None
            named = places.get(field or "", field if field in self.fields else None)
            words = str(each.what) + (f" → {each.mend}" if each.mend else "")
            self.add_error(named, words)


def _optional(choices: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("", "—"), *choices]


def area_choices(areas: Iterable[Any]) -> list[Any]:
    """Areas as choices, streets under their district."""
    tree = desk().pack.areas
    groups: dict[str, list[tuple[str, str]]] = {}
    single: list[tuple[str, str]] = []
    for area in areas:
        if area.level == "street" and area.parent is not None:
            groups.setdefault(area.parent, []).append((area.code, str(area.title)))
        else:
            single.append((area.code, str(area.title)))
    return [*single, *((str(tree.get(code).title), listed) for code, listed in groups.items())]


def unit_choices() -> list[tuple[str, str]]:
    """The public bodies of the pack."""
    units = desk().pack.units
    return [(name, str(units.title(name))) for name in units.names() if units.body(name) is not None]


def value_field(declared: LedgerField, required: bool) -> forms.Field:
    """The form's field for a declared one."""
    label = str(declared.title)
    if declared.unit:
        label += f"（{declared.unit}）" if current_language() == "zh" else f" ({declared.unit})"
    options: dict[str, Any] = {"label": label, "required": required, "error_messages": {"required": str(_REQUIRED)}}
    hints = [str(declared.note)] if declared.note else []
    if declared.judged_by is not None:
        hints.append(str(Text("由标准判定，可不填", "decided by the standard; may stay empty")))
        options["required"] = False
    if declared.ledger is not None:
        title = desk().book.ledger(declared.ledger).title
        hints.append(str(Text(f"“{title.zh}”中条目的编号", f"the key of an entry of '{title.en}'")))
    options["help_text"] = " ".join(hints)
    kind = declared.type
    if kind == "code":
        choices = [(code, str(title)) for code, title in declared.codes.items()]
        return forms.ChoiceField(widget=PlainSelect, choices=_optional(choices), **options)
    if kind == "codes":
        choices = [(code, str(title)) for code, title in declared.codes.items()]
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **options)
    if kind == "yes_no":
        words = [("yes", str(Text("是", "yes"))), ("no", str(Text("否", "no")))]
        return forms.ChoiceField(widget=PlainSelect, choices=_optional(words), **options)
    if kind == "unit":
        return forms.ChoiceField(widget=PlainSelect, choices=_optional(unit_choices()), **options)
    if kind == "area":
        return forms.ChoiceField(widget=PlainSelect, choices=_optional(area_choices(desk().pack.areas)), **options)
    if kind == "date":
        return forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), max_length=20, **options)
    if kind in ("number", "integer"):
        attributes = {"inputmode": "decimal" if kind == "number" else "numeric"}
        return forms.CharField(widget=forms.TextInput(attrs=attributes), max_length=60, **options)
    # a text that is too long is refused by the ledger, which says how long it is
    widget: Any = forms.Textarea(attrs={"rows": 3}) if declared.max_length > _LONG * 2 + 100 else forms.TextInput()
    return forms.CharField(widget=widget, strip=True, **options)


def typed(declared: LedgerField, kept: Any) -> Any:
    """A kept value as the form shows it."""
    if declared.type == "yes_no" and kept is not None:
        return "yes" if kept else "no"
    return kept


def _add_values(
    form: LedgerForm, fields: Iterable[LedgerField], required: bool | None, kept: Mapping[str, Any]
) -> None:
    for declared in fields:
        needed = declared.required and declared.default is None if required is None else required
        field = value_field(declared, needed)
        if declared.name in kept:
            field.initial = typed(declared, kept[declared.name])
        elif declared.default is not None and not kept:
            field.initial = typed(declared, declared.default)
        form.fields[f"v_{declared.name}"] = field
        form.names.append(declared.name)


def _day_field(initial: str) -> forms.Field:
    return forms.CharField(
        label=str(Text("日期", "day")),
        required=False,
        initial=initial,
        max_length=10,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=str(Text("自哪天起如此；默认今天", "since when it is so; today if not given")),
    )


def _note_field(needed: bool) -> forms.Field:
    return forms.CharField(
        label=str(Text("理由", "reason") if needed else Text("说明", "note")),
        required=needed,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": str(Text("这一步须写明理由", "this step needs a reason in words"))},
    )


def _holder_field(initial: str | None, needed: bool = False) -> forms.Field:
    return forms.ChoiceField(
        widget=PlainSelect,
        label=str(Text("责任单位", "responsible unit")),
        required=needed,
        choices=_optional(unit_choices()),
        initial=initial or "",
        error_messages={"required": str(Text("没有填责任单位", "nobody is named who is to hold it"))},
    )


def _area_field(account: Any, ledger: Ledger, initial: str | None, needed: bool) -> forms.Field:
    choices = area_choices(rights.entry_areas(account, ledger))
    return forms.ChoiceField(
        widget=PlainSelect,
        label=str(Text("行政区划", "area")),
        required=needed,
        choices=_optional(choices) if not needed or len(choices) != 1 else choices,
        initial=initial or "",
        error_messages={
            "required": str(Text("没有填行政区划", "the area is missing")),
            "invalid_choice": str(Text("不在您的权限范围内", "outside your rights")),
        },
    )


def _version_field(version: int) -> forms.Field:
    return forms.IntegerField(widget=forms.HiddenInput, initial=version, min_value=1)


def _place_fields(form: LedgerForm, place: str | None) -> None:
    parts = place.split(",") if place and place.count(",") == 1 else ["", ""]
    for name, title, value in (
        ("longitude", Text("经度", "longitude"), parts[0]),
        ("latitude", Text("纬度", "latitude"), parts[1]),
    ):
        form.fields[name] = forms.DecimalField(
            label=f"{title}（°）" if current_language() == "zh" else f"{title} (°)",
            required=False,
            initial=value,
            min_value=-180 if name == "longitude" else -90,
            max_value=180 if name == "longitude" else 90,
            max_digits=12,
            decimal_places=7,
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        )


def place_of(form: LedgerForm) -> str | None:
    """The place that was typed as `longitude,latitude`; None if it is not whole."""
    longitude, latitude = form.cleaned_data.get("longitude"), form.cleaned_data.get("latitude")
    return None if longitude is None or latitude is None else f"{longitude},{latitude}"


def enter_form(account: Any, ledger: Ledger, *given: Any) -> LedgerForm:
    """The form that enters a new entry; the areas are those of the account. What only steps fill is left to them."""
    form = LedgerForm(*given)
    own = [each for each in ledger.fields if each.name in ledger.key]
    _add_values(form, own, None, {})
    form.fields["area"] = _area_field(account, ledger, None, True)
    form.fields["holder"] = _holder_field(account.unit if account.unit in desk().pack.units else None)
    able = [each for each in ledger.fields if each.name not in ledger.key and not each.by_step]
    _add_values(form, able, None, {})
    if len(ledger.initial_states) > 1:
        form.fields["state"] = forms.ChoiceField(
            widget=PlainSelect,
            label=str(Text("状态", "state")),
            choices=[(name, str(ledger.states[name].title)) for name in ledger.initial_states],
        )
    if ledger.geometry == "point":
        _place_fields(form, None)
    form.fields["day"] = _day_field("")
    form.fields["note"] = _note_field(False)
    return form


def amend_form(account: Any, ledger: Ledger, entry: Any, *given: Any) -> LedgerForm:
    """The form that changes values of an entry; its key stays, and what only steps change."""
    form = LedgerForm(*given)
    able = [each for each in ledger.fields if each.name not in ledger.key and not each.by_step]
    _add_values(form, able, None, entry.values)
    if rights.role_of(account) != "enterprise":
        form.fields["area"] = _area_field(account, ledger, entry.area, False)
        form.fields["holder"] = _holder_field(entry.holder)
    if ledger.geometry == "point":
        _place_fields(form, entry.place)
    form.fields["day"] = _day_field("")
    form.fields["note"] = _note_field(False)
    form.fields["version"] = _version_field(entry.version)
    return form


def step_form(account: Any, ledger: Ledger, step: Transition, entry: Any, *given: Any) -> LedgerForm:
    """The form of a step: what its declaration asks for, and no more."""
    form = LedgerForm(*given, auto_id=f"{step.name}-%s")
    asked = asked_by(ledger, step)
    if asked.holder:
        form.fields["holder"] = _holder_field(entry.holder, entry.holder is None)
    if asked.moves:
        form.fields["area"] = _area_field(account, ledger, None, False)
    _add_values(form, asked.fields, True, entry.values)
    _add_values(form, asked.optional, False, entry.values)
    for kind in (*asked.evidence, *asked.other_evidence):
        needed = kind in asked.evidence
        form.fields[f"e_{kind}"] = FilesField(
            kind in ledger.pictures,
            label=str(ledger.evidence[kind]),
            required=needed,
            error_messages={"required": str(Text("缺少这项佐证", "this evidence is missing"))},
        )
        form.evidence[f"e_{kind}"] = kind
    form.fields["note"] = _note_field(asked.reason)
    form.fields["day"] = _day_field("")
    form.fields["version"] = _version_field(entry.version)
    return form


def clue_form(account: Any, ledger: Ledger, once: str, *given: Any) -> LedgerForm:
    """The form of a clue by hand: what was found where, with photos; its number comes from the program.

    Args:
        account: whose areas may be chosen.
        ledger: the ledger of cases.
        once: letters that this form alone has; the number is made of them.
        given: what was posted.
    """
    form = LedgerForm(*given)
    found = {each.name: each for each in ledger.fields}
    first = [found[name] for name in ("case_class", "occurred_on", "source", "subject", "what") if name in found]
    _add_values(form, first, None, {})
    form.fields["area"] = _area_field(account, ledger, None, True)
    _place_fields(form, None)
    _add_values(form, [found[name] for name in ("due_on",) if name in found], False, {})
    for kind in ledger.pictures:
        if kind == "photo_before":
            form.fields[f"e_{kind}"] = FilesField(True, label=str(ledger.evidence[kind]), required=False)
            form.evidence[f"e_{kind}"] = kind
    form.fields["note"] = _note_field(False)
    form.fields["once"] = forms.RegexField(r"^[0-9a-f]{8}$", widget=forms.HiddenInput, initial=once)
    return form
