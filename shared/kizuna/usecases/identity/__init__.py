"""Who is who: events brought to their person, identifiers that change hands, pairs to judge, merges undone."""
