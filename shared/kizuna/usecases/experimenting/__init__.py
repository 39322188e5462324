"""Experiments in production: looked at, decided, told."""
