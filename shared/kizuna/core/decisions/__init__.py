"""The decision record: why a message was sent, held back or lost, so that it can be told and judged again.

inputs      what the gate was asked, kept so that the same can be asked again
six_keys    relevance, suitability, convenience, frequency, timeliness, consistency: 0 to 5 each, with the reason
record      the record as it is stored with its message
telling     the record as people read it: the steps of the gate, the three questions, the six keys
"""
