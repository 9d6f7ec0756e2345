"""The API (接口): the same rights and the same rules as the pages, for programs. Its description is at `/api/docs`."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, NinjaAPI, Schema
from ninja.security import HttpBearer, SessionAuth

from lantu import __version__
from lantu.base import LantuError, SeveralErrors, Text
from lantu.office import rights
from lantu.office.accounts.models import Token
from lantu.office.desk import desk
from lantu.office.outages import outage_of
from lantu.office.register.models import Entry, JournalRow
from lantu.site.answers import json_answer, plain
from lantu.site.pages.errors import out_of_order

PER_PAGE = 100
_WRITING = ("POST", "PATCH", "PUT", "DELETE")


class Refusal(Exception):
    """An answer other than the one that was asked for."""

    def __init__(self, status: int, what: Text, mend: Text | None = None) -> None:
        super().__init__(what.en)
        self.status, self.what, self.mend = status, what, mend


class TokenKey(HttpBearer):
    """A token as `Authorization: Bearer ...`; it acts as its account, and writes only where it may."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
        found = Token.objects.select_related("account").filter(digest=digest, expires__gt=timezone.now()).first()
        if found is None or not found.account.is_active:
            return None
        if found.read_only and request.method in _WRITING:
            raise Refusal(403, Text("这个令牌只能读取", "this token may only read"))
        now = timezone.now()
        if found.last_used is None or (now - found.last_used).total_seconds() > 300:
            Token.objects.filter(pk=found.pk).update(last_used=now)
        request.user = found.account
        return found.account


class SignedIn(SessionAuth):
    """The session of a browser; writing asks for the csrf token."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if request.user.is_authenticated else None


api = NinjaAPI(
    title="Lantu 蓝图",
    version=__version__,
    description="Verdicts, ledgers and data of one city's plan, with the rights of the account that asks.",
    auth=[TokenKey(), SignedIn()],
    docs_url=None,
    urls_namespace="api",
)


def _said(status: int, what: Text, faults: list[dict[str, Any]]) -> HttpResponse:
    return json_answer({"error": what, "faults": faults}, status)


@api.exception_handler(LantuError)
def _refused(request: HttpRequest, error: LantuError) -> HttpResponse:
    outage = outage_of(error)
    if outage is not None:
        return out_of_order(request, outage)
    every = error.errors if isinstance(error, SeveralErrors) else [error]
    faults = [{"what": e.what, "where": str(e.where) if e.where else None, "mend": e.mend} for e in every]
    return _said(422, Text("未能办理，未作任何更改", "this could not be done; nothing was changed"), faults)


@api.exception_handler(Refusal)
def _other(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return _said(refusal.status, refusal.what, [{"what": refusal.what, "where": None, "mend": refusal.mend}])


def _none(what_zh: str, what_en: str) -> Refusal:
    return Refusal(404, Text(what_zh, what_en))


def _office(request: HttpRequest) -> None:
    if not rights.sees_office(request.user):
        raise Refusal(403, Text("您的账号不能查看", "your account may not see this"))


class Words(Schema):
    """A text in both languages."""

    zh: str
    en: str


class Fault(Schema):
    what: Words
    where: str | None = None
    mend: Words | None = None


class Refused(Schema):
    """Why something was not done."""

    error: Words
    faults: list[Fault]


_REFUSALS = {401: dict[str, Any], 403: Refused, 404: Refused, 409: Refused, 422: dict[str, Any]}
PageNumber = Annotated[int, Field(ge=1, le=1_000_000)]
Word = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class AreaOut(Schema):
    code: str
    name: str
    english: str
    level: str
    parent: str | None


@api.get("/areas", response={200: list[AreaOut], **_REFUSALS}, tags=["plan"])
def areas(request: HttpRequest) -> Any:
    """The city, its districts, streets and towns."""
    return [
        {"code": a.code, "name": a.name, "english": a.english, "level": a.level, "parent": a.parent}
        for a in desk().pack.areas
    ]


@api.get("/measures", response={200: list[dict[str, Any]], **_REFUSALS}, tags=["plan"])
def measures(request: HttpRequest) -> Any:
    """Every measure with its units, deadline and commitments."""
    _office(request)
    return [_measure(measure) for measure in desk().pack.measures.values()]


def _measure(measure: Any) -> dict[str, Any]:
    return {
        "id": measure.id,
        "summary": plain(measure.summary),
        "deadline": measure.deadline.date.isoformat() if measure.deadline.date else None,
        "lead": measure.lead,
        "responsible": measure.responsible,
        "assisting": measure.assisting,
        "commitments": [
            {"id": c.id, "kind": c.kind, "title": plain(c.title), "period": c.period} for c in measure.commitments
        ],
    }


@api.get("/measures/{measure}", response={200: dict[str, Any], **_REFUSALS}, tags=["plan"])
def measure(request: HttpRequest, measure: Word) -> Any:
    """One measure."""
    _office(request)
    found = desk().pack.measures.get(measure)
    if found is None:
        raise _none(f"没有措施“{measure}”", f"there is no measure '{measure}'")
    return _measure(found)


@api.get("/assessment", response={200: dict[str, Any], **_REFUSALS}, tags=["verdicts"])
def assessment(
    request: HttpRequest,
    as_of: Word = "",
    measure: Word = "",
    commitment: Word = "",
    area: Word = "",
    status: Word = "",
    page: PageNumber = 1,
) -> Any:
    """Verdicts of a kept assessment (the latest one if no day is given), a hundred a page."""
    _office(request)
    snapshots = desk().snapshots
    days = {day.isoformat(): day for day in snapshots.days()}
    if as_of and as_of not in days:
        raise _none(f"没有 {as_of} 的评定", f"there is no assessment of {as_of}")
    found = snapshots.of(days[as_of]) if as_of else snapshots.latest()
    if found is None:
        raise _none("还没有评定", "nothing has been assessed yet")
    rows = [
        row
        for row in found.assessment.rows
        if (not measure or row.measure == measure)
        and (not commitment or row.commitment == commitment)
        and (not area or row.area == area)
        and (not status or row.status.value == status)
        and rights.sees_area(request.user, row.area)
    ]
    return {
        "as_of": found.assessment.as_of.isoformat(),
        "computed": found.computed,
        "sha256": found.sha256,
        "simulated": found.assessment.simulated,
        "count": len(rows),
        "page": page,
        "rows": [row.as_json() for row in rows[(page - 1) * PER_PAGE : page * PER_PAGE]],
    }


@api.get("/explain/{path:commitment}", response={200: dict[str, Any], **_REFUSALS}, tags=["verdicts"])
def explain(request: HttpRequest, commitment: Word, area: Word = "110000") -> Any:
    """Where one verdict comes from, step by step, computed now."""
    from lantu.assessment import explain as chain_of
    from lantu.assessment import read_targets

    _office(request)
    at = desk()
    if commitment not in at.pack.commitments:
        raise _none(f"没有承诺“{commitment}”", f"there is no commitment '{commitment}'")
    if area not in at.pack.areas or not rights.sees_area(request.user, area):
        raise _none(f"没有区域“{area}”", f"there is no area '{area}'")
    targets = read_targets(at.workspace, at.pack)
    chains = list(chain_of(at.pack, at.lake, commitment, area, at.day, targets, book=at.fresh_book()))
    return json.loads(json.dumps(chains[0].as_json(), default=str))


@api.get("/ledgers", response={200: list[dict[str, Any]], **_REFUSALS}, tags=["ledgers"])
def ledgers(request: HttpRequest) -> Any:
    """The ledgers of which the account may see entries."""
    return [
        {"ledger": ledger.ledger, "title": plain(ledger.title), "purpose": plain(ledger.purpose)}
        for ledger in rights.visible_ledgers(request.user)
    ]


@api.get("/ledgers/{ledger}", response={200: dict[str, Any], **_REFUSALS}, tags=["ledgers"])
def ledger(request: HttpRequest, ledger: Word) -> Any:
    """What a ledger declares: fields, states, steps."""
    return json.loads(_ledger(request, ledger).model_dump_json(by_alias=True))


def _ledger(request: HttpRequest, name: str) -> Any:
    for found in rights.visible_ledgers(request.user):
        if found.ledger == name:
            return found
    raise _none(f"没有台账“{name}”", f"there is no ledger '{name}'")


@api.get("/ledgers/{ledger}/entries", response={200: dict[str, Any], **_REFUSALS}, tags=["ledgers"])
def entries(
    request: HttpRequest, ledger: Word, state: Word = "", area: Word = "", holder: Word = "", page: PageNumber = 1
) -> Any:
    """The entries of a ledger that the account may see, a hundred a page."""
    name = _ledger(request, ledger).ledger
    found = rights.visible_entries(request.user).filter(ledger=name).order_by("id")
    for field, value in (("state", state), ("area", area), ("holder", holder)):
        if value:
            found = found.filter(**{field: value})
    rows = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    return {"ledger": name, "count": found.count(), "page": page, "entries": [_entry(row) for row in rows]}


def _entry(row: Entry) -> dict[str, Any]:
    return {
        "ledger": row.ledger,
        "key": row.key,
        "version": row.version,
        "day": row.day,
        "state": row.state,
        "area": row.area,
        "holder": row.holder,
        "place": row.place,
        "simulated": bool(row.simulated),
        "values": row.values,
    }


def _one(request: HttpRequest, ledger: str, key: str) -> Entry:
    found = rights.visible_entries(request.user).filter(ledger=ledger, key=key).first()
    if found is None:
        raise _none(f"没有条目“{ledger}/{key}”", f"there is no entry '{ledger}/{key}'")
    return found


@api.get("/entries/{ledger}/{path:key}", response={200: dict[str, Any], **_REFUSALS}, tags=["ledgers"])
def entry(request: HttpRequest, ledger: Word, key: Word) -> Any:
    """One entry with its history."""
    row = _one(request, ledger, key)
    history = desk().book.store.history(ledger, key)
    return {
        **_entry(row),
        "history": [
            {
                "version": c.version,
                "day": c.day.isoformat(),
                "recorded": c.recorded,
                "person": c.person,
                "unit": c.unit,
                "action": c.action,
                "state": c.state,
                "note": c.note,
                "evidence": [each.as_json() for each in c.evidence],
                "values": c.data,
            }
            for c in history
        ],
    }


class NewEntry(Schema):
    """A new entry: its area and its values by field."""

    area: Word
    values: dict[Word, Any]
    holder: Word | None = None
    place: Word | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None


@api.post("/ledgers/{ledger}/entries", response={201: dict[str, Any], **_REFUSALS}, tags=["ledgers"])
def enter(request: HttpRequest, ledger: Word, given: NewEntry) -> Any:
    """Enter an entry."""
    found = _ledger(request, ledger)
    pack = desk().pack
    area = given.area if given.area in pack.areas else pack.areas.find(given.area).code
    if not rights.may_enter(request.user, found, area):
        raise Refusal(403, Text("您不能在该区域录入此台账", "you may not enter entries of this ledger there"))
    change = desk().book.enter(
        found.ledger,
        given.values,
        area,
        request.user.actor(),
        holder=given.holder,
        place=given.place,
        note=given.note,
        simulated=desk().simulated,
        typed=True,
    )
    return 201, _entry(_one(request, ledger, change.key))


class Amended(Schema):
    """Changed values, and the version that was read."""

    version: Annotated[int, Field(ge=1)]
    values: dict[Word, Any]
    note: Annotated[str, Field(max_length=2000)] | None = None


@api.patch("/entries/{ledger}/{path:key}", response={200: dict[str, Any], **_REFUSALS}, tags=["ledgers"])
def amend(request: HttpRequest, ledger: Word, key: Word, given: Amended) -> Any:
    """Change values of an entry; a version that is no longer the latest is refused with 409."""
    row = _one(request, ledger, key)
    if not rights.may_amend(request.user, row):
        raise Refusal(403, Text("您不能更改此条目", "you may not change this entry"))
    _fresh(row, given.version)
    desk().book.amend(ledger, key, given.values, request.user.actor(), note=given.note, version=given.version)
    return _entry(_one(request, ledger, key))


def _fresh(row: Entry, version: int) -> None:
    if row.version != version:
        raise Refusal(
            409,
            Text(f"条目已是第 {row.version} 版", f"the entry is version {row.version} by now"),
            Text("重新读取再改", "read it again, then change it"),
        )


class Step(Schema):
    """A step: the version that was read, values filled with it, the reason. Evidence is handed in on the pages."""

    version: Annotated[int, Field(ge=1)]
    values: dict[Word, Any] = {}
    note: Annotated[str, Field(max_length=2000)] | None = None


@api.post("/steps/{ledger}/{step}/{path:key}", response={200: dict[str, Any], **_REFUSALS}, tags=["ledgers"])
def take_step(request: HttpRequest, ledger: Word, step: Word, key: Word, given: Step) -> Any:
    """Take an entry one step further."""
    row = _one(request, ledger, key)
    declared = desk().pack.ledgers[ledger]
    wanted = next((each for each in declared.transitions if each.name == step), None)
    if wanted is None:
        raise _none(f"没有步骤“{step}”", f"there is no step '{step}'")
    if not rights.may_step(request.user, declared, wanted, row):
        raise Refusal(403, Text("您不能办理这一步", "you may not take this step"))
    _fresh(row, given.version)
    desk().book.advance(
        ledger, key, step, request.user.actor(), given=given.values, note=given.note, version=given.version
    )
    return _entry(_one(request, ledger, key))


@api.get("/datasets", response={200: list[dict[str, Any]], **_REFUSALS}, tags=["data"])
def datasets(request: HttpRequest) -> Any:
    """What the lake holds."""
    _office(request)
    return [row.as_json() for row in desk().lake.status()]


@api.get("/indicators", response={200: list[dict[str, Any]], **_REFUSALS}, tags=["data"])
def indicators(request: HttpRequest) -> Any:
    """Every indicator with unit and reference."""
    from lantu.indicators import all_indicators

    _office(request)
    return [
        {"name": each.name, "title": plain(each.title), "unit": each.unit, "reference": str(each.reference)}
        for each in all_indicators()
    ]


@api.get("/notices", response={200: dict[str, Any], **_REFUSALS}, tags=["notices"])
def notices(request: HttpRequest, unread: bool = False, page: PageNumber = 1) -> Any:
    """The account's notices, the latest first, a hundred a page."""
    from lantu.office.notices.wording import worded

    found = rights.visible_notices(request.user)
    if unread:
        found = found.filter(read=None)
    shown = worded(found[(page - 1) * PER_PAGE : page * PER_PAGE])
    rows = [{**each.as_json(), "kind_title": plain(each.as_json()["kind_title"])} for each in shown]
    for row in rows:
        row["title"], row["detail"] = plain(row["title"]), plain(row["detail"])
    return {"count": found.count(), "page": page, "notices": rows}


class Read(Schema):
    """Which notices were read: their numbers, or all."""

    ids: Annotated[list[Annotated[int, Field(ge=1, le=2**53)]], Field(max_length=1000)] = []
    all: bool = False


@api.post("/notices/read", response={200: dict[str, Any], **_REFUSALS}, tags=["notices"])
def read_notices(request: HttpRequest, given: Read) -> Any:
    """Mark notices of the account as read."""
    from lantu.site.pages.notices import mark_read

    return {"read": mark_read(request.user, None if given.all else given.ids)}


@api.get("/journal", response={200: dict[str, Any], **_REFUSALS}, tags=["journal"])
def journal(request: HttpRequest, page: PageNumber = 1) -> Any:
    """The journal, the newest lines first."""
    if not rights.sees_journal(request.user):
        raise Refusal(403, Text("您的账号不能查看日志", "your account may not see the journal"))
    rows = JournalRow.objects.order_by("-id")
    lines = [
        {
            "id": row.id,
            "time": row.time,
            "person": row.person,
            "unit": row.unit,
            "action": row.action,
            "subject": row.subject,
            "detail": json.loads(row.detail),
            "previous": row.previous,
            "hash": row.hash,
        }
        for row in rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    ]
    return {"count": rows.count(), "page": page, "lines": lines}
