"""Sending notices out (外发): by e-mail as each person chose, and to one webhook that an operator configured.

What is to go out is kept with the notice in one transaction and sent by the worker later, so that no work waits for it.
A delivery is leased to one worker; one that dies leaves the lease to run out, and an e-mail keeps its Message-ID, so
that a mail server knows a repeated one. What fails is tried again later and later, then is dead and shown to the
administrator. The rights are asked again when it is sent.
"""

from __future__ import annotations

import datetime as dt
import http.client
import logging
import smtplib
import ssl
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import close_old_connections, transaction
from django.db.models import F
from django.utils import timezone

from lantu.base import Text, use_language
from lantu.gateway.push.signing import SIGNATURE, TIME, sign
from lantu.office import rights
from lantu.office.notices.models import Delivery, Notice, NoticeChoice
from lantu.office.notices.wording import URGENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from lantu.office.accounts.models import Account
    from lantu.office.notices.wording import Worded

LEASE = dt.timedelta(minutes=10)
PAUSES = [dt.timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 720, 1440)]
"""How long after each failure it is tried again; after the last one it is dead."""
MORNING = dt.time(7, 30)
"""From then on the day's e-mails go out."""
MOST_LINES = 60
_TOGETHER = 50
_SECONDS = 5
_RUNNING = threading.Lock()
_log = logging.getLogger(__name__)


def mail_is_on() -> bool:
    """Whether a mail server is configured."""
    return bool(settings.LANTU_MAIL)


def webhook_is_on() -> bool:
    """Whether a webhook is configured, with the key that signs what goes there."""
    return bool(settings.LANTU_WEBHOOK["url"] and settings.LANTU_WEBHOOK["key"])


def choice_of(account: Account) -> NoticeChoice:
    """What an account chose; a daily e-mail if it has not chosen."""
    try:
        found: NoticeChoice = account.notice_choice
    except NoticeChoice.DoesNotExist:
        found = NoticeChoice(account=account)
    return found


def address_for(account: Account, choice: NoticeChoice) -> str:
    """Where an account's e-mails go; empty where none is known."""
    return choice.address or account.email or ""


def plan(notices: Iterable[Notice]) -> None:
    """Keep what is to go out of notices, in the transaction in which they are kept."""
    now, chosen, found = timezone.now(), dict[int, bool](), []
    for notice in notices:
        ways = ["webhook"] if webhook_is_on() else []
        if mail_is_on() and notice.urgent and notice.kind in URGENT:
            if notice.account_id not in chosen:
                choice = choice_of(notice.account)
                at_once = choice.mail == "urgent" and bool(address_for(notice.account, choice))
                chosen[notice.account_id] = at_once
            ways += ["urgent"] if chosen[notice.account_id] else []
        found += [
            Delivery(
                key=f"{way}/{notice.pk}/{notice.times}", way=way, account=notice.account, notice=notice, next_try=now
            )
            for way in ways
        ]
    Delivery.objects.bulk_create(found, ignore_conflicts=True, batch_size=300)


def plan_digests(now: dt.datetime | None = None) -> int:
    """Keep the e-mails of this day, from the morning on: one for each account with unread notices not yet sent."""
    from lantu.office.accounts.models import Account

    moment = timezone.localtime(now)
    if not mail_is_on() or moment.time() < MORNING:
        return 0
    day, count = moment.date().isoformat(), 0
    done = Delivery.objects.filter(way="digest", key__endswith=f"/{day}").values("account")
    waiting = Account.objects.filter(is_active=True, notices__read=None, notices__mailed=None, notices__isnull=False)
    for account in waiting.exclude(pk__in=done).select_related("notice_choice").distinct().order_by("pk"):
        choice = choice_of(account)
        if choice.mail == "off" or not address_for(account, choice):
            continue
        _, made = Delivery.objects.get_or_create(
            key=f"digest/{account.pk}/{day}", defaults={"way": "digest", "account": account, "next_try": moment}
        )
        count += made
    return count


def deliver_aside() -> None:
    """Deliver in a thread of its own, one at a time in a process: a mail server that does not answer stops no job."""
    if _RUNNING.acquire(blocking=False):
        threading.Thread(target=_deliver_and_release, name="notices", daemon=True).start()


def _deliver_and_release() -> None:
    try:
        deliver()
    except Exception:
        _log.exception("notices could not be delivered")
    finally:
        close_old_connections()
        _RUNNING.release()


def deliver() -> int:
    """Send what is due.

    Returns:
        How many deliveries went out.
    """
    count = 0
    if webhook_is_on():
        count += _webhook()
    if mail_is_on():
        count += _mail()
    return count


def _due(*ways: str) -> QuerySet[Delivery]:
    return Delivery.objects.filter(way__in=ways, state__in=["waiting", "sending"], next_try__lte=timezone.now())


def _lease(delivery: Delivery) -> bool:
    """Take a delivery for this worker; False where another one was quicker."""
    fresh = Delivery.objects.filter(
        pk=delivery.pk, state__in=["waiting", "sending"], next_try=delivery.next_try, attempts=delivery.attempts
    ).update(state="sending", attempts=F("attempts") + 1, next_try=timezone.now() + LEASE)
    return bool(fresh)


def _sent(numbers: Sequence[int], error: str = "") -> None:
    Delivery.objects.filter(pk__in=numbers).update(state="sent", ended=timezone.now(), error=error)


def _failed(deliveries: Sequence[Delivery], error: str) -> None:
    now = timezone.now()
    for each in deliveries:
        tries = each.attempts + 1
        fresh: dict[str, Any] = {"state": "waiting", "error": error[:300]}
        if tries > len(PAUSES):
            fresh |= {"state": "dead", "ended": now}
        else:
            fresh["next_try"] = now + PAUSES[tries - 1]
        Delivery.objects.filter(pk=each.pk).update(**fresh)


def try_again(number: int) -> bool:
    """Take up a dead delivery once more; False where there is none of that number."""
    return bool(
        Delivery.objects.filter(pk=number, state="dead").update(
            state="waiting", attempts=0, next_try=timezone.now(), ended=None
        )
    )


# -- the webhook -----------------------------------------------------------------------------------------------------


def _webhook() -> int:
    """Send what is due in bodies of up to fifty notices; after a failure the rest waits for the next round."""
    count = 0
    while True:
        leased = [each for each in _due("webhook").select_related("account")[:_TOGETHER] if _lease(each)]
        if not leased:
            return count
        found = _seen_now(leased)
        lost = [each.pk for each in leased if each.pk not in found]
        _sent(lost, "no longer visible")
        shown = [each for each in leased if each.pk in found]
        if not shown:
            continue
        body = orjson.dumps({"notices": [_for_webhook(each, found[each.pk]) for each in shown]})
        try:
            _post(body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            _failed(shown, f"{type(error).__name__}: {error}")
            return count
        _sent([each.pk for each in shown])
        count += len(shown)


def _seen_now(deliveries: Sequence[Delivery]) -> dict[int, Worded]:
    """The notices in words, by delivery, of those that their people may still see."""
    from lantu.office.notices.wording import worded

    by_account: dict[int, list[Delivery]] = {}
    for each in deliveries:
        by_account.setdefault(each.account_id, []).append(each)
    found: dict[int, Worded] = {}
    for of in by_account.values():
        visible = rights.visible_notices(of[0].account).filter(pk__in=[each.notice_id for each in of])
        words = {each.notice.pk: each for each in worded(visible)}
        found |= {each.pk: words[each.notice_id] for each in of if each.notice_id in words}
    return found


def _for_webhook(delivery: Delivery, words: Worded) -> dict[str, Any]:
    account = delivery.account
    shown = words.as_json()
    return {
        **{name: shown[name] for name in ("id", "kind", "subject", "day", "happened", "times", "urgent")},
        "account": account.username,
        "unit": account.unit,
        "language": account.language,
        "title": {"zh": words.title.zh, "en": words.title.en},
        "detail": {"zh": words.detail.zh, "en": words.detail.en},
        "url": f"{settings.LANTU_ADDRESS}{words.url}",
    }


def _post(body: bytes) -> None:
    """Send a body to the configured address and to no other: a redirect is a failure."""
    parts = urlsplit(settings.LANTU_WEBHOOK["url"])
    seconds = int(timezone.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        TIME: str(seconds),
        SIGNATURE: sign(settings.LANTU_WEBHOOK["key"].encode(), seconds, body),
    }
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=_SECONDS, context=context)
    elif parts.scheme == "http":
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    else:
        raise ValueError("the address must begin with https:// or http://")
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise OSError(f"HTTP {status}")


# -- e-mail ----------------------------------------------------------------------------------------------------------


def _mail() -> int:
    """Send the e-mails that are due; after a failure of the server the rest waits for the next round."""
    count = 0
    due = list(_due("urgent", "digest").select_related("account")[:200])
    if not due:
        return 0
    connection = get_connection(timeout=_SECONDS)
    for each in due:
        if not _lease(each):
            continue
        try:
            count += _send_mail(each, connection)
        except (OSError, smtplib.SMTPException) as error:
            _failed([each], f"{type(error).__name__}: {error}")
            if not isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
                break
    connection.close()
    return count


def _send_mail(delivery: Delivery, connection: Any) -> bool:
    """Send one e-mail with what its person may see now; with nothing to tell none is sent."""
    from lantu.office.notices.wording import worded

    account = delivery.account
    address = address_for(account, choice_of(account))
    visible = rights.visible_notices(account).filter(read=None)
    visible = visible.filter(pk=delivery.notice_id) if delivery.notice_id else visible.filter(mailed=None)
    notices = list(visible[: MOST_LINES + 1])
    lines = worded(notices[:MOST_LINES])
    if not lines or not address:
        _sent([delivery.pk], "nothing to tell")
        return False
    with use_language("en" if account.language == "en" else "zh"):
        subject, body = _letter(lines, len(notices) > MOST_LINES, delivery.notice_id is not None)
    message = EmailMessage(
        subject, body, settings.DEFAULT_FROM_EMAIL, [address], connection=connection,
        headers={"Message-ID": f"<{delivery.key.replace('/', '.')}@{urlsplit(settings.LANTU_ADDRESS).hostname}>"},
    )  # fmt: skip
    message.send()
    with transaction.atomic():
        Notice.objects.filter(pk__in=[each.notice.pk for each in lines]).update(mailed=timezone.now())
        _sent([delivery.pk])
    return True


def _letter(lines: Sequence[Worded], more: bool, single: bool) -> tuple[str, str]:
    """Subject and text of an e-mail in the language of the moment."""
    if single:
        subject = f"{Text('蓝图', 'Lantu')}: {lines[0].title}"
    else:
        subject = str(Text(f"蓝图：{len(lines)} 条通知", f"Lantu: {len(lines)} notices"))
    parts = [
        f"{'! ' if each.notice.urgent else '- '}{each.title}\n  {each.detail}\n  {settings.LANTU_ADDRESS}{each.url}"
        for each in lines
    ]
    if more:
        parts.append(str(Text("……更多见网站", "... more on the site")))
    end = Text("设置：{url}", "Settings: {url}").format(url=f"{settings.LANTU_ADDRESS}/notices/settings")
    return subject.replace("\n", " ")[:180], "\n\n".join([*parts, str(end)]) + "\n"
