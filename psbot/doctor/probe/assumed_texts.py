"""What psbot expects of texts as GitLab renders them, and a probe does not try."""

from psbot.doctor.probe.expectation import Assumption

_RENDERED = "the probe does not read rendered text"

TEXTS = (
    Assumption(
        "dollar-signs-make-formulas",
        "Text between dollar signs is a formula in descriptions and notes, unless they are escaped.",
        "lib/banzai/filter/markdown_engines/glfm_markdown.rb@7e202c4f",
        _RENDERED,
    ),
    Assumption(
        "escaped-characters-are-in-no-reference",
        "A backslash before one of `$ % # & @ ! ~ ^` keeps it out of every reference, mention and formula.",
        "lib/banzai/filter/escaped_char_filter.rb@6e7061f5 (REFERENCE_CHARS), "
        "lib/banzai/filter/markdown_engines/glfm_markdown.rb@7e202c4f",
        _RENDERED,
    ),
    Assumption(
        "escaped-colons-make-no-emoji",
        "From 19.2 on a backslash before a colon keeps it out of emoji; before, an escaped emoji is shown as one.",
        "lib/banzai/filter/markdown_engines/glfm_markdown.rb@41946e65 (19.2, only_escape_chars)",
        _RENDERED,
    ),
    Assumption(
        "other-escaped-characters-are-joined",
        "Other escaped characters are joined with the text around them, and references are looked for in the result.",
        "lib/banzai/filter/escaped_char_filter.rb@6e7061f5 (merge_adjacent_text_nodes), "
        "lib/banzai/pipeline/gfm_pipeline.rb@0286e4c6 (18.6)",
        _RENDERED,
    ),
    Assumption(
        "dollar-signs-before-digits-end-no-formula",
        "A dollar sign before a digit does not end a formula.",
        "comrak 0.0.16, src/parser/inlines.rs",
        _RENDERED,
    ),
    Assumption(
        "at-signs-after-letters-mention-nobody",
        "An `@` after an ASCII letter, a digit or `_` mentions nobody.",
        "app/models/user.rb (reference_pattern)",
        _RENDERED,
    ),
    Assumption(
        "addresses-of-items-have-a-route",
        "A web address is a reference to an item of the same GitLab only with `/-/` or a route such as "
        "`/issues/` in it.",
        "app/models/concerns/referable.rb@05c26c74 (an old version), documentation, GitLab Flavored Markdown",
        _RENDERED,
    ),
    Assumption(
        "rich-text-editor-keeps-comments",
        "The rich text editor keeps the HTML comments of a description; what it writes when saving was not read.",
        "",
        "needs a browser",
    ),
    Assumption(
        "filters-after-markdown",
        "Filters for emoji, inline diffs, wiki links and tables of contents leave escaped text alone.",
        "",
        "read rendered text of each",
    ),
    Assumption(
        "addresses-of-items-in-new-versions",
        "New versions take no other form of web address for a reference to an item.",
        "",
        "write addresses of each form into a description and read which items it mentions",
    ),
    Assumption(
        "titles-are-no-markdown",
        "Titles are rendered without Markdown, so that a backslash in one is shown.",
        "",
        "read `titleHtml` of a title with a backslash",
    ),
)
