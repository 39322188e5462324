"""Tests and intervals that hold however often one looks, and whenever one stops.

Rates. People are put into arms by a draw whose shares are known. If the arms do not differ, whoever converts, at
whatever moment, was in the arm with just the chance of the draw, whatever was seen before. So the converters of two
arms, one after the other, are tosses of a coin of known bias, and the mixture over all other biases (a beta prior,
Robbins 1970) is a martingale that starts at 1: by Ville's inequality it comes to 1/α with a chance of at most α,
however often one looks. That is exact at any number of people, needs neither a normal limit nor that rates stay the
same over the day, and outcomes that come late break nothing: a mixture sequential probability ratio test as in
Johari, Koomen, Pekelis and Walsh (2017), taken on converters where theirs is on normal differences. It gives away the
part p of its power at a rate of p, which is little for conversions and clicks. Turned round, it is a confidence
sequence for the ratio of the rates (Howard, Ramdas, McAuliffe and Sekhon 2021), which leaves out 0 exactly when the
test decides.

Money, and the difference of rates. No exact law is at hand, so the normal mixture with the variances as they are
found is used: an asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from kizuna.core.experiments.distributions import log_beta, root
from kizuna.core.experiments.intervals import EVERYTHING, Interval, Mean

_WIDE = 2.0  # the weight of a prior that is flat where the arms are of one size
USUAL_CHANGE = 0.2  # relative, where no plan says what is worth finding: where the test is sharpest


def log_evidence(did: int, other_did: int, *, share: float, change: float = USUAL_CHANGE) -> float:
    """The logarithm of the e-value against "both arms do alike": converters of each, and the first arm's share of the
    draw between the two."""
    likely = did * math.log(share) + other_did * math.log1p(-share)
    return _log_marginal(did, other_did, share, change) - likely


def always_valid_p(did: int, other_did: int, *, share: float, change: float = USUAL_CHANGE) -> float:
    """At most α with a chance of at most α, over all looks together, if the arms do alike."""
    return min(1.0, math.exp(-log_evidence(did, other_did, share=share, change=change)))


def relative(
    did: int, other_did: int, *, share: float, alpha: float = 0.05, change: float = USUAL_CHANGE
) -> Interval:
    """Of the relative change from the other arm's rate to the first one's, valid at all looks together."""
    if did + other_did == 0:
        return EVERYTHING
    bar = _log_marginal(did, other_did, share, change) - math.log(1 / alpha)
    middle = did / (did + other_did)

    def beyond(bias: float) -> float:  # above zero where the bias is ruled out
        likely = (did * math.log(bias) if did else 0.0) + (
            other_did * math.log1p(-bias) if other_did else 0.0
        )
        return bar - likely

    edge = 1e-12
    low = 0.0 if did == 0 else root(lambda bias: -beyond(bias), edge, max(edge, middle))
    high = 1.0 if other_did == 0 else root(beyond, min(middle, 1 - edge), 1 - edge)
    return Interval(_as_change(low, share), _as_change(high, share))


def _log_marginal(did: int, other_did: int, share: float, change: float) -> float:
    """How likely the converters are under the mixture: half on biases as near to the draw's own share as the change
    that is looked for brings them, half on all biases, so that what is much larger is seen early too."""
    spread = share * (1 - share) * math.log1p(change)
    near = max(_WIDE, share * (1 - share) / spread**2 - 1)
    terms = [
        log_beta(weight * share + did, weight * (1 - share) + other_did)
        - log_beta(weight * share, weight * (1 - share))
        for weight in (near, _WIDE)
    ]
    most = max(terms)
    return most + math.log(math.fsum(math.exp(term - most) for term in terms) / len(terms))


def _as_change(bias: float, share: float) -> float:
    return math.inf if bias >= 1 else bias / (1 - bias) * (1 - share) / share - 1


# ── by the normal mixture ───────────────────────────────────────────────────────────────────────


def difference(one: Mean, other: Mean, *, planned: int, alpha: float = 0.05) -> Interval:
    """Of a mean minus another, at all looks together. `planned` persons for each arm is where it is narrowest; it is
    settled before the first look."""
    if one.n < 2 or other.n < 2:
        return EVERYTHING
    size, prior = _sizes(one, other, planned, alpha)
    looks = (size + prior) / size * math.log((size + prior) / (prior * alpha * alpha))
    reach = math.sqrt(_variance(one, other) * looks)
    middle = one.mean - other.mean
    return Interval(middle - reach, middle + reach)


def difference_p(one: Mean, other: Mean, *, planned: int, alpha: float = 0.05) -> float:
    """The smallest α at which `difference` leaves out 0, its prior as for this `alpha`."""
    if one.n < 2 or other.n < 2:
        return 1.0
    variance = _variance(one, other)
    apart = (one.mean - other.mean) ** 2
    if variance == 0:
        return 1.0 if apart == 0 else 0.0
    size, prior = _sizes(one, other, planned, alpha)
    log_p = 0.5 * math.log((size + prior) / prior) - apart / variance * size / (2 * (size + prior))
    return min(1.0, math.exp(log_p))


def rate_as_mean(did: int, n: int) -> Mean:
    """A rate with one success and one failure more (Agresti and Caffo 2000): so its spread is not nothing while
    nobody, or everybody, did."""
    if n == 0:
        return Mean(0, 0.0, 0.0)
    rate = (did + 1) / (n + 2)
    return Mean(n, rate, rate * (1 - rate))


def _variance(one: Mean, other: Mean) -> float:
    return one.variance / one.n + other.variance / other.n


def _sizes(one: Mean, other: Mean, planned: int, alpha: float) -> tuple[float, float]:
    """How much has been seen, and how much the prior weighs so that the bound is tightest at the plan (Howard et al.
    2021, 3.5), both as half the harmonic mean of the persons of both arms."""
    size = 1 / (1 / one.n + 1 / other.n)
    bar = 2 * math.log(1 / alpha)
    return size, planned / 2 / (bar + math.log1p(bar))


# ── the draw itself ─────────────────────────────────────────────────────────────────────────────

UNEVEN_ALPHA = 0.001  # the largest share of even experiments that are called uneven
_DRAW_WEIGHT = 1_000.0  # how near to the shares it looks for a fault


def uneven_p(assigned: Sequence[int], shares: Sequence[float]) -> float:
    """Whether arms got the people that the draw gives them, at all looks together (sample ratio mismatch): the
    multinomial mixture of Lindon and Malek (2022). Below `UNEVEN_ALPHA` the counts of an experiment are not to be
    trusted, whatever they say."""
    prior = [_DRAW_WEIGHT * share for share in shares]
    evidence = log_beta(*(p + n for p, n in zip(prior, assigned, strict=True))) - log_beta(*prior)
    evidence -= math.fsum(n * math.log(share) for n, share in zip(assigned, shares, strict=True))
    return min(1.0, math.exp(-evidence))
