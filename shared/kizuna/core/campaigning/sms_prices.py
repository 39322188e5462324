"""What one part of a text costs by country, in US dollars: orders of magnitude for an estimate, where the workspace
has not said what it pays (`costs.sms_part`).

These figures are from memory and were not looked up: carriers change them often, and in the United States their own
fee comes on top. The list that counts: https://aws.amazon.com/end-user-messaging/pricing/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

AS_OF = date(2026, 11, 22)  # when this table was written
IS_CHECKED = False
PER_PART: Mapping[str, float] = {
    "AU": 0.036,
    "AT": 0.081,
    "BE": 0.083,
    "BR": 0.031,
    "CA": 0.010,
    "CH": 0.061,
    "CN": 0.021,
    "DE": 0.096,
    "DK": 0.045,
    "ES": 0.065,
    "FI": 0.070,
    "FR": 0.067,
    "GB": 0.040,
    "HK": 0.055,
    "ID": 0.250,
    "IE": 0.066,
    "IN": 0.003,
    "IT": 0.071,
    "JP": 0.075,
    "KR": 0.030,
    "MX": 0.032,
    "MY": 0.060,
    "NL": 0.089,
    "NO": 0.056,
    "NZ": 0.095,
    "PH": 0.170,
    "PL": 0.035,
    "PT": 0.040,
    "SE": 0.055,
    "SG": 0.040,
    "TH": 0.020,
    "TW": 0.042,
    "US": 0.009,
    "VN": 0.110,
    "ZA": 0.020,
}
