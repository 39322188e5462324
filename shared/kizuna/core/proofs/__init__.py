"""Proofs: a template as it would go out, sent to a simulator or a colleague to be looked at.

colleagues   who may be sent one: the workspace's own list, and the simulators of providers
proof        one of them, and what became of it
marking      how whoever gets one sees that it is none of the real thing

A proof is no message: it is in nobody's record, in no count and no report, and what providers tell of it changes no
address.
"""
