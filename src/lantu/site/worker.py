"""The worker (后台进程): does the jobs of the office, one after another, and takes up again what was cut off."""

from __future__ import annotations

import logging

from lantu.site.starting import set_up


def main() -> None:
    """Run until asked to end."""
    set_up()
    from django.db import DatabaseError
    from huey.consumer import Consumer
    from huey.contrib.djhuey import HUEY

    from lantu.office.jobs import work

    try:
        work.take_up_again()
    except DatabaseError as error:  # a minute later it is done again
        logging.getLogger(__name__).warning("what was cut off is taken up later: %s", error)
    Consumer(HUEY, workers=1, periodic=True, initial_delay=0.1, max_delay=1.0, check_worker_health=True).run()


if __name__ == "__main__":
    main()
