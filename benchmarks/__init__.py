"""Measurements, each against reference arms of the same run: `python -m benchmarks [NAME...]`."""
