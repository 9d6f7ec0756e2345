"""Volatile organic compounds (挥发性有机物): the limits and methods of their standards, one module for each subject.

Exact arithmetic throughout; what no source confirmed is an unverified parameter.
"""
