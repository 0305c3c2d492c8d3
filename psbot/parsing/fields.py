"""Types of values that several files have: texts, names, colours, links and usernames."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from psbot.parsing.validation import matching

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


Slug = Annotated[
    str, *matching(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "write a word of a-z, 0-9 and -, such as kick-off", 60)
]
Color = Annotated[str, *matching(r"#[0-9a-f]{6}", 'write a colour as "#1f75cb"')]
TemplateName = Annotated[
    str, *matching(r"[a-z0-9][a-z0-9-]*", "write the name of a file in issue_templates/ without .md", 100)
]
ConfigLink = Annotated[str, *matching(r"https?://[^\s<>]+", "write a link that starts with https://", 500)]


# In lower case: GitLab takes names in upper and lower case as the same.
Username = Annotated[
    str,
    *matching(r"\w[\w.-]*", "write the GitLab username without @, such as maria", 255),
    AfterValidator(str.lower),
]
