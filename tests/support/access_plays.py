"""Both plays in which functions are watched: the demo's story, and the paths that it does not touch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3

from kizuna.cli.paths import PURCHASES, WORKSPACE
from kizuna.cli.workspace_files import read_workspace
from kizuna.local.clock import VirtualClock
from kizuna.local.cloud import LocalCloud
from kizuna.local.resources import BUCKET, REGION, ROLE, dead_letter_url
from kizuna.local.story import BEGINS, Story, apply_documents
from tests.support.access import Watch
from tests.support.access_paths import PATHS, documents
from tests.support.clouds import NOON, running_shop


def the_story() -> Watch:
    clock = VirtualClock(BEGINS)
    watch = Watch(clock)
    with LocalCloud(clock, seed=1, around=watch.around) as cloud:
        a_delivery_stream()
        files = read_workspace(WORKSPACE)
        story = Story(cloud, purchases=PURCHASES, people=60, seed=37, progress=lambda *_: None)
        story.play(apply_documents(files.documents, files.origin()))
        assert lost(cloud) == {}
    return watch


def the_rest() -> Watch:
    clock = VirtualClock(NOON)
    watch = Watch(clock)
    settings: dict[str, Any] = {
        "around": watch.around,
        "authorizer": lambda token: {"sub": "admin-1", "cognito:groups": "[author privacy staff]"},
    }
    with running_shop(clock=clock, documents=documents(), **settings) as shop:
        a_delivery_stream()
        for path in PATHS:
            path(shop)
        assert lost(shop.cloud) == {"lost-changes": 1}
    return watch


def a_delivery_stream() -> None:
    """A local cloud has a folder in its place."""
    boto3.client("firehose", region_name=REGION).create_delivery_stream(
        DeliveryStreamName="local",
        ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{BUCKET}"},
    )


def lost(cloud: LocalCloud) -> Mapping[str, int]:
    """What functions have not handled, by queue: a refused call or a missing variable would leave something here."""
    urls = {str(queue): url for queue, url in cloud.resources.queue_urls.items()}
    urls |= {f"{queue}-dead": dead_letter_url(url) for queue, url in urls.items()}
    client = boto3.client("sqs", region_name=REGION)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = {
        queue: client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        for queue, url in urls.items()
    }
    left = {queue: sum(int(counts[name]) for name in names) for queue, counts in found.items()}
    return {queue: number for queue, number in left.items() if number}
