"""The default session of boto3 that a local cloud begins with."""

from __future__ import annotations

from functools import cache

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader

# botocore would compose a name out of thirty parts for each call, and nobody here reads it.
_NAMED = Config(user_agent="kizuna-local")


def begin_session() -> None:
    """A session without clients, ears or credentials of an earlier one.

    What services offer it knows from the sessions before: that is the same for each, and takes longer to read than
    all the clients of a cloud take to make.
    """
    begun = botocore.session.Session()
    loader = _descriptions()
    begun.register_component("data_loader", loader)
    begun.set_default_client_config(_NAMED)
    boto3.setup_default_session(botocore_session=begun)
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # to which boto3 has added its own once more


@cache
def _descriptions() -> Loader:
    return create_loader()
