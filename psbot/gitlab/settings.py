"""Which GitLab server and token to use: from options, the environment and python-gitlab's configuration file."""

import configparser
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from gitlab.config import ConfigError, GitlabConfigParser

from psbot.errors import PsbotError
from psbot.gitlab.server import Server, check_address

TOKEN_VARIABLES = ("PSBOT_TOKEN", "GITLAB_TOKEN")
SERVER_VARIABLE = "CI_SERVER_URL"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The server options of the command line; None where an option is not given."""

    url: str | None = None
    profile: str | None = None
    ca_file: str | None = None


def find_server(options: ServerOptions, environment: Mapping[str, str]) -> Server:
    """Return the server; raises PsbotError where its address or the token is not known.

    The address: of the options, else ``CI_SERVER_URL``, else of the profile. The token: ``PSBOT_TOKEN``, else
    ``GITLAB_TOKEN``, else of the profile, which is sent to the profile's own server only. A profile that the options
    name takes precedence over the variables.
    """
    token = next((environment[name].strip() for name in TOKEN_VARIABLES if environment.get(name)), "")
    url = options.url or environment.get(SERVER_VARIABLE) or ""
    if token and not options.profile:
        if not url:
            raise PsbotError(
                "no GitLab address is set",
                "pass it: psbot --gitlab-url https://gitlab.example.com, or set PSBOT_GITLAB_URL",
            )
        return Server(url, token, options.ca_file)
    return _server_of_profile(options, url)


def _server_of_profile(options: ServerOptions, url: str) -> Server:
    try:
        profile = GitlabConfigParser(options.profile)
    except ConfigError as error:
        raise PsbotError(
            f"python-gitlab's configuration file cannot be used: {str(error).splitlines()[0]}",
            "correct it, or set PSBOT_TOKEN and omit --profile",
        ) from None
    except (configparser.Error, LookupError, OSError, ValueError):
        # Their messages quote the file, which may contain the token.
        raise PsbotError(
            "python-gitlab's configuration file cannot be read",
            "it needs sections with name = value, and % written as %%; or set PSBOT_TOKEN",
        ) from None
    token = profile.private_token or profile.oauth_token or ""
    if not token or not profile.url:
        raise PsbotError(
            "no GitLab token is set",
            "set PSBOT_TOKEN to a token with the scope api (read_api is enough to plan), or store one in "
            "python-gitlab's configuration file",
        )
    for address in filter(None, (url, profile.url)):
        check_address(address)
    if url and _origin(url) != _origin(profile.url):
        raise PsbotError(
            f"the token of profile {profile.gitlab_id} is for {profile.url}, not for {url}",
            "choose another --profile, or set PSBOT_TOKEN to a token of that server",
        )
    if profile.ssl_verify is False:
        raise PsbotError(
            f"profile {profile.gitlab_id} disables the check of the server's certificate",
            "set the CA file of your server instead: ssl_verify = /path/to/ca.pem, or --ca-file",
        )
    ca_file = profile.ssl_verify if isinstance(profile.ssl_verify, str) else None
    return Server(profile.url, token, options.ca_file or ca_file, is_oauth=not profile.private_token)


def _origin(url: str) -> tuple[str, str | None, int | None, str]:
    parts = urlsplit(url)
    return (parts.scheme, parts.hostname, parts.port, parts.path.rstrip("/"))
