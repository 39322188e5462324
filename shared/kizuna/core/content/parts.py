"""The kinds of text that definitions are made of: lines, addresses, and sources of templates."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from kizuna.core.content.headers import is_single_line

SOURCE_MAX = 100_000

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def _one_line(value: str) -> str:
    if not is_single_line(value):
        raise ValueError("must be one line, without control characters")
    return value


def _mail_address(value: str) -> str:
    # The company's own address, so the plain form is enough and spares a cold start the full validator.
    if not _ADDRESS.fullmatch(value):
        raise ValueError("is not an e-mail address")
    return value


def _web_address(value: str) -> str:
    if urlsplit(value).scheme != "https" or not urlsplit(value).hostname or any(map(str.isspace, value)):
        raise ValueError("must be an https URL")
    return value


OneLine = AfterValidator(_one_line)
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Line = Annotated[str, Field(min_length=1, max_length=200), OneLine]
MailAddress = Annotated[str, Field(max_length=254), AfterValidator(_one_line), AfterValidator(_mail_address)]
WebAddress = Annotated[str, Field(max_length=500), AfterValidator(_one_line), AfterValidator(_web_address)]
Source = Annotated[str, Field(min_length=1, max_length=SOURCE_MAX)]
SingleLineSource = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_one_line)]
