"""What the public sees (公开): verdicts that were published on a day, and requests to correct a figure."""
