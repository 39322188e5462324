"""Files of events or of people, read row by row in bounded memory.

    bytes ──inflated──▶ plain bytes ──records──▶ rows ──decoded, mapped──▶ raw events ──intake──▶ events
      │                                           │                           │                    │
      └─ Unreadable: the file as a whole          └───────────── Reject: this row, with its reason ┘

Nothing here opens a file or knows a clock: bytes come in as an iterable, wherever they lie. Import from the modules.
"""
