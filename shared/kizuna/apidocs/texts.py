"""What is said about the calls of client SDKs, with an example of each. Nobody in it is real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One type of event. `letter` is its path in browser SDKs."""

    type: str
    letter: str
    summary: str
    japanese: str
    description: str
    example: Mapping[str, Any]


_PERSON = "ada"

CALLS: tuple[Call, ...] = (
    Call(
        "identify",
        "i",
        "Say who somebody is",
        "お客様が誰であるか（会員IDと属性）を伝えます。",
        "Joins the ids it names, and sets traits: the newest value of each wins, whatever order they come in. "
        "`email` and `phone` become addresses. A client key may set them only for somebody who has proved who "
        "they are (`X-Identity-Token`).",
        {
            "userId": _PERSON,
            "anonymousId": "browser-7f3a",
            "traits": {"email": "ada@example.com", "country": "GB", "timezone": "Europe/London"},
            "context": {"locale": "en-GB"},
        },
    ),
    Call(
        "track",
        "t",
        "Say what somebody did",
        "お客様の行動（購入・閲覧など）を伝えます。",
        "Enters the timeline once, moves the person in and out of segments before the answer leaves, and may "
        "trigger messages, if it is younger than the policy's `live_within`.",
        {
            "userId": _PERSON,
            "event": "Order Completed",
            "properties": {"order_id": "1001", "revenue": 24.5, "currency": "GBP"},
        },
    ),
    Call(
        "page",
        "p",
        "Say which page somebody saw",
        "お客様が見たページを伝えます。",
        "",
        {
            "anonymousId": "browser-7f3a",
            "name": "New releases",
            "properties": {"url": "https://shop.example/new"},
        },
    ),
    Call(
        "screen",
        "s",
        "Say which screen of an app somebody saw",
        "お客様が見たアプリ画面を伝えます。",
        "`context.device.token` makes the device an address for push messages.",
        {
            "userId": _PERSON,
            "name": "Shelf",
            "context": {"device": {"type": "ios", "token": "example-device-token"}},
        },
    ),
    Call(
        "group",
        "g",
        "Say to which group somebody belongs",
        "お客様が属する会社や世帯などのグループを伝えます。",
        "",
        {"userId": _PERSON, "groupId": "household-12", "traits": {"plan": "family"}},
    ),
    Call(
        "alias",
        "a",
        "Say that two ids are one person's",
        "二つのIDが同じお客様のものであることを伝えます。",
        "Merges the two profiles. Nothing is lost, no consent is loosened, no message is triggered.",
        {"userId": _PERSON, "previousId": "browser-7f3a"},
    ),
    Call(
        "merge",
        "",
        "Say that identifiers of any kind are one person's",
        "種類を問わず、複数の識別子が同じお客様のものであることを伝えます（サーバーキー専用）。",
        "2 to 10 identifiers (RudderStack). Takes a server key.",
        {
            "mergeProperties": [
                {"type": "user_id", "value": _PERSON},
                {"type": "email", "value": "ada@example.com"},
            ]
        },
    ),
)

INFO = """Kizuna takes in what customers do, keeps one golden record of each person, decides who should hear
what, on which channel, when, and whether to stay silent, and can always say why.

**Success is 200 and nothing else.** Nothing is redirected. Every error of a function is JSON with `code` (for
programs) and `message` (for people; it names fields, never values). A method that a path does not list is answered
405 `method_not_allowed` with the header `Allow`, a path that does not exist 404 `not_found`. The gateway itself
answers only where no function is asked (401 without a valid token on `/admin`, 413, 429), with `message` alone.

**Keys.** A *client key* (`kzc_…`) stands in a page or an app: it writes, never reads, and proves nothing about who
is calling. A *server key* (`kzs_…`) is the company's own back end. The first of these that is present decides, and a
wrong one is 401: `Authorization` (Basic with the key as user name, or Bearer), `X-Write-Key`, `?writeKey=`,
`writeKey` in the body.

**Events** are taken as unmodified client SDKs send them: unknown fields are kept, an explicit null is the same as an
absent field, a number is as good an id as a text. One event has up to 32 KB, 32 levels and numbers of up to 38
digits; a request up to 2,500 events and 4 MB after inflating. Sent twice, with the same `messageId`, an event counts
once.

**Browsers** may call from any page: every reply has CORS headers, errors included. A source that names its origins
takes its client keys from there alone (403).

**Times** are RFC 3339 in UTC with milliseconds.
"""

INFO_JA = (
    "Kizunaは、お客様の行動を受け取り、一人ひとりの記録をつくり、誰に・何を・どのチャネルで・いつ伝えるか、"
    "あるいは伝えないかを決め、その理由をいつでも説明できるエンジンです。"
)

TAGS: Mapping[str, tuple[str, str]] = {
    "Events": (
        "What customers do, from servers and from every SDK that can be pointed at a host.",
        "お客様の行動をKizunaに送ります。既存のSDKの送信先を変えるだけで使えます。",
    ),
    "Events, in the paths of browser SDKs": (
        "The same calls under the names that browser SDKs use.",
        "ブラウザ用SDKが使う短いパスです。内容は上と同じです。",
    ),
    "Start of browser SDKs": (
        "What browser SDKs load before their first event. Needs no valid key, tells nothing.",
        "ブラウザ用SDKが最初に読み込む設定です。",
    ),
    "Decisions": (
        "What to show this person in this place now, nothing included.",
        "この場所で、このお客様に、いま何を見せるか（あるいは見せないか）を答えます。",
    ),
    "Inbox": (
        "What waits for a person in the app and on pages, and what they did with it.",
        "アプリや画面でお客様をお待ちしているお知らせと、それに対する操作です。",
    ),
    "Signed links": (
        "The person's side: leaving, and hearing less. GET shows and writes nothing; POST acts. The token is the "
        "right, and only ever reduces contact.",
        "お客様ご自身の画面です。配信停止と配信設定。リンクを開くだけでは何も変わりません。",
    ),
    "Webhooks of messengers": (
        "What messengers tell about people who follow, leave or write. Each call is signed by who sends it.",
        "友だち追加やブロック、メッセージの受信など、メッセンジャーからの通知を受け取ります。",
    ),
    "Management": (
        "What the people who run it see. Definitions are changed with `kizuna apply`, which leaves a version.",
        "運用担当者のための画面用APIです。お客様の記録・判断の理由・キャンペーンの結果を見られます。",
    ),
}
