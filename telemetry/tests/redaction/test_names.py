from __future__ import annotations

import pytest

from telemetry.redaction import is_secret_field, is_secret_header, is_secret_parameter


@pytest.mark.parametrize(
    "name", ["Authorization", "cookie", "Set-Cookie", "X-Api-Key", "access_token", "X-Auth", "sig", "X-Token-Id"]
)
def test_headers_and_parameters_with_a_secret_word_are_secrets(name: str) -> None:
    assert is_secret_header(name)
    assert is_secret_parameter(name)


@pytest.mark.parametrize("name", ["limit", "content-type", "x-request-id", "design"])
def test_other_headers_and_parameters_are_none(name: str) -> None:
    assert not is_secret_header(name)
    assert not is_secret_parameter(name)


def test_code_is_a_secret_in_a_query_alone() -> None:
    assert is_secret_parameter("code")
    assert not is_secret_parameter("country_code")
    assert not is_secret_header("code")
    assert not is_secret_field("code")


@pytest.mark.parametrize(
    "name",
    [
        *("password", "db.password", "userPassword", "new-password", "password_hash", "PASSWD", "passphrase"),
        *("token", "access_token", "accessToken", "authtoken", "id_token", "refresh_token_value", "token2"),
        *("apiKey", "API_KEY", "secret_key", "privateKey", "client_secret", "credentials", "cookie", "Set-Cookie"),
        *("authorization", "session_id", "sessionId", "jwt", "signature", "user.passwords"),
    ],
)
def test_a_field_that_ends_in_a_secret_word_is_a_secret(name: str) -> None:
    assert is_secret_field(name)


@pytest.mark.parametrize(
    "name",
    [
        *("code", "max_tokens", "prompt_tokens", "tokens", "token_count", "password_changed_at", "cookie_consent"),
        *(
            "page_token",
            "nextPageToken",
            "continuation_token",
            "secretary",
            "tokenizer",
            "key",
            "sort_key",
            "partition_key",
        ),
        *("session", "author", "authorized", "signature_valid", "design", "password_length", ""),
    ],
)
def test_a_field_with_a_secret_word_in_another_place_is_none(name: str) -> None:
    assert not is_secret_field(name)
