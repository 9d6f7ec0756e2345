"""The journal in words (日志内容): what each line says for people, by titles of fields, states, bodies and areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lantu.base import Text, use_language
from lantu.base.language import LANGUAGES
from lantu.office.accounts.roles import Role
from lantu.office.desk import desk
from lantu.office.register.story import area_title, body_title, differences

if TYPE_CHECKING:
    from lantu.ledgers import Change, Ledger

MOST = 8
"""So many differences of one change are told; the entry's page has them all."""
_RAW = frozenset(("digest", "version", "sha256", "digest_of_numbers"))
"""What is there for programs: it stands in the record below the words."""
_NAMES = {
    "kind": Text("任务", "job"),
    "how": Text("方式", "how"),
    "why": Text("原因", "why"),
    "file": Text("文件", "file"),
    "about": Text("关于", "about"),
    "state": Text("结果", "result"),
    "value": Text("数值", "value"),
    "role": Text("角色", "role"),
    "changes": Text("变动条数", "changes"),
    "first": Text("自", "from"),
    "last": Text("至", "to"),
    "seed": Text("种子", "seed"),
    "drawn": Text("抽中", "drawn"),
    "day": Text("日期", "day"),
    "name": Text("名称", "name"),
    "read_only": Text("只读", "read only"),
    "expires": Text("有效期至", "expires"),
    "exports": Text("导出文件", "exports"),
    "sheets": Text("放弃的回表", "sheets set aside"),
    "pictures": Text("小图", "small pictures"),
    "left_behind": Text("中断的残留", "left behind"),
    "bytes": Text("腾出字节", "bytes given back"),
}
_WORDS = {
    "password": Text("密码", "password"),
    "totp": Text("密码和动态验证码", "password and code"),
    "oidc": Text("统一身份认证", "single sign-on"),
    "accepted": Text("采纳", "accepted"),
    "declined": Text("不采纳", "declined"),
    "True": Text("是", "yes"),
    "False": Text("否", "no"),
}


def told(lines: Sequence[Any]) -> dict[int, list[Text]]:
    """What lines of the journal say, by number.

    Args:
        lines: with `id`, `subject` and `detail` (a mapping), as `Journal.lines` and the page have them.
    """
    changes = _changes(lines)
    found: dict[int, list[Text]] = {}
    for line in lines:
        pair = changes.get(line["id"])
        found[line["id"]] = _of_change(*pair) if pair is not None else _of_detail(line["detail"])
    return found


def _changes(lines: Sequence[Any]) -> dict[int, tuple[Ledger, Change | None, Change]]:
    """The change of each line that is about one, and the change before it; read with two questions for all lines."""
    named = {}
    for line in lines:
        ledger, _, key = line["subject"].partition("/")
        version = line["detail"].get("version")
        if isinstance(version, int) and ledger in desk().pack.ledgers:
            named[line["id"]] = (ledger, key, version)
    wanted = {(ledger, key, at) for ledger, key, version in named.values() for at in (version - 1, version)}
    kept = desk().book.store.versions_of(sorted(wanted))
    return {
        number: (desk().pack.ledgers[ledger], kept.get((ledger, key, version - 1)), kept[ledger, key, version])
        for number, (ledger, key, version) in named.items()
        if (ledger, key, version) in kept
    }


def _of_change(ledger: Ledger, before: Change | None, after: Change) -> list[Text]:
    """State, values, area and body from what they were to what they became; the reason; how much evidence."""
    now = ledger.states[after.state].title
    found = []
    if before is None:
        found.append(Text(f"状态：{now.zh}", f"state: {now.en}"))
        place, body = area_title(after.area), body_title(after.holder)
        found.append(Text(f"行政区划：{place.zh}", f"area: {place.en}"))
        if body.zh:
            found.append(Text(f"责任单位：{body.zh}", f"responsible unit: {body.en}"))
    elif before.state != after.state:
        old = ledger.states[before.state].title
        found.append(Text(f"状态：{old.zh} → {now.zh}", f"state: {old.en} → {now.en}"))
    said: dict[str, list[str]] = {}
    for language in LANGUAGES:
        with use_language(language):
            colon = "：" if language == "zh" else ": "
            said[language] = [
                f"{each.title}{colon}{each.before or '—'} → {each.after or '—'}"
                for each in differences(ledger, before, after)
            ]
    found += [Text(zh, en) for zh, en in zip(said["zh"][:MOST], said["en"][:MOST], strict=True)]
    more = len(said["zh"]) - MOST
    if more > 0:
        found.append(Text(f"另有 {more} 处", f"{more} more"))
    if after.note:
        found.append(Text(f"理由：{after.note}", f"reason: {after.note}"))
    if after.evidence:
        count = len(after.evidence)
        found.append(Text(f"佐证 {count} 件", f"{count} piece{'s' if count > 1 else ''} of evidence"))
    return found


def _of_detail(detail: Mapping[str, Any]) -> list[Text]:
    """What an act of the office says of itself, each part under its name."""
    found = []
    for name, value in detail.items():
        if name in _RAW or value in (None, "", 0, [], {}):
            continue
        title, words = _NAMES.get(name, Text(name, name)), _words(name, value)
        found.append(Text(f"{title.zh}：{words.zh}", f"{title.en}: {words.en}"))
    return found


def _words(name: str, value: Any) -> Text:
    if name == "kind":
        from lantu.office.jobs.work import TITLES

        return TITLES.get(str(value), Text(str(value), str(value)))
    if name == "role" and value in {each.value for each in Role}:
        return Role(value).words
    if isinstance(value, list):
        joined = ", ".join(str(each) for each in value)
        return Text(joined, joined)
    plain = str(value)
    return _WORDS.get(plain, Text(plain, plain))
