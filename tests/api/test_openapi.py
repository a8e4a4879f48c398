"""The OpenAPI file is valid, says what each operation is for, and its examples fit what it promises."""

from __future__ import annotations

import copy

import jsonschema
import pytest
from openapi_spec_validator import validate

from network.graph.views import Export
from network.referrals.files import MEDIA_TYPES

METHODS = ("get", "post", "put", "patch", "delete")
JSON = "application/json"
FILES = {kind.split(";")[0] for kind in Export.types.values()}


def operations(openapi):
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def bodies(operation):
    """What is sent and what is answered with success, each with where it stands; a file is neither drawn nor compared."""
    found = [("request", operation["requestBody"]["content"])] if "requestBody" in operation else []
    found += [
        (status, answer["content"]) for status, answer in operation["responses"].items() if status[0] == "2" and answer.get("content")
    ]
    for where, content in found:
        assert list(content) in ([JSON], ["multipart/form-data"], list(MEDIA_TYPES.values())) or set(content) <= FILES
        if JSON in content:
            yield where, content[JSON]


def as_json_schema(openapi, schema):
    """The schema with its components beside it; `nullable` of OpenAPI 3.0 as JSON Schema says it."""

    def plain(node):
        if isinstance(node, list):
            return [plain(part) for part in node]
        if not isinstance(node, dict):
            return node
        rest = {name: plain(part) for name, part in node.items() if name != "nullable"}
        return {"anyOf": [rest, {"type": "null"}]} if node.get("nullable") is True else rest

    return {**plain(copy.deepcopy(schema)), "components": plain(copy.deepcopy(openapi["components"]))}


def test_it_is_a_valid_openapi_document(openapi):
    validate(openapi)


def test_it_is_made_without_a_warning(capsys):
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator

    with GENERATOR_STATS.silence():
        SchemaGenerator().get_schema(request=None, public=True)
        assert not GENERATOR_STATS._warn_cache
        assert not GENERATOR_STATS._error_cache


def test_every_operation_says_what_it_is_for_in_words_of_its_own(openapi):
    summaries = [operation.get("summary") for _, operation in operations(openapi)]

    assert all(summaries)
    ids = [operation["operationId"] for _, operation in operations(openapi)]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if name[-1].isdigit()] == []


def test_every_body_has_an_example(openapi):
    missing = [
        f"{name} {where}" for name, operation in operations(openapi) for where, body in bodies(operation) if not body.get("examples")
    ]

    assert missing == []


def test_every_example_fits_its_schema(openapi):
    checker = jsonschema.FormatChecker()
    wrong = []
    for name, operation in operations(openapi):
        for where, body in bodies(operation):
            validator = jsonschema.Draft202012Validator(as_json_schema(openapi, body["schema"]), format_checker=checker)
            for example in body.get("examples", {}).values():
                wrong += [
                    f"{name} {where} {'/'.join(map(str, e.path))}: {e.message[:120]}" for e in validator.iter_errors(example["value"])
                ]

    assert wrong == []


@pytest.mark.parametrize("status", ["400", "401", "403", "405", "406", "429", "503"])
def test_every_operation_documents_what_any_request_can_meet(openapi, status):
    assert [name for name, operation in operations(openapi) if status not in operation["responses"]] == []


def test_every_refusal_is_a_problem(openapi):
    for name, operation in operations(openapi):
        for status, answer in operation["responses"].items():
            if status[0] in "45":
                assert list(answer["content"]) == ["application/problem+json"], (name, status)
