"""What the checks know of C: tokens, and the files to look at.

The tokenizer understands comments, strings, character constants, line
continuations and preprocessor lines; it does not expand macros.
"""
import os
import re
import sys
from collections import namedtuple

LAYERS = ("base", "config", "mail", "net", "smtp", "spool", "delivery", "cli")
# Beside them: what only a program of its own links, and what that may use.
BRANCHES = {"oauth": ("base", "config", "net", "oauth")}
MAINS = ("src/main.c", "src/oauth_main.c")

# kind: word, number, string, char, comment, directive, or op
Token = namedtuple("Token", "kind text line")

TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\f\r]|\\\n)+)
    | (?P<newline>\n)
    | (?P<comment>/\*.*?\*/|//(?:\\\n|[^\n])*)
    | (?P<string>"(?:\\.|[^"\\\n])*")
    | (?P<char>'(?:\\.|[^'\\\n])*')
    | (?P<word>[A-Za-z_]\w*)
    | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
    | (?P<op>&&|\|\||->|\+\+|--|.)""",
    re.S | re.X)

DIRECTIVE = re.compile(r"#(?:/\*.*?\*/|\\\n|[^\n])*", re.S)


def tokens(text):
    """All tokens; a preprocessor line is one token, with its comments."""
    found = []
    at, line, fresh = 0, 1, True
    while at < len(text):
        match = None
        if fresh and text[at] == "#":
            match, kind = DIRECTIVE.match(text, at), "directive"
        if match is None:
            match = TOKEN.match(text, at)
            kind = match.lastgroup
        piece = match.group()
        if kind not in ("space", "newline"):
            found.append(Token(kind, piece, line))
        if kind == "newline":
            fresh = True
        elif kind not in ("space", "comment"):
            fresh = False
        line += piece.count("\n")
        at = match.end()
    return found


def code(text):
    """The tokens that a compiler would parse."""
    return [t for t in tokens(text) if t.kind not in ("comment", "directive")]


def top():
    here = os.path.dirname(os.path.abspath(__file__))
    return os.environ.get("top_srcdir") or os.path.dirname(
        os.path.dirname(here))


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def files(folders, ends):
    """Paths relative to the top, sorted."""
    found = []
    for folder in folders:
        for where, below, names in os.walk(os.path.join(top(), folder)):
            below[:] = [d for d in below if not d.startswith((".", "_"))]
            for name in names:
                if name.endswith(ends) and not name.startswith("."):
                    path = os.path.join(where, name)
                    found.append(os.path.relpath(path, top()))
    return sorted(found)


def report(messages):
    """Prints what was found; the exit status."""
    for message in messages:
        print(message, file=sys.stderr)
    return 1 if messages else 0
