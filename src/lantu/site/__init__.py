"""The web site (网站): a Django project with settings, pages, API and static files. The rules stand in floors below."""
