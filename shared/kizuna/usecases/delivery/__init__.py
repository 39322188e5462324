"""From a decided message to one call at its provider, claimed once and never repeated in doubt."""
