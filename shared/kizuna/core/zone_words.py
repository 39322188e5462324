"""What a time zone is called where people read it. English has the name of the zone database, without underscores."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "ja"]

# Where a country has one time, by its country; else by the city that the zone database names.
_JA = {
    "Africa/Cairo": "エジプト時間", "Africa/Johannesburg": "南アフリカ時間", "Africa/Lagos": "ナイジェリア時間",
    "Africa/Nairobi": "ケニア時間", "America/Adak": "アダック時間", "America/Anchorage": "アラスカ時間",
    "America/Argentina/Buenos_Aires": "アルゼンチン時間", "America/Bogota": "コロンビア時間",
    "America/Boise": "ボイシ時間", "America/Chicago": "シカゴ時間", "America/Denver": "デンバー時間",
    "America/Detroit": "デトロイト時間", "America/Edmonton": "エドモントン時間",
    "America/Halifax": "ハリファックス時間", "America/Lima": "ペルー時間",
    "America/Los_Angeles": "ロサンゼルス時間", "America/Mexico_City": "メキシコシティ時間",
    "America/New_York": "ニューヨーク時間", "America/Phoenix": "フェニックス時間",
    "America/Santiago": "サンティアゴ時間", "America/Sao_Paulo": "サンパウロ時間",
    "America/St_Johns": "セントジョンズ時間", "America/Tijuana": "ティフアナ時間",
    "America/Toronto": "トロント時間", "America/Vancouver": "バンクーバー時間",
    "America/Winnipeg": "ウィニペグ時間", "Asia/Bangkok": "タイ時間", "Asia/Calcutta": "インド時間",
    "Asia/Dhaka": "バングラデシュ時間", "Asia/Dubai": "ドバイ時間", "Asia/Ho_Chi_Minh": "ベトナム時間",
    "Asia/Hong_Kong": "香港時間", "Asia/Jakarta": "ジャカルタ時間", "Asia/Jayapura": "ジャヤプラ時間",
    "Asia/Jerusalem": "イスラエル時間", "Asia/Karachi": "パキスタン時間", "Asia/Kathmandu": "ネパール時間",
    "Asia/Kolkata": "インド時間", "Asia/Kuala_Lumpur": "マレーシア時間", "Asia/Makassar": "マカッサル時間",
    "Asia/Manila": "フィリピン時間", "Asia/Riyadh": "サウジアラビア時間", "Asia/Saigon": "ベトナム時間",
    "Asia/Seoul": "韓国時間", "Asia/Shanghai": "中国時間", "Asia/Singapore": "シンガポール時間",
    "Asia/Taipei": "台湾時間", "Asia/Tehran": "イラン時間", "Asia/Tokyo": "日本時間",
    "Asia/Urumqi": "ウルムチ時間", "Asia/Yangon": "ミャンマー時間", "Atlantic/Azores": "アゾレス時間",
    "Atlantic/Canary": "カナリア時間", "Atlantic/Madeira": "マデイラ時間",
    "Atlantic/Reykjavik": "アイスランド時間", "Australia/Adelaide": "アデレード時間",
    "Australia/Brisbane": "ブリスベン時間", "Australia/Darwin": "ダーウィン時間",
    "Australia/Hobart": "ホバート時間", "Australia/Melbourne": "メルボルン時間",
    "Australia/Perth": "パース時間", "Australia/Sydney": "シドニー時間", "Europe/Amsterdam": "オランダ時間",
    "Europe/Athens": "ギリシャ時間", "Europe/Berlin": "ドイツ時間", "Europe/Brussels": "ベルギー時間",
    "Europe/Bucharest": "ルーマニア時間", "Europe/Budapest": "ハンガリー時間",
    "Europe/Copenhagen": "デンマーク時間", "Europe/Dublin": "アイルランド時間",
    "Europe/Helsinki": "フィンランド時間", "Europe/Istanbul": "トルコ時間", "Europe/Kiev": "ウクライナ時間",
    "Europe/Kyiv": "ウクライナ時間", "Europe/Lisbon": "リスボン時間", "Europe/London": "イギリス時間",
    "Europe/Luxembourg": "ルクセンブルク時間", "Europe/Madrid": "マドリード時間",
    "Europe/Moscow": "モスクワ時間", "Europe/Oslo": "ノルウェー時間", "Europe/Paris": "フランス時間",
    "Europe/Prague": "チェコ時間", "Europe/Rome": "イタリア時間", "Europe/Stockholm": "スウェーデン時間",
    "Europe/Vienna": "オーストリア時間", "Europe/Warsaw": "ポーランド時間", "Europe/Zurich": "スイス時間",
    "Japan": "日本時間", "Pacific/Auckland": "オークランド時間", "Pacific/Guam": "グアム時間",
    "Pacific/Honolulu": "ハワイ時間",
}  # fmt: skip


def zone_words(name: str, language: Language) -> str:
    """The zone as people call it; one that has no Japanese name here goes by that of the zone database."""
    plain = name.replace("_", " ")
    return _JA.get(name, plain) if language == "ja" else plain
