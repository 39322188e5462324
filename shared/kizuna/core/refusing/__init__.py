"""Why a definition is refused, in the keys and words of its author.

walk      along the schema and the document      faults    places and reasons
meant     words that are like another      japanese  the same reasons in Japanese
"""
