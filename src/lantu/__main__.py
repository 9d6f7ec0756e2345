"""`python -m lantu` is the command `lantu`."""

from lantu.cli import main

main()
