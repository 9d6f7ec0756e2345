"""The worker (后台进程): does the jobs of the office, one after another, and takes up again what was cut off."""

from __future__ import annotations

from lantu.site.starting import set_up


def main() -> None:
    """Run until asked to end."""
    set_up()
    from huey.consumer import Consumer
    from huey.contrib.djhuey import HUEY

    from lantu.office.jobs import work

    work.take_up_again()
    Consumer(HUEY, workers=1, periodic=True, initial_delay=0.1, max_delay=1.0, check_worker_health=True).run()


if __name__ == "__main__":
    main()
