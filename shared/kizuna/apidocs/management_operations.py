"""The management side: what the people who run it see."""

from __future__ import annotations

from typing import Any

from kizuna.apidocs.data_operations import data_operations
from kizuna.apidocs.json_schemas import JsonSchema
from kizuna.apidocs.management_parts import SEVERAL_PEOPLE, managed, unusable
from kizuna.apidocs.operations import JSON, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.person_examples import BRIEF, DECISIONS, PERSON, SILENCE, TIMELINE
from kizuna.apidocs.report_shapes import example_of_attribution, example_of_report
from kizuna.apidocs.segment_operations import segment_operations
from kizuna.core.results.report import WAYS
from kizuna.usecases.people.pages import LARGEST_PAGE, PAGE

_TEXT = {"type": "string"}
_PERSON = Parameter(
    "person",
    "path",
    "A profile's id (of a merged one too), or an identifier in any readable notation: a bare value, or with its kind "
    "in front (`email:ada@example.com`, `phone:090-1234-5678`, `loyalty:42`). Percent-encoded.",
    _TEXT,
    "ada",
)
_COUNTRY = Parameter(
    "country",
    "query",
    "Of a phone number without a country code: ISO 3166-1 alpha-2.",
    {"type": "string", "pattern": "^[A-Za-z]{2}$"},
    "GB",
    component="Country",
)
_LIMIT = Parameter(
    "limit",
    "query",
    f"How many on a page, at most {LARGEST_PAGE}.",
    {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
    PAGE,
    component="Limit",
)
_BEFORE = Parameter(
    "before",
    "query",
    "Where the page starts: the `next` of an earlier one.",
    _TEXT,
    component="Before",
)
_OF_A_PERSON = (unusable(f"limit: a whole number from 1 to {LARGEST_PAGE}"), SEVERAL_PEOPLE)
_INSTANT = "2026-11-22T12:00:00.000Z"
_REVIEW_EXAMPLE = {
    "id": "r-example",
    "people": ["p-example", "p-other"],
    "rule": "same_reading_and_birthday",
    "evidence": ["match:same_reading_and_birthday"],
    "source": "shop",
    "at": _INSTANT,
    "verdict": "open",
    "settledAt": None,
    "settledBy": "",
}


def management_operations() -> tuple[Operation, ...]:
    """In the order of the page."""
    count = {"channel": "email", "state": "SENT", "reason": "consent", "count": 41}
    run = {"run": "20261125T1000Z", "scheduledAt": _INSTANT, "intended": 41, "states": [count]}
    run |= {"waves": [], "unramped": False, "paused": None, "brake": []}
    return (
        _of_person(
            "person",
            "",
            "Person",
            "Everything that is known of a person, and what may be sent to them now",
            "お客様のすべてを一枚で見ます：記録とその出どころ、届けられるか、同意、行動、連絡とその理由。",
            PERSON,
            (_COUNTRY, _LIMIT),
        ),
        _of_person(
            "brief",
            "/brief",
            "Brief",
            "What to know before contacting a person",
            "お客様に連絡する前に知っておくことを、短い文章で見ます。",
            BRIEF,
            (_COUNTRY,),
        ),
        _of_person(
            "timeline",
            "/timeline",
            "Timeline",
            "What a person did, the newest first",
            "お客様の行動を新しい順に見ます。",
            TIMELINE,
            (_COUNTRY, _LIMIT, _BEFORE),
        ),
        _of_person(
            "decisions",
            "/decisions",
            "Decisions",
            "Why a person heard from us, or did not, the newest first",
            "送った理由・送らなかった理由を文章で、新しい順に見ます。",
            DECISIONS,
            (_COUNTRY, _LIMIT, _BEFORE),
        ),
        _of_person(
            "consents",
            "/consents",
            "Consents",
            "What a person allowed and refused",
            "お客様の同意と拒否の履歴を見ます。",
            {"id": "p-example", "consents": [{"id": "c-1", "action": "grant", "at": _INSTANT}]},
            (_COUNTRY,),
        ),
        _decisions(),
        *segment_operations(_read, (_PERSON, _COUNTRY)),
        _read(
            "campaigns",
            "/admin/campaigns",
            "Campaigns",
            "The campaigns in force",
            "有効なキャンペーンの一覧です。",
            None,
        ),
        _read(
            "report",
            "/admin/campaigns/{campaign}/report",
            "CampaignReport",
            "What became of a campaign's messages",
            "キャンペーンの結果を、予定数から理由別の内訳まで見ます。",
            example_of_report(run, _INSTANT),
            parameters=(
                Parameter("campaign", "path", "A campaign's id, or a journey's.", _TEXT, "win-back"),
                Parameter("by", "query", "How the figures are cut.", {"enum": list(WAYS)}, "variant"),
                Parameter("goal", "query", "By which goal; the first unless it is named.", _TEXT, "goal"),
                Parameter("language", "query", "Of the sentences.", {"enum": ["en", "ja"]}, "ja"),
            ),
            missing="there is no campaign 'spring' in force, and no journey of that name with messages",
            more=(unusable("by: one of channel, variant, day, run, campaign"),),
        ),
        _read(
            "attribution",
            "/admin/campaigns/{campaign}/attribution",
            "CampaignAttribution",
            "Which messages led to a campaign's goal, by every model. Asks the lake each time",
            "目標の達成に、どの配信がどれだけ貢献したかをモデルごとに見ます。",
            example_of_attribution(_INSTANT),
            parameters=(
                Parameter("campaign", "path", "The campaign whose goal it is.", _TEXT, "win-back"),
                Parameter("since", "query", "How far back: 7d, 30d, 3mo.", _TEXT, "30d"),
                Parameter("language", "query", "Of the sentence.", {"enum": ["en", "ja"]}, "ja"),
            ),
            missing="there is no campaign 'spring' in force",
            more=(
                unusable("since: not a duration"),
                problem(503, "The lake took too long.", {"unavailable": "query q1: not answered in time"}),
            ),
        ),
        _read(
            "reviews",
            "/admin/reviews",
            "Reviews",
            "Pairs of people who may be one",
            "同一人物かもしれない組の一覧です。",
            {"reviews": [_REVIEW_EXAMPLE]},
        ),
        *data_operations(_read),
        _read(
            "catalog",
            "/admin/catalog",
            "CatalogInForce",
            "Which definitions are in force",
            "有効な定義とその版の一覧です。",
            {"version": 3, "definitions": {"campaign/win-back": 2, "segment/loyal-customers": 3}},
        ),
    )


def _decisions() -> Operation:
    def asks(name: str, what: str, example: str) -> Parameter:
        return Parameter(name, "query", what, _TEXT, example)

    when = "A duration ago, such as `7d`, or an instant."
    return _read(
        "findDecisions",
        "/admin/decisions",
        {"anyOf": [ref("DecisionsFound"), ref("WhyNothing")]},
        "What was decided, by person or campaign, and why somebody heard nothing",
        "決定の記録をお客様やキャンペーンから探します。「なぜ何も届かなかったのか」にも答えます。",
        SILENCE,
        parameters=(
            asks(
                "person",
                "Whom, in any readable notation. With `since` alone: why they heard nothing since. Where nothing "
                "was ever decided about them, the same is told of the last 30 days.",
                "ada",
            ),
            asks("campaign", "Of which campaign. One of `person` and `campaign` is needed.", "win-back"),
            asks("run", "Of which run of it.", "20261125T1000Z"),
            asks("outcome", "The state of the message, such as `DENIED`.", "DENIED"),
            asks("reason", "The code of the reason.", "no_consent"),
            asks("since", when, "7d"),
            asks("until", when, "1d"),
            _COUNTRY,
            _LIMIT,
            _BEFORE,
        ),
        more=_OF_A_PERSON,
    )


def _of_person(
    operation: str,
    below: str,
    component: str,
    summary: str,
    japanese: str,
    example: Any,
    asks: tuple[Parameter, ...],
) -> Operation:
    return _read(
        operation,
        "/admin/people/{person}" + below,
        component,
        summary,
        japanese,
        example,
        parameters=(_PERSON, *asks),
        missing="no person with this identifier",
        more=_OF_A_PERSON,
    )


def _read(
    operation: str,
    path: str,
    component: str | JsonSchema,
    summary: str,
    japanese: str,
    example: Any,
    *,
    parameters: tuple[Parameter, ...] = (),
    missing: str = "",
    more: tuple[Reply, ...] = (),
) -> Operation:
    not_found = (problem(404, "There is no such thing.", {"not_found": missing}),) if missing else ()
    answer = Reply(
        200,
        "As it is now.",
        {JSON: ref(component) if isinstance(component, str) else component},
        {"example": example} if example is not None else {},
    )
    return managed(
        operation, "get", path, summary, japanese, answer, *not_found, *more, parameters=parameters
    )
