"""What one part of a text may cost by country: assumed, where the workspace has not said what it pays
(`costs.sms_part`).

These figures are from memory and were checked against no list; so they have one digit, and are told as a range from
half to twice as much, never as a price. What is billed is a fee for each part by country and by the kind of number
that it is sent from, and in some countries the carrier's fee for each part on top
(https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-billing.html). The list that counts:
https://aws.amazon.com/end-user-messaging/pricing/
"""

from __future__ import annotations

from collections.abc import Mapping

_US_DOLLARS: Mapping[str, float] = {
    "AU": 0.04,
    "AT": 0.08,
    "BE": 0.08,
    "BR": 0.03,
    "CA": 0.01,
    "CH": 0.06,
    "CN": 0.02,
    "DE": 0.1,
    "DK": 0.04,
    "ES": 0.07,
    "FI": 0.07,
    "FR": 0.07,
    "GB": 0.04,
    "HK": 0.06,
    "ID": 0.2,
    "IE": 0.07,
    "IN": 0.003,
    "IT": 0.07,
    "JP": 0.07,
    "KR": 0.03,
    "MX": 0.03,
    "MY": 0.06,
    "NL": 0.09,
    "NO": 0.06,
    "NZ": 0.1,
    "PH": 0.2,
    "PL": 0.04,
    "PT": 0.04,
    "SE": 0.06,
    "SG": 0.04,
    "TH": 0.02,
    "TW": 0.04,
    "US": 0.009,
    "VN": 0.1,
    "ZA": 0.02,
}
_WITHIN = 2  # times less, or more


def assumed(country: str) -> tuple[float, float] | None:
    """Between what and what one part to a country may cost, in US dollars; None where nothing is even assumed."""
    about = _US_DOLLARS.get(country)
    return None if about is None else (about / _WITHIN, about * _WITHIN)
