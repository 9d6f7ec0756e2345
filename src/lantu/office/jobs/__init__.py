"""Long work (后台任务): assessing, importing, reading documents, raising cases; done by a worker, watched on a page."""
