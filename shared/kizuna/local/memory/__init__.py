"""The ports in memory, honest doubles of the tables: `tests/ports` holds each to the contract of its adapter.

People, ledger, messages and counters look at one `InMemoryPeople`, as their tables share one AWS account:

    people = InMemoryPeople(a_profile())
    ledger, messages = InMemoryLedger(people), InMemoryMessages(people)
    counters = InMemoryCounters(messages)

Nothing here knows of AWS or of the embedded cloud, so it is quick to import.
"""
