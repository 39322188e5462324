"""Journeys as they happen: runs begin, hear of what happens, act, and are stored."""
