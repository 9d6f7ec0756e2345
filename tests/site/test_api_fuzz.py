"""The API under requests made from its own description: it may refuse them, but it never breaks."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

TOKEN = "a token for the fuzzing of the interface"


@pytest.fixture
def api_schema(city: Any) -> Any:
    from django.utils import timezone

    from lantu.office.accounts.models import Account, Token
    from lantu.site.wsgi import application

    Token.objects.get_or_create(
        digest=hashlib.sha256(TOKEN.encode()).hexdigest(),
        defaults={
            "account": Account.objects.get(username="coordinator"),
            "name": "fuzz",
            "expires": timezone.now() + dt.timedelta(days=1),
            "read_only": False,
        },
    )
    return schemathesis.openapi.from_wsgi("/api/openapi.json", application)


def test_no_request_breaks_the_api(api_schema: Any) -> None:
    tried = 0
    for found in api_schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {TOKEN}"})
            assert answer.status_code < 500, (case.method, case.path, answer.text[:500])

        ask()
        tried += 1
    assert tried >= 14
