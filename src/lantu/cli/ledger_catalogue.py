"""The catalogue of a pack's ledgers as Markdown: fields, states, steps with their guards, selections, closing."""

from __future__ import annotations

from lantu.indicators import units_of_indicators
from lantu.ledgers import Ledger
from lantu.ledgers.judging import RULES
from lantu.plan.packs import Pack, load_pack
from lantu.plan.systems import read_systems, shown

PACK = "beijing/2021"


def ledger_page(made: str) -> str:
    """Every ledger of the shipped pack.

    Args:
        made: the line that says that the page is generated.
    """
    pack = load_pack(PACK)
    lines = [
        "# Ledgers 台账目录",
        "",
        made,
        "",
        f"{len(pack.ledgers)} ledgers of the pack `{pack.id}`. `lantu ledger show NAME` says the same; a ledger is one "
        "YAML file under `ledgers/` of a pack and needs no code.",
        "",
        "Every entry also has an area, the public body that holds it, its state, and the day since when it is so; "
        "every change keeps who made it. Numbers are 0 or more and dates not in the future unless the field says so.",
        "",
        "| ledger | 台账 | title | counts as | used by |",
        "|---|---|---|---|---|",
    ]
    users = _users(pack)
    for ledger in pack.ledgers.values():
        used = ", ".join(f"`{name}`" for name in users.get(ledger.ledger, []))
        name = f"[`{ledger.ledger}`](#{ledger.ledger})"
        lines.append(f"| {name} | {ledger.title.zh} | {ledger.title.en} | {ledger.unit} | {used} |")
    for ledger in pack.ledgers.values():
        lines += _ledger(ledger)
    return "\n".join(lines) + "\n"


def _users(pack: Pack) -> dict[str, list[str]]:
    """The commitments that count in each ledger."""
    found: dict[str, list[str]] = {}
    for commitment in pack.commitments.values():
        rule = commitment.inner if commitment.kind == "each" else commitment
        names = [getattr(rule, key, None) for key in ("ledger", "of_each")]
        names.append({"deliverable": "documents", "closure": "cases", "absence": "cases"}.get(rule.kind))
        for name in dict.fromkeys(each for each in names if each):
            found.setdefault(name, []).append(commitment.id)
    return found


def _ledger(ledger: Ledger) -> list[str]:
    lines = [
        "",
        f"## {ledger.ledger}",
        "",
        f"{ledger.title.zh} · {ledger.title.en}. {ledger.purpose.zh} · {ledger.purpose.en}.",
        "",
        f"- key: {', '.join(ledger.key)}; area: {ledger.area}{' (its own only)' if ledger.own_area else ''}; "
        f"place: {ledger.geometry}",
    ]
    if ledger.systems:
        lines.append(f"- named systems of the plan: {', '.join(str(number) for number in ledger.systems)}")
    if ledger.keeper:
        lines.append(f"- kept by: {'、'.join(ledger.keeper)}")
    lines += ["", "| field | 字段 | title | type | required |", "|---|---|---|---|---|"]
    for field in ledger.fields:
        kind: str = field.type
        if field.unit:
            kind += f" ({field.unit})"
        if field.codes:
            kind += ": " + ", ".join(f"{code} {title.zh}" for code, title in field.codes.items())
        if field.ledger:
            kind += f" to `{field.ledger}`"
        if field.judged_by:
            kind += f"; judged by {RULES[field.judged_by.rule].reference} on the day of `{field.judged_by.day}`"
        kind = kind.replace("|", "/")
        lines.append(
            f"| `{field.name}` | {field.title.zh} | {field.title.en} | {kind} | {'yes' if field.required else ''} |"
        )
    lines.append("")
    states = ", ".join(
        f"`{name}` {state.title.zh}{' (initial)' if state.initial else ''}" for name, state in ledger.states.items()
    )
    lines.append(f"States: {states}.")
    if ledger.transitions:
        lines += ["", "| step | 步骤 | from | to | needs |", "|---|---|---|---|---|"]
        for step in ledger.transitions:
            needs = [
                *step.fields,
                *(f"evidence {kind}" for kind in step.evidence),
                *([f"a later `{step.postpones.field}`"] if step.postpones else []),
                *(["a reason"] if step.reason else []),
                *({"holder": ["the unit that holds it"], "another": ["another unit"]}.get(step.by, [])),
                *([f"{step.times} times at most"] if step.times else []),
            ]
            begin, end = ", ".join(step.from_), step.to or "stays"
            lines.append(f"| `{step.name}` | {step.title.zh} | {begin} | {end} | {', '.join(needs)} |")
    if ledger.closing is not None:
        recipe = ledger.closing
        parts = [f"evidence {', '.join(recipe.evidence)}"]
        if recipe.another_unit:
            parts.append("a person of another unit")
        if recipe.quiet_days:
            parts.append(f"{recipe.quiet_days} quiet days")
        if recipe.recheck_percent:
            parts.append(f"{recipe.recheck_percent} % re-checked")
        lines += ["", f"Closed as `{recipe.state}` by: {'; '.join(parts)}."]
    if ledger.selections:
        lines += ["", "Selections 口径:", ""]
        lines += [f"- `{name}` {each.title.zh} · {each.title.en}" for name, each in ledger.selections.items()]
    return lines


def system_page(made: str) -> str:
    """The named systems of the shipped pack and what realises each."""
    pack = load_pack(PACK)
    systems = read_systems(pack, units_of_indicators())
    there = sum(bool(system.realised_by) for system in systems)
    waiting = sum(system.later is not None for system in systems)
    lines = [
        "# Named systems 计划点名的系统",
        "",
        made,
        "",
        f"The plan of `{pack.id}` names {len(systems)} systems, databases, ledgers, lists, mechanisms and rankings. "
        f"{there} have something here that realises them; {waiting} of these have a part that is still to come, and "
        "say which. `lantu plan systems` says the same.",
        "",
        "| # | task | name 名称 | kind | realised by 实现 | still to come 后续 |",
        "|---|---|---|---|---|---|",
    ]
    for system in systems:
        realised = "; ".join(shown(pack, each).en + f" `{each.name}`" for each in system.realised_by)
        tasks = ", ".join(str(task) for task in system.tasks)
        later = "" if system.later is None else f"{system.later.zh} {system.later.en}"
        cells = (str(system.number), f"{system.plan} {tasks}", system.name, system.kind, realised, later)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
