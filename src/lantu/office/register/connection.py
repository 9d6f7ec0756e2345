"""The ledgers on Django's own connection, so that an entry's change and what the site keeps beside it are one whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, transaction

from lantu.base import Place
from lantu.ledgers.database import Cursor, Kind, Marked, TakenError, failed, marked
from lantu.office.outages import told


class DjangoDatabase:
    """The database of the site, as `lantu.ledgers` uses one; the tables are made by the migrations."""

    @property
    def kind(self) -> Kind:
        return "sqlite" if connection.vendor == "sqlite" else "postgresql"

    def place(self) -> Place:
        return Place(str(connection.settings_dict["NAME"]))

    def exists(self) -> bool:
        return True

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            with connection.cursor() as cursor:
                cursor.execute(marked(query), list(values))
                return cursor.fetchall()
        except DatabaseError as error:
            raise told(error, failed(error, self.place())) from error

    @contextmanager
    def writing(self) -> Iterator[Cursor]:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                yield Marked(cursor)
        except IntegrityError as error:
            raise TakenError(str(error)) from error
        except DatabaseError as error:
            raise told(error, failed(error, self.place())) from error
