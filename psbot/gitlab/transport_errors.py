"""What an HTTP or GraphQL error means: whether to try again, and what to tell the user."""

import re
from collections.abc import Mapping

import requests

from psbot.errors import GitLabError
from psbot.gitlab.ports import Refused

MAX_ANSWER_BYTES = (
    256 * 1024 * 1024
)  # bytes; a page of 100 items with the longest descriptions stays below it


RATE_LIMIT_MESSAGE = re.compile(r"too many (times|requests)|rate limit", re.IGNORECASE)
SERVER_ERROR = "GitLab answered 500"
# A query that takes too long: fields over the time beside data, with status 200, or a cancelled SQL statement, with
# status 503 (GitLab, lib/gitlab/graphql/timeout.rb, app/controllers/graphql_controller.rb of about 18.0).
TIMEOUT_MESSAGE = re.compile(r"^Timeout on |Request timed out")
# What GitLab says of a document that its GraphQL schema does not take (graphql-ruby's static validation).
UNKNOWN_IN_SCHEMA = re.compile(
    r"doesn't (exist on type|accept argument)|isn't a defined input type|No such type|Type mismatch on variable"
)
RETRY_LATER = "GitLab may be overloaded or in maintenance; run again later"
STATUS_HINTS = {
    401: "check the token: it may have expired, been revoked, belong to another server, or be without the scope api "
    "or read_api",
    403: "the token needs the scope api (read_api to read only), and its account at least the Planner role",
    404: "check the address of the server; psbot needs its GraphQL API",
}


# GitLab, app/controllers/graphql_controller.rb of about 18.0: what its policies refuse to an account altogether.
NO_API_MESSAGE = re.compile(r"API not accessible|too many IPs", re.IGNORECASE)
NO_API_HINT = (
    "the account may not use the API: it has not accepted the terms of service, is deactivated, its password has "
    "expired, or its network is not allowed"
)


class Transient(GitLabError):
    """No usable answer; where it ``is_retryable``, the next attempt may succeed."""

    is_retryable = True


class TimedOut(Transient):
    """A query that took GitLab too long; a smaller one may be answered."""


class NotGitLabApi(Transient):
    """Something other than GitLab's API answered: a redirect, a login page."""

    is_retryable = False


class AnswerTooLarge(requests.RequestException):
    """An answer that is too large for memory."""


def error_of_transport(error: requests.RequestException, url: str) -> GitLabError:
    """Return the error, in a sentence, for a request that failed before an answer."""
    match error:
        case requests.TooManyRedirects():
            return NotGitLabApi(
                f"{url} answers with a redirect; psbot never sends a token to another address",
                "set the final address of GitLab, including https and the path",
            )
        case AnswerTooLarge():
            return NotGitLabApi(
                f"the answer of {url} is larger than {MAX_ANSWER_BYTES // 1024 // 1024} MiB",
                "check the address; GitLab's answers are smaller",
            )
        case requests.exceptions.SSLError():
            return Refused(
                f"the TLS certificate of {url} could not be verified",
                "for a private certificate authority, pass its CA file with --ca-file",
            )
        case requests.ConnectionError() if "NameResolutionError" in str(error):
            return Refused(f"the host name of {url} cannot be resolved", "check the address of the server")
        case requests.exceptions.ConnectTimeout() | requests.exceptions.Timeout():
            return Transient(f"{url} did not answer in time", RETRY_LATER)
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return Transient(
                f"the connection to {url} failed or was interrupted", "check the network and the address"
            )
        case _:
            return Transient(f"the request to {url} failed ({type(error).__name__})", RETRY_LATER)


def has_error_path(answer: Mapping[str, object]) -> bool:
    """Return whether an error of the answer names the field it is about."""
    errors = answer.get("errors")
    return isinstance(errors, list) and any(isinstance(each, dict) and each.get("path") for each in errors)


def error_messages(answer: Mapping[str, object]) -> list[str]:
    """Return the messages of the errors in the answer."""
    errors = answer.get("errors")
    if errors is None:
        return []
    if not isinstance(errors, list) or not errors:
        return ["an error without a message"] if errors else []
    return [str(each.get("message", each)) if isinstance(each, dict) else str(each) for each in errors]
