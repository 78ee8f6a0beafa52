"""Starters for the real engines on one machine, without containers.

The embedded run, `make platform`, tests, benchmarks and fault runs all start engines from here, so that what is
tested is what runs.
"""
