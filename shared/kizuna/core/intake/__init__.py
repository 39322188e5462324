"""Reads the dialects in which client SDKs already speak (`ingest-api.md`) into canonical events.

    request ──route──▶ call
       └────decode───▶ document ──presented_key──▶ key ──(the caller looks it up)──▶ source
                           └──────read_events(call, document, source=…)──▶ events · violations · problem

Nothing here raises on what a client sends: a whole request that is unusable is a `Rejected`, a single event
that is unusable is a `Violation`. Import from the modules; this page imports none, to keep cold starts lean.
"""
