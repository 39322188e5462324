"""The rules, pure: no boto3, no clock, no environment, no randomness that is not passed in.

    what arrives     intake  files  events  sources  quality          is it well formed, as agreed, fresh?
    who it is of     identity  merges  people  folding                 one golden record for each person
    what is known    conditions  aggregates  segments  rfm  brief      questions about people, and their answers
                     condition_words  condition_sql                    the same in words, and over the lake
    may we speak     consent  gate  restraint  policy  engagement      law first, then the company's own patience
    what is said     content  campaigns  placements  decide  messages  chosen, judged, rendered, in one state
    the person       links  pages  rights                              leave, see, correct, be forgotten
    the outside      ports  contracts  bus_events                      what the use cases need, and what others hear

`catalog` holds all definitions of a workspace, typed and checked against each other.
"""
