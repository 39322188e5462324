"""Reads a synthesised template the way a person would: by the names of its parts instead of generated ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Any


class Reader:
    """A template whose references read `<Tables/People>` and `<Tables/People.Arn>`."""

    def __init__(self, template: Mapping[str, Json]) -> None:
        self.raw = template
        self._names = {
            logical_id: _short(resource["Metadata"]["aws:cdk:path"])
            for logical_id, resource in template["Resources"].items()
        }

    def types(self) -> set[str]:
        return {resource["Type"] for resource in self.raw["Resources"].values()}

    def properties(self, type_: str) -> dict[str, Json]:
        """The properties of every resource of a type, by its name."""
        return {name: resource.get("Properties", {}) for name, resource in self.resources(type_).items()}

    def resources(self, type_: str) -> dict[str, Json]:
        return {
            self._names[logical_id]: {
                **resource,
                **({"Properties": self.read(resource["Properties"])} if "Properties" in resource else {}),
            }
            for logical_id, resource in self.raw["Resources"].items()
            if resource["Type"] == type_
        }

    def outputs(self) -> dict[str, Json]:
        return {name: self.read(output["Value"]) for name, output in self.raw.get("Outputs", {}).items()}

    def read(self, value: Json) -> Json:
        """A value with its references as text."""
        match value:
            case {"Ref": str(target)}:
                return f"<{self._name(target)}>"
            case {"Fn::GetAtt": [str(target), str(attribute)]}:
                return f"<{self._name(target)}.{attribute}>"
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(str(self.read(part)) for part in parts)
            case dict():
                return {key: self.read(inner) for key, inner in value.items()}
            case list():
                return [self.read(inner) for inner in value]
            case _:
                return value

    def _name(self, logical_id: str) -> str:
        return self._names.get(logical_id, logical_id.removeprefix("AWS::"))


def policies(reader: Reader) -> dict[str, Json]:
    """Everything that anybody is allowed, by who is allowed it or by what allows it."""
    roles = {
        name: {
            "may be taken by": _statements(role["AssumeRolePolicyDocument"]),
            "may": [s for inline in role.get("Policies", ()) for s in _statements(inline["PolicyDocument"])],
        }
        for name, role in reader.properties("AWS::IAM::Role").items()
    }
    for policy in reader.properties("AWS::IAM::Policy").values():
        for role in policy["Roles"]:
            roles[role.strip("<>")]["may"] += _statements(policy["PolicyDocument"])
    guarded: dict[str, Json] = {
        name: _statements(key["KeyPolicy"]) for name, key in reader.properties("AWS::KMS::Key").items()
    }
    for type_, target in (
        ("AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::TopicPolicy", "Topics"),
        ("AWS::S3::BucketPolicy", "Bucket"),
    ):
        for policy in reader.properties(type_).values():
            targets = policy[target] if isinstance(policy[target], list) else [policy[target]]
            for name in targets:
                guarded[name.strip("<>")] = _statements(policy["PolicyDocument"])
    return {"roles": _sorted(roles), "resources": _sorted(guarded)}


def statements(reader: Reader) -> Iterator[tuple[str, Json]]:
    """Every statement of every role, with the role's name."""
    for name, role in policies(reader)["roles"].items():
        for statement in role["may"]:
            yield name, statement


def as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _statements(document: Json) -> list[Json]:
    return sorted(document["Statement"], key=lambda statement: statement.get("Sid", repr(statement)))


def _sorted(values: Mapping[str, Json]) -> dict[str, Json]:
    return dict(sorted(values.items()))


def _short(path: str) -> str:
    """`Kizuna-prod/Tables/People/Resource` as `Tables/People`."""
    _, _, inner = path.partition("/")
    return re.sub(r"/(Resource|Default)$", "", inner)
