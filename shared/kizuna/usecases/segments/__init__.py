"""Segments asked about: who is in one and why, what a draft of one would be.

pages     as plain JSON      desk        over HTTP         changes     before definitions are applied
drafts    not in force       counts      how many           preview     with reasons, reach and overlap
overlap   between several    lake_counts, lake_desk    over everybody, in one query
"""
