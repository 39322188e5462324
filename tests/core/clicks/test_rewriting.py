"""Links of a rendered message: which are led through ours, and what the company's own sites are told."""

from __future__ import annotations

import pytest

from kizuna.core.clicks.definition import Utm
from kizuna.core.clicks.rewriting import Leading, led, utm_of, with_parameters, written_hosts
from kizuna.core.clicks.tokens import LINKS_MAX
from kizuna.core.content.messengers import LineImage, RenderedLine, RenderedWhatsApp
from kizuna.core.content.sms_text import sms_parts
from kizuna.core.content.templates import Links, RenderedEmail, RenderedPush, RenderedSms, SmsContent

SHOP = Leading(written={"shop.example"}, through=lambda number: f"https://k.example/c/{number}")
UTM = {"utm_source": "kizuna", "utm_medium": "sms", "utm_campaign": "win-back"}


def sms(body: str) -> RenderedSms:
    return RenderedSms("en", body, sms_parts(body), Links())


@pytest.mark.parametrize(
    ("source", "hosts"),
    [
        ("See https://shop.example/a and http://SHOP.example", {"shop.example"}),
        ("https://{{ person.traits.site }}/x", set()),
        ("https://shop.example.{{ person.traits.country }}/x", set()),
        ("https://shop.example{{ event.path }}", set()),
        ("https://shop.example/{{ event.path }}", {"shop.example"}),
        ("https://user@shop.example/", set()),
        ("{{ links.unsubscribe }}", set()),
        ("https://shop.exampleまで、「http://b.example」", {"shop.example", "b.example"}),
    ],
)
def test_a_host_counts_as_written_only_where_no_value_takes_part_in_it(source: str, hosts: set[str]) -> None:
    assert written_hosts(SmsContent(body=source)) == hosts


@pytest.mark.parametrize(
    ("body", "told", "links"),
    [
        (
            "Look: https://shop.example/a?b=1#c. Bye",
            "Look: https://k.example/c/0. Bye",
            ["https://shop.example/a?b=1#c"],
        ),
        ("(https://shop.example)", "(https://k.example/c/0)", ["https://shop.example"]),
        (
            "詳しくは「https://shop.example/%E6%96%B0」へ",
            "詳しくは「https://k.example/c/0」へ",
            ["https://shop.example/%E6%96%B0"],
        ),
        (
            "新着『https://shop.example/b』！【https://shop.example】https://shop.example/a？",
            "新着『https://k.example/c/0』！【https://k.example/c/1】https://k.example/c/2？",
            ["https://shop.example/b", "https://shop.example", "https://shop.example/a"],
        ),
        # Words right behind it are none of it (RFC 3986), and ours stands apart from them.
        (
            "詳細はhttps://shop.example/aをご覧ください",
            "詳細はhttps://k.example/c/0 をご覧ください",
            ["https://shop.example/a"],
        ),
        ("https://shop.exampleまで", "https://k.example/c/0 まで", ["https://shop.example"]),
        ("https://shop.example/a?b=1限定", "https://k.example/c/0 限定", ["https://shop.example/a?b=1"]),
        ("https://shop.example/aカタログ", "https://k.example/c/0 カタログ", ["https://shop.example/a"]),
        ("https://shop.example/aＡ", "https://k.example/c/0 Ａ", ["https://shop.example/a"]),
        ("https://shop.example/a\u3000次", "https://k.example/c/0\u3000次", ["https://shop.example/a"]),
        ("https://shop.example/a♪", "https://k.example/c/0♪", ["https://shop.example/a"]),
        ("https://evil.exampleまで", None, []),
        ("https://日本語.example/", None, []),
        (
            "https://shop.example/a https://shop.example/b https://shop.example/a",
            "https://k.example/c/0 https://k.example/c/1 https://k.example/c/0",
            ["https://shop.example/a", "https://shop.example/b"],
        ),
        ("https://evil.example/ and https://shop.example.evil.example/", None, []),
        ("https://shop.example@evil.example/", None, []),
        ("https://[broken/ ftp://shop.example/", None, []),
        ("no link at all", None, []),
    ],
)
def test_only_links_to_written_hosts_are_led_through_ours(
    body: str, told: str | None, links: list[str]
) -> None:
    content, found = led(sms(body), SHOP)
    assert isinstance(content, RenderedSms)
    assert content.body == (told or body)
    assert list(found) == links


def test_words_behind_a_link_count_neither_for_it_nor_for_what_a_site_is_told() -> None:
    by = Leading({"shop.example"}, UTM, {"shop.example"})
    content, _ = led(RenderedLine("ja", ("https://shop.example/aへどうぞ",)), by)
    assert isinstance(content, RenderedLine)
    assert str(content.messages[0]).endswith("utm_campaign=win-back へどうぞ")


def test_a_text_that_would_take_another_part_keeps_its_own_links() -> None:
    body = "x" * 138 + " https://shop.example"
    long = Leading(written={"shop.example"}, through=lambda _: "https://k.example/c/" + "t" * 40)
    assert led(sms(body), long) == (sms(body), ())


def test_a_text_whose_links_get_shorter_is_counted_anew() -> None:
    content, links = led(sms("https://shop.example/" + "a" * 200), SHOP)
    assert isinstance(content, RenderedSms)
    assert content.parts.parts == 1
    assert len(links) == 1


def test_links_beyond_the_most_that_can_be_told_apart_stay_as_they_are() -> None:
    urls = [f"https://shop.example/{number}" for number in range(LINKS_MAX + 1)]
    content, links = led(RenderedLine("en", (" ".join(urls),)), SHOP)
    assert isinstance(content, RenderedLine)
    assert links == tuple(urls[:-1])
    assert str(content.messages[0]).endswith(urls[-1])


def test_messengers_are_led_in_their_texts_and_pictures_stay() -> None:
    picture = LineImage(image="https://shop.example/a.png")
    line, _ = led(RenderedLine("ja", ("https://shop.example/", picture)), SHOP)
    assert line == RenderedLine("ja", ("https://k.example/c/0", picture))
    values, links = led(RenderedWhatsApp("en", template="t", body=("https://shop.example/a", "x")), SHOP)
    assert values == RenderedWhatsApp("en", template="t", body=("https://k.example/c/0", "x"))
    assert links == ("https://shop.example/a",)


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("name", ["href", "HREF"])
def test_a_link_of_a_page_is_led_however_its_author_quotes_it(quote: str, name: str) -> None:
    html = f"<a class=x {name}={quote}https://shop.example/?a=1&amp;b=2{quote}>x</a>"
    content, links = led(RenderedEmail("en", "s", html, "t", Links()), SHOP)
    assert isinstance(content, RenderedEmail)
    assert content.html == f"<a class=x {name}={quote}https://k.example/c/0{quote}>x</a>"
    assert links == ("https://shop.example/?a=1&b=2",)


def test_a_site_of_the_company_is_told_the_campaign_and_no_other_is() -> None:
    utm = Utm(source="kizuna", hosts=("shop.example",))
    by = Leading(
        {"shop.example", "other.example"}, utm_of(utm, campaign="win-back", channel="email"), utm.hosts
    )
    mail = RenderedEmail(
        "en",
        "s",
        '<a href="https://shop.example/?a=1&amp;b=2#f">x</a> <a href="https://other.example/">y</a>',
        "https://shop.example/ https://other.example/",
        Links(),
    )
    content, links = led(mail, by)
    assert isinstance(content, RenderedEmail)
    assert links == ()
    told = "utm_source=kizuna&amp;utm_medium=email&amp;utm_campaign=win-back"
    assert f'href="https://shop.example/?a=1&amp;b=2&amp;{told}#f"' in content.html
    assert 'href="https://other.example/"' in content.html
    assert content.text.endswith("utm_campaign=win-back https://other.example/")


def test_what_is_noted_leads_to_the_link_with_its_parameters() -> None:
    by = Leading({"shop.example"}, UTM, {"shop.example"}, SHOP.through)
    _, links = led(sms("https://shop.example/a"), by)
    assert links == ("https://shop.example/a?utm_source=kizuna&utm_medium=sms&utm_campaign=win-back",)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://shop.example", "https://shop.example?utm_source=k"),
        ("https://shop.example/?utm_source=mine", "https://shop.example/?utm_source=mine"),
        ("https://shop.example/?utm_source=", "https://shop.example/?utm_source="),
        ("https://shop.example/?q=%E3%81%82+x#top", "https://shop.example/?q=%E3%81%82+x&utm_source=k#top"),
    ],
)
def test_parameters_that_stand_in_a_link_stay_as_they_are(url: str, told: str) -> None:
    assert with_parameters(url, {"utm_source": "k"}) == told


def test_a_push_message_stays_as_it_is() -> None:
    push = RenderedPush("en", "t", "https://shop.example/", {"url": "https://shop.example/"})
    assert led(push, SHOP) == (push, ())
