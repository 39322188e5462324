"""What the company holds back of its own accord.

caps, pressure       how often somebody may hear of us, and what they have heard
holds                 nobody is advertised to while something is unresolved
exclusions            products that somebody gave up      exclusion_lists   the same for those who advertise for us
early_warning         when a campaign does more harm than it may
"""
