"""The ledger as evidence: proven, audited, anchored, reported on, and acts of staff that it records."""
