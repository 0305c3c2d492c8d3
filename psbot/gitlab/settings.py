"""Which GitLab, and with which token: from options, the environment and python-gitlab's configuration file."""

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
    """What the command line says about the server; None where it says nothing."""

    url: str | None = None
    profile: str | None = None
    ca_file: str | None = None


def find_server(options: ServerOptions, environment: Mapping[str, str]) -> Server:
    """Return the server to talk to; raises PsbotError where the server or the token is not known.

    The address: as chosen, else ``CI_SERVER_URL``, else the profile's. The token: ``PSBOT_TOKEN``, else
    ``GITLAB_TOKEN``, else the profile's, which goes to the profile's own server only. A chosen profile counts
    before the variables.
    """
    token = next((environment[name].strip() for name in TOKEN_VARIABLES if environment.get(name)), "")
    url = options.url or environment.get(SERVER_VARIABLE) or ""
    if token and not options.profile:
        if not url:
            raise PsbotError(
                "psbot does not know which GitLab to talk to",
                "give its address: psbot --gitlab-url https://gitlab.example.com, or set PSBOT_GITLAB_URL",
            )
        return Server(url, token, options.ca_file)
    return _server_of_profile(options, url)


def _server_of_profile(options: ServerOptions, url: str) -> Server:
    try:
        profile = GitlabConfigParser(options.profile)
    except ConfigError as error:
        raise PsbotError(
            f"python-gitlab's configuration file cannot be used: {str(error).splitlines()[0]}",
            "correct it, or set PSBOT_TOKEN and leave --profile out",
        ) from None
    except (configparser.Error, LookupError, OSError, ValueError):
        # Their words repeat what stands in the file, which may be the token.
        raise PsbotError(
            "python-gitlab's configuration file cannot be read",
            "write sections and name = value in it, a % in a value twice; or set PSBOT_TOKEN",
        ) from None
    token = profile.private_token or profile.oauth_token or ""
    if not token or not profile.url:
        raise PsbotError(
            "there is no token for GitLab",
            "set PSBOT_TOKEN to a token with the scope api (read_api is enough to plan), or keep one in "
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
            f"profile {profile.gitlab_id} switches the check of the server's certificate off",
            "name the CA file of your server instead: ssl_verify = /path/to/ca.pem, or --ca-file",
        )
    ca_file = profile.ssl_verify if isinstance(profile.ssl_verify, str) else None
    return Server(profile.url, token, options.ca_file or ca_file, is_oauth=not profile.private_token)


def _origin(url: str) -> tuple[str, str | None, int | None, str]:
    parts = urlsplit(url)
    return (parts.scheme, parts.hostname, parts.port, parts.path.rstrip("/"))
