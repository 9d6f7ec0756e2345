"""Lantu 蓝图 turns a city's official pollution-control action plan into a running system.

The floors, from the ground up: ``base``, ``places``, ``standards``, ``lake``, ``indicators``, ``plan``,
``assessment``, ``demo``, ``cli``. Each imports only from the floors under it.
"""

__version__ = "0.1.0"
