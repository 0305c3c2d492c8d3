"""Texts that people write every day and that must be shown as typed: nothing in them is meant to act."""

PRICES = (
    "Fee: US$100-$200 per seat", "$100/$200", "US$/user, US$/year", "$5", "CA$ 1,000.00", "100 $", "$1.50 + $2.50 = $4",
    "€ 5", "50% off", "100%", "5% to 10%", "from $100 to $ 200", "$$100$$",
)  # fmt: skip
ADDRESSES = (
    "jane@acme.com", "write to jane.doe+gitlab@mail.acme-corp.co.uk, please", "john_doe@acme.com", "(jane@acme.com)",
    "mailto:jane@acme.com", "https://acme.example", "https://acme.example/", "see https://acme.example/a_b/c-d.html.",
    "(https://acme.example:8443/x?a=1&b=2#top)", "http://10.0.0.1:8080/health", "www.acme.example/a_b",
    "https://acme.example/My%20Documents/plan.docx", "https://acme.example/a_b_c?x_y=1", "ftp://acme.example/a_b",
    "git@gitlab.acme.com:group/project.git", "https://github.com/acme/x/issues/12", "https://acme.example/~jane/#1",
)  # fmt: skip
PATHS = (
    "~/.ssh/id_rsa", "/etc/hosts", "C:\\Users\\jane\\_new", "\\\\server\\share$", "./run.sh", "../up", "a/b/c", "*.txt",
    "src/**/*.py", "~jane/x", "//server/share", "C:\\$Recycle.Bin", "%APPDATA%\\x",
)  # fmt: skip
SHELL = (
    "$HOME/bin:$PATH", "${HOME}", "$(id -un)", "echo $1 $2 $@ $#", "export A=$B", "a && b || c", "x > y < z", "[[ -f x ]]",
    "`ls`", "cd ~ && ls", "!!", "kill %1", "%{http_code}", "$$", "#!/bin/sh", "--force", "a|b",
)  # fmt: skip
FORMULAS = (
    "a $x$ b", "$x^2$", "$`x`$", "$$\\sum x$$", "x^2 + y_1 * z_2", "2*3*4", "a_b_c", "5 < 6 > 4", "1 + 1 = 2", "n!", "~5",
    "= 4", "+49 30 1234", "-5 to +5", "3. floor", "4) four", "C#", "F# and C++", "R&D", "AT&T", "&amp; &copy; &#35;", "#1",
    "[x]", "[1]", "[^1]", "(c)", "{+ x +}", "[- y -]", "[+ z +]", "a | b", "| a | b |", "**", "__init__", "- [ ] x",
)  # fmt: skip
EMOJI_CODES = (
    ":tada:",
    ":+1:",
    ":smile: and :-)",
    "10:30:45",
    "key: value",
    "a::b",
    "::1",
    "::include{file=x}",
    "12:30",
)
HARMLESS = (*PRICES, *ADDRESSES, *PATHS, *SHELL, *FORMULAS, *EMOJI_CODES)
