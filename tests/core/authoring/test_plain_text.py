"""The text part that is made of HTML: what is read there is read here, and its Liquid is the same."""

import time

import pytest

from kizuna.core.authoring.mjml import compiled_mjml
from kizuna.core.authoring.plain_text import text_of_html
from kizuna.core.content.liquid_compile import compile_source


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<h1>New</h1>in the shop", "New\n\nin the shop"),
        ("<ul><li>Tea</li><li>Cake</li></ul>", "- Tea\n\n- Cake"),
        ('<a href="https://shop.example/new">Look</a> now', "Look: https://shop.example/new now"),
        ('<a href="https://shop.example/">https://shop.example/</a>', "https://shop.example/"),
        ('<a href="mailto:care@shop.example">care@shop.example</a>', "care@shop.example"),
        ('<a href="{{ links.unsubscribe }}">配信を停止する</a>', "配信を停止する {{ links.unsubscribe }}"),
        (
            '<a href="https://shop.example/"><img src="x.png" alt="Our shop"></a>',
            "Our shop: https://shop.example/",
        ),
        ('<a href="https://shop.example/"><img src="x.png" alt=""></a>', "https://shop.example/"),
        ("<p>一行目の\n  つづき</p>", "一行目のつづき"),
        ("<p>one\n  line</p>", "one line"),
        ("a<style>b</style><script>c</script><p style='display:none'>d</p><!-- e -->f", "af"),
        (
            "{% if person.traits.age < 18 %}<p>young</p>{% endif %}",
            "{% if person.traits.age < 18 %}\n\nyoung\n\n{% endif %}",
        ),
        ("<p>{{ brand.name | escape }} &amp; Co</p>", "{{ brand.name }} & Co"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1\n\n2"),
        ("<b>bro<i>ken", "broken"),
        ("<p>x</div></p>y", "x\n\ny"),
    ],
)
def test_the_words_stay_and_the_markup_goes(html: str, text: str) -> None:
    assert text_of_html(html) == text


def test_html_without_words_gives_no_text_part() -> None:
    with pytest.raises(ValueError, match="nothing is left"):
        text_of_html("<p>&nbsp;</p><style>x</style>")


def test_the_text_of_a_mail_made_of_mjml_is_a_sound_template() -> None:
    html = compiled_mjml(
        "<mjml><mj-head><mj-title>t</mj-title><mj-preview>hidden</mj-preview></mj-head><mj-body><mj-section><mj-column>"
        "<mj-text>Hello {{ person.traits.first_name }}</mj-text>"
        '<mj-button href="{{ links.unsubscribe }}">Stop</mj-button></mj-column></mj-section></mj-body></mjml>',
        language="en",
    )
    text = text_of_html(html)
    compile_source(text, html=False)
    assert text.split() == [
        "Hello",
        "{{",
        "person.traits.first_name",
        "}}",
        "Stop:",
        "{{",
        "links.unsubscribe",
        "}}",
    ]


def test_long_and_hostile_html_takes_no_long_time() -> None:
    began = time.process_time()
    for piece in ("<div>", "<a href='x'>y", "<li>x</li>", "\n ", "x ", "</p>", "<img alt='x'>"):
        text_of_html("x" + (piece * (90_000 // len(piece)))[:90_000])
    assert time.process_time() - began < 5
