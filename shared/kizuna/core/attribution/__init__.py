"""Which messages a success is owed to, by several models side by side (`rules-spec.md` 6.3).

rules    what counts as a touch, and for how long      shares   models that look at one success alone
touches  what somebody did, and which of it counts     paths    models that look at all paths together
report   every model over many people's histories
"""
