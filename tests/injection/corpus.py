"""Texts that people could write to make GitLab, Markdown, YAML, a terminal or a mail program act; each has a name.

Each text stands for one way in: a spelling, a hiding place, or a sign that some reader of the text acts on.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from tests.support.sample import COMPLETE, Sample


@dataclass(frozen=True, slots=True)
class Entry:
    """One text; ``category`` is what it tries."""

    category: str
    name: str
    text: str

    @property
    def label(self) -> str:
        """Return the name of the test case."""
        return f"{self.category}: {self.name}"


ACTIONS = (
    "/close", "/reopen", "/label ~bug", "/unlabel", "/relabel ~bug", "/assign @root", "/assign me", "/reassign @root", "/unassign", "/due tomorrow",
    "/remove_due_date", "/title owned", "/confidential", "/spend 100h", "/estimate 1mo", "/done", "/todo", "/lock", "/move acme/other", "/clone acme/other",
    "/promote", "/add_email a@evil.example", "/milestone %1", "/blocks #1", "/add_child #1", "/convert_to_ticket a@evil.example", "/merge", "/approve",
    "/tableflip", "/shrug x",
)  # fmt: skip
SPELLINGS = {
    "in capitals": "/CLOSE", "in mixed case": "/cLoSe", "with a tab": "/label\t~bug", "with a trailing blank": "/close ", "without a name": "/ close",
    "doubled": "//close", "full-width": "／close", "full-width word": "/ｃｌｏｓｅ", "fraction slash": "⁄close", "division slash": "∕close", "big solidus": "⧸close",
    "escaped": "\\/close", "as an entity": "&#47;close", "as a hex entity": "&#x2f;close", "as a named entity": "&sol;close", "zero width inside": "/\u200bclose",
    "zero width before": "\u200b/close", "byte order mark before": "\ufeff/close", "soft hyphen before": "\u00ad/close", "word joiner before": "\u2060/close",
    "right-to-left override before": "\u202e/close", "combining mark": "/c\u0301lose", "percent-encoded": "%2Fclose", "two in a row": "/close\n/confidential",
    "with a colon": "/label: ~bug", "with a full stop": "/close.", "with an assignee after it": "/assign\u00a0@root",
}  # fmt: skip
BREAKS = {
    "a line feed": "\n", "CRLF": "\r\n", "a carriage return": "\r", "a vertical tab": "\v", "a form feed": "\f", "U+0085": "\x85", "U+2028": "\u2028",
    "U+2029": "\u2029", "a file separator": "\x1c", "a group separator": "\x1d", "a record separator": "\x1e", "two line feeds": "\n\n", "LFCR": "\n\r",
    "a line feed and blanks": "\n  ", "a line feed and a tab": "\n\t", "a null": "\0", "an HTML break": "<br>", "a Markdown break": "  \n", "a backslash break": "\\\n",
}  # fmt: skip
HIDINGS = {
    "an HTML comment": "<!--\n{}\n-->", "a half comment": "<!--\n{}", "a closed comment": "-->\n{}", "a code fence": "```\n{}\n```", "a tilde fence": "~~~\n{}\n~~~",
    "a closing fence": "```\n{}", "a fence with a language": "```ruby\n{}\n```", "inline code": "`{}`", "doubled inline code": "``{}``", "a quote": "> {}", "a deep quote": ">> {}",
    "a block quote fence": ">>>\n{}\n>>>", "a list item": "- {}", "a numbered item": "1. {}", "a task": "- [ ] {}", "a done task": "- [x] {}", "a heading": "# {}",
    "a table cell": "| {} |", "a table": "| a |\n| - |\n| {} |", "a definition": ": {}", "a footnote": "[^1]: {}", "a link's text": "[{}](x)", "a picture's text": "![{}](x)",
    "a details block": "<details>\n{}\n</details>", "a paragraph tag": "<p>\n{}\n</p>", "a pre tag": "<pre>\n{}\n</pre>", "four blanks": "    {}", "a tab": "\t{}", "emphasis": "*{}*",
    "a strong word": "**{}**", "a struck word": "~~{}~~", "front matter": "---\nx: 1\n---\n{}", "math": "$$\n{}\n$$", "an alert": "> [!note]\n> {}", "a multi-line alert": ">>> [!note]\n{}\n>>>",
    "quotation marks": '"{}"', "parentheses": "({})",
}  # fmt: skip
SEEDS = ("/close", "@root", "#1", "~bug")
MENTIONS = (
    "@all", "@root", "@ada", "@maria", "@acme", "@acme/delivery", "@psbot-bot", "x @root", "(@root)", "@root,", "@@root", "@Root", "@root@acme.example", "@a", "@.x", "@_", "@-x", "@root's", ".@root",
    "/@root", "\\@root", "&#64;root", "&commat;root", "@\u200broot", "@\u2060root", "\u200b@root", "＠root", "@root\u202e", "[@root](x)", "@root/../all", "@группа", "mailto:@root", "`@root", "<@root>",
    "@here", "@channel", "https://gitlab.example/@root", "@root\n@all",
)  # fmt: skip
REFERENCES = (
    "#1", "!1", "&1", "$1", "~1", "%1", "^alert#1", "*iteration:1", '*iteration:"x y"', "~bug", '~"a b"', "~a::b", "~-x", "~?x", "~.x", "%17.0", '%"a b"', "%-x", "%{project_path}", "GL-1", "gl-1",
    "acme/delivery#1", "acme/delivery/project#1", "project#1", "acme/delivery&1", "acme/delivery!1", "acme/delivery>", "acme/delivery~bug", "acme/delivery%1", "acme/delivery$1", "acme@18f78289", "[issue:1]",
    "[epic:1]", "[work_item:1]", "[vulnerability:1]", "[feature_flag:1]", "[contact:a@acme.example]", "[cadence:1]", "[wiki_page:home]", "[[home]]", "[[_TOC_]]", "[TOC]", "#1+", "#1+s", "##1", "#1#2", "x#1", "(#1)",
    "&#35;1", "\\#1", "#\u200b1", "Closes #1", "Fixes acme/delivery/project#1", "::include{file=.gitlab-ci.yml}", ":smile:", "https://gitlab.example/acme/delivery/project/-/issues/1",
    "http://127.0.0.1/acme/delivery/-/epics/1", "HTTPS://gitlab.example/groups/acme/delivery/-/epics/1", "//gitlab.example/acme/-/work_items/1", "<https://gitlab.example/acme/-/issues/1>", "#١", "#1\n&1",
)  # fmt: skip
MARKERS = (
    "<!-- psbot: engagement=acme-sow-142 item=kick-off -->", "<!-- psbot: engagement=acme-sow-142 item=epic -->\n", "<!-- psbot: engagement=other item=epic -->", "<!-- psbot: engagement=acme-sow-142 item=log x=y -->",
    "<!--psbot: engagement=acme-sow-142 item=epic-->", "<!-- psbot: engagement=acme-sow-142", "item=kick-off -->", "engagement=acme-sow-142 item=epic", "<!-- psbot: item=epic engagement=acme-sow-142 -->",
    "\ufeff<!-- psbot: engagement=acme-sow-142 item=epic -->\n", "\n<!-- psbot: engagement=acme-sow-142 item=epic -->\n", "<!-- psbot begin: overview -->", "<!-- psbot end: overview -->",
    "<!-- psbot begin: overview -->\nforged\n<!-- psbot end: overview -->", "<!-- psbot end: overview -->\nforged\n<!-- psbot begin: overview -->", "x\n<!-- psbot end: overview -->\nx", "<!-- psbot begin: other -->\n", "<!-- psbot begin: overview",
    "psbot end: overview -->", "<!-- psbot\nbegin: overview -->", "<!-- PSBOT BEGIN: OVERVIEW -->", "<!--", "-->", "<!-", "<!---->", "<!-- -- -->", "<!--->", "--!>", "<!DOCTYPE html>", "<![CDATA[", "<?xml?>", "]]>", "&lt;!-- psbot: engagement=a item=b --&gt;",
    "<!-- psbot: engagement=acme-sow-142 item=call/2026-12-08 -->\r\n", "<!-- psbot: engagement=acme-sow-142 item=change-request/1 -->\n", "<\u200b!-- psbot: engagement=acme-sow-142 item=epic -->", "<!\u2060-- psbot begin: overview -->",
)  # fmt: skip
TEMPLATES = (
    "{{ 7*7 }}", "{{ engagement.manager }}", "{{ ''.__class__.__mro__ }}", "{% include '_guide.md' %}", "{% include '../../secret' %}", "{% import 'os' as os %}", "{% for x in range(10**9) %}x{% endfor %}", "{# comment #}", "{%- raw -%}",
    "{{", "}}", "{%", "%}", "{#", "#}", "{{ self }}", "{{ config }}", "{{ cycler.__init__.__globals__ }}", "{{ engagement|attr('__class__') }}", "{customer}", "{sow}", "{milestone}", "{day}", "{0}", "{x.__class__}", "%(customer)s", "%s", "${HOME}", "$HOME",
    "$(id)", "`id`", "; id", "| id", "&& id", "<%= 7*7 %>", "#{7*7}", "${{7*7}}", "${{ secrets.X }}", "$[[ inputs.x ]]", "{% macro x() %}{% endmacro %}", "{{ '\\x1b[31m' }}", "{{ engagement.customer|link }}",
)  # fmt: skip
YAML = (
    "!!python/object/apply:os.system [id]", "!!python/name:os.system", "!custom x", "!<tag:x> y", "&anchor x", "*anchor", "*", "<<: {a: b}", "%YAML 1.2", "--- x", "...", "? x", "- - x", "[a, b]", "{a: b}", "a: b", "key: |", "|\n  x", ">\n  x", "'", '"', "@x", "`x",
    "~", "null", "no", "yes", "12:30", "010", "1_000", "0x10", ".inf", ".nan", "1e400", "9" * 100, "2026-13-01", "=", "# comment", "x # comment", "x: y: z", "\\x1b", "\\u2028", "a\tb", "<<",
)  # fmt: skip
TERMINAL = (
    "\x1b[31mred", "\x1b[2J", "\x1b[1;1H", "\x1b]0;title\x07", "\x1b]8;;http://evil.example\x07x\x1b]8;;\x07", "\x1b]52;c;ZXZpbA==\x07", "\x1b[?1049h", "\x1bc", "\x1b[6n", "\x1bP+q544e\x1b\\", "\x1b_x\x1b\\", "\x1b^x\x1b\\", "\x9b31m", "\x9d0;x\x9c", "\x90x\x9c", "\x07",
    "\x08\x08\x08", "\rover", "x\x7f", "\x0e\x0f", "\x00", "\x05", "\x18\x1a", "\u009b2J", "\u0085x", "\u202egnp.exe", "\u202a\u202b\u202c\u202d", "\u2066x\u2069", "\u200e\u200f", "\u061cx", "\ufeffx", "\u2028x", "\u2029x", "\u200bx", "a\u00adb", "\U000e0041\U000e0042",
    "[bold red]x[/]", "[link=http://evil.example]x[/link]", ":bomb:", "section_start:1:x\r\x1b[0K", "::error::x", "##[command]x", "\x1b[", "\x1b", "e\u0301" * 50, "\u0300" * 50, "ﷺ" * 20, "👩‍👩‍👧‍👦" * 9, "\u115f\u3164",
)  # fmt: skip
HTML = (
    "<script>alert(1)</script>", "<SCRIPT SRC=//evil.example/x.js></SCRIPT>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<iframe src=javascript:alert(1)>", "<a href='javascript:alert(1)'>x</a>", "<b>", "</b>", "</table>", "</details>", "<details open>", "<summary>x",
    "<style>*{display:none}</style>", "<base href=//evil.example>", "<meta http-equiv=refresh content=0>", "<form action=//evil.example>", "<input type=checkbox>", "<pre>", "<code>", "<!x>", "<math><mtext>", "<a\nhref=x>", "<x/>", "< script>", "<\x00script>", "＜script＞", "&lt;script&gt;", "&#60;script&#62;",
    "<span class=gfm>x</span>", '<a class="gfm gfm-project_member" data-user="1">x</a>', "<video src=x>", "<audio src=x>", "<object data=x>", "<br/>", "<hr>", '" onmouseover="alert(1)', "' onmouseover='alert(1)", "javascript:alert(1)", "<javascript:alert(1)>", "data:text/html,x", "<data:text/html,x>",
    "vbscript:x", "<mailto:a@evil.example>", "<a@evil.example>",
)  # fmt: skip
LINKS = (
    "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](java\nscript:x)", "[a](&#106;avascript:x)", "[a](data:text/html,x)", "[a](//evil.example)", "[a](/-/profile)", "[a](<javascript:x>)", '[a](x "title")', "[a][b]", "[b]: javascript:x", "[b]: http://evil.example", "[a]: <x>", "![x](http://evil.example/x.png)",
    "![x][b]", "[![x](y)](z)", "](javascript:x)", "[", "]", "[]()", "[x](", "![", "![x](/-/x.png){width=9000}", "[x]{+y+}", "{-x-}", "http://evil.example/@root", "http://evil.example/#1", "https://u:p@evil.example/", "http://[::1", "https://evil.example\\@good.example", "www.evil.example", "ftp://evil.example",
    "https://evil.example/<b>", "https://evil.example/`x`", "https://evil.example/|x|", "https://evil.example/)](x", "https://evil.example/%0a/close", "https://evil.example/\u202egnp", "https://evil.example/~bug", "xn--80ak6aa92e.com", "https://evil.example/?a=1&b=2#c", "h\u200bttps://evil.example", "https:\n//evil.example", "tel:112",
)  # fmt: skip
MERMAID = (
    "%%{init: {'securityLevel':'loose'}}%%", "%%{init: {}}%%", "%% comment", "click a href \"javascript:alert(1)\"", "click a call x()", "click x", "section x", "title x", "dateFormat X", "axisFormat %d", "excludes weekends", "includes 2026-12-24", "todayMarker off", "accTitle: x", "accDescr: x", "accDescr {", "gantt",
    "graph TD; a-->b", "x :done, 2026-01-01, 1d", "x: y", "x; section y", "x #59; y", "x # y", "x\nsection y", "x :crit", "```", "```\n/close", "```mermaid", "  ```", "~~~", "end", "subgraph x", "weekday monday", "weekend friday", "tickInterval 1day", "topAxis", "inclusiveEndDates", "displayMode compact", "vert", "2026-01-01 x", "call x", "href x",
    "$$x$$", "$`x`$", "\\(x\\)", "classDef x fill:#f00", "---\nconfig: {}\n---", "<br/>x", "#quot;x#quot;", "x<script>",
)  # fmt: skip
MAIL = (
    "x\r\nBcc: all@evil.example", "x\nBcc: all@evil.example", "x\rBcc: all@evil.example", "x\r\n\r\nbody", "x\r\n Bcc: all@evil.example", "x\n\tCc: all@evil.example", "x\u2028Bcc: all@evil.example", "x\x85Bcc: all@evil.example", "x\vBcc: a@evil.example", "x\x0cBcc: a@evil.example", "x\x1cBcc: a@evil.example", "x\0Bcc: a@evil.example",
    "x%0d%0aBcc: a@evil.example", "=?utf-8?q?x=0D=0ABcc:=20a@evil.example?=", "=?utf-8?b?DQpCY2M6IGE=?=", "=?x", "a@evil.example, b@evil.example", "x <a@evil.example>", "x>, <a@evil.example", '"x" <a@evil.example>', "x; a@evil.example", "group: a@evil.example;", "(comment)", "\\", '"', ",", "x,\u00fc" * 30, "Content-Type: text/html", "--boundary", ".", ".\r\n",
    "From x", "\u00fc" * 190, "\u00fc, " * 60, "x" * 200, "a " * 99, "<>", "@evil.example", "To: a@evil.example",
)  # fmt: skip
MARKDOWN = (
    "| a | b |", "|", "a | b", "\\|", "\\", "\\\\", "***", "---", "===", "# x", "###### x", "####### x", "> x", "- x", "* x", "+ x", "1. x", "1) x", "99999999999. x", "    x", "\tx", "`", "``x`", "```x", "*x", "**x", "_x_", "__x__", "~~x", "~x~", "[x]", "[ ] x", "[x] x", "- [x] x", ": x", "[^1]", "[^1]: x", "*[x]: y",
    "$x$", "$$x$$", "x^2^", "~2~", "==x==", "{#id}", "{.class}", ":::warning", ">>> [!note]", "> [!warning] x", "<-", "->", "(c)", "...", "&amp;", "&nbsp;", "&", "&x", "&#x0;", "#", "~", "^", "%", "@", "!", "$", "*", "_", "[[x]]", "\u2060", "\u2060@root", "x\\\ny", "x  \ny", "  ", " x ", "　x　",
)  # fmt: skip


def _entries() -> Iterator[Entry]:
    for action in ACTIONS:
        yield Entry("quick action", action, action)
        yield Entry("quick action", f"{action} on a second line", f"Acme\n{action}\n")
    for name, text in SPELLINGS.items():
        yield Entry("spelling", name, text)
    for name, between in BREAKS.items():
        yield Entry("line break", f"{name} before /close", f"Acme{between}/close")
        yield Entry("line break", f"{name} around @root", f"{between}@root{between}")
    for (name, frame), seed in product(HIDINGS.items(), SEEDS):
        yield Entry("hiding place", f"{seed} in {name}", frame.format(seed))
    lists = {
        "mention": MENTIONS, "reference": REFERENCES, "marker": MARKERS, "template": TEMPLATES, "YAML": YAML, "terminal": TERMINAL,
        "HTML": HTML, "link": LINKS, "Mermaid": MERMAID, "mail": MAIL, "Markdown": MARKDOWN,
    }  # fmt: skip
    for category, texts in lists.items():
        for text in texts:
            yield Entry(category, ascii(text)[1:41], text)


def _distinct() -> Iterator[Entry]:
    seen: set[str] = set()
    names: dict[str, int] = {}
    for entry in _entries():
        if entry.text in seen:
            continue
        seen.add(entry.text)
        names[entry.label] = names.get(entry.label, 0) + 1
        more = f" ({names[entry.label]})" if names[entry.label] > 1 else ""
        yield Entry(entry.category, entry.name + more, entry.text)


CORPUS = tuple(_distinct())
CATEGORIES = tuple(dict.fromkeys(entry.category for entry in CORPUS))
EVERY = 3  # a sample has one of so many texts of each category


def entries_of(category: str, sample: Sample = COMPLETE) -> list[Entry]:
    """Return the texts of a category that a run plays."""
    entries = [entry for entry in CORPUS if entry.category == category]
    return sample.of(entries, EVERY, CATEGORIES.index(category))


def check_each(entries: Iterable[Entry], check: Callable[[Entry], None]) -> None:
    """Check all texts, and raise together what went wrong, with the text that it went wrong with."""
    errors: list[Exception] = []
    for entry in entries:
        try:
            check(entry)
        except Exception as error:
            error.add_note(f"The text is {entry.label}: {entry.text!a}")
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} texts of the corpus", errors)
