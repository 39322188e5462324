"""Countries as people and forms write them: "Deutschland", "日本", "U.S.A.", "DEU". All else stays unknown.

A name counts only if it can mean one country alone. "America" and "Korea" are not among them: unknown is stricter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

_CODE = re.compile(r"[A-Z]{2}", re.ASCII)
_MARKS = re.compile(r"[.,'’`()\-_/\s]+")

# ISO 3166-1: alpha-2, alpha-3, then names in English, in the languages of the country, and in Japanese.
_TABLE = """
AT AUT Austria|Österreich|Oesterreich|オーストリア
AU AUS Australia|オーストラリア
BE BEL Belgium|België|Belgique|Belgien|ベルギー
BG BGR Bulgaria|България|ブルガリア
BR BRA Brazil|Brasil|ブラジル
CA CAN Canada|カナダ
CH CHE Switzerland|Schweiz|Suisse|Svizzera|スイス
CN CHN China|People's Republic of China|中国|中华人民共和国|中華人民共和国
CY CYP Cyprus|Κύπρος|キプロス
CZ CZE Czechia|Czech Republic|Česko|Česká republika|チェコ|チェコ共和国
DE DEU Germany|Deutschland|Federal Republic of Germany|Bundesrepublik Deutschland|Allemagne|ドイツ
DK DNK Denmark|Danmark|デンマーク
EE EST Estonia|Eesti|エストニア
ES ESP Spain|España|Espagne|スペイン
FI FIN Finland|Suomi|フィンランド
FR FRA France|Frankreich|フランス
GB GBR United Kingdom|Great Britain|England|Scotland|Wales|Northern Ireland|イギリス|英国
GR GRC Greece|Hellas|Ελλάδα|ギリシャ
HK HKG Hong Kong|香港
HR HRV Croatia|Hrvatska|クロアチア
HU HUN Hungary|Magyarország|ハンガリー
IE IRL Ireland|Republic of Ireland|Éire|アイルランド
IN IND India|भारत|インド
IS ISL Iceland|Ísland|アイスランド
IT ITA Italy|Italia|Italie|Italien|イタリア
JP JPN Japan|日本|日本国|にほん|ニホン|Nippon|Nihon|Japon
KR KOR South Korea|Republic of Korea|대한민국|한국|韓国|大韓民国
LI LIE Liechtenstein|リヒテンシュタイン
LT LTU Lithuania|Lietuva|リトアニア
LU LUX Luxembourg|Luxemburg|Lëtzebuerg|ルクセンブルク
LV LVA Latvia|Latvija|ラトビア
MT MLT Malta|マルタ
MX MEX Mexico|México|メキシコ
NL NLD Netherlands|The Netherlands|Nederland|Holland|Pays-Bas|オランダ
NO NOR Norway|Norge|Noreg|ノルウェー
NZ NZL New Zealand|Aotearoa|ニュージーランド
PL POL Poland|Polska|ポーランド
PT PRT Portugal|ポルトガル
RO ROU Romania|România|ルーマニア
SE SWE Sweden|Sverige|スウェーデン
SG SGP Singapore|シンガポール
SI SVN Slovenia|Slovenija|スロベニア
SK SVK Slovakia|Slovak Republic|Slovensko|スロバキア
TW TWN Taiwan|台湾|臺灣
US USA United States|United States of America|the United States|アメリカ|アメリカ合衆国|米国
"""


def country_code(told: object) -> str | None:
    """The ISO 3166-1 alpha-2 code that is meant; None for what cannot be read as a country.

    Any two Latin letters are a code, known or not, and stay as they are: a code that the rules do not know is a
    country without rules of its own. `UK` and `EL` are what everybody writes for GB and GR.
    """
    return _meant(told) if isinstance(told, str) else None


@lru_cache(maxsize=512)  # asked for several times of each message, and people come from few countries
def _meant(told: str) -> str | None:
    folded = _folded(told)
    code = folded.upper()
    return _NAMES.get(folded) or (code if _CODE.fullmatch(code) else None)


def _folded(name: str) -> str:
    """A name as it is compared: compatible forms, no accents, no points and spaces, no case."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name)).casefold()
    kept = "".join(char for char in plain if unicodedata.category(char) != "Mn" or char in _VOICED)
    return _MARKS.sub("", unicodedata.normalize("NFC", kept))


_VOICED = "\u3099\u309a"  # the marks of kana are part of the letter


def _names() -> Mapping[str, str]:
    found = {"uk": "GB", "el": "GR"}
    for line in _TABLE.strip().splitlines():
        code, three, names = line.split(" ", 2)
        for name in (three, *names.split("|")):
            found[_folded(name)] = code
    return found


_NAMES = _names()
