"""What Kizuna costs, beside what the code costs that most projects write first: `python -m benchmarks`.

    ingest       CPU per event of the collect function, beside one call per event
    units        billed units, counted from the calls that are made
    messages     the same for e-mails
    cold_start   a fresh process until its first AWS call, beside the usual imports

Every answer is checked before anything is timed, and both sides are timed in the same run, by turns. Only
ratios mean something: the same code varies by a third from hour to hour.
"""
