"""A learning page: a text of `docs/learn` with the commands that make its figures, and what becomes of it as HTML."""

import html
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from string import Template

from markdown_it import MarkdownIt
from markdown_it.token import Token

from landscape.figures.shell import asset

FOLDER = PurePosixPath("outputs/learn")  # where the commands leave figures, and pages lie
FIGURE = re.compile(r"<!-- figure ([^\s#]+)(#\S+)? (\d+): (.+?) -->\s*", re.S)
LINK = re.compile(r"(\d\d-[\w-]+)\.md")
PROGRAMS = ("landscape ", "python scripts/")


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it stands in the text.

    Attributes:
        words: The program and its arguments.
        reduced: What is appended where it is run at reduced size.
    """

    words: tuple[str, ...]
    reduced: tuple[str, ...] = ()

    def arguments(self, *, reduced: bool) -> tuple[str, ...]:
        return (*self.words, *self.reduced) if reduced else self.words


@dataclass(frozen=True, slots=True)
class Figure:
    """An interactive page within a learning page.

    Attributes:
        page: Where a command leaves it.
        view: What stands after it in the address, such as #step=40; may be empty.
        height: In pixels.
        words: What it shows.
    """

    page: PurePosixPath
    view: str
    height: int
    words: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A learning page.

    Attributes:
        name: Of its file, without a suffix; names sort in the pages' order.
        title, summary: Its heading, and its first paragraph as plain text.
        body: All below the heading as HTML, figures in frames.
    """

    name: str
    title: str
    summary: str
    commands: tuple[Command, ...]
    figures: tuple[Figure, ...]
    body: str


def lesson_from(name: str, text: str) -> Lesson:
    """Read a learning page's Markdown.

    It begins with a heading and a paragraph that says what it is about. Fenced blocks hold commands, one a line, or over
    several that end in a backslash; what stands after the block's language is appended to each where size is reduced.
    A comment such as `<!-- figure outputs/learn/race.html#step=9 900: what it shows -->` puts an interactive page in its
    place, 900 pixels high.

    Raises:
        ValueError: The heading, the paragraph, a command or a figure is missing, or a block holds what is no command.
    """
    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(text)
    kinds = [token.type for token in tokens]
    if kinds[:6] != ["heading_open", "inline", "heading_close", "paragraph_open", "inline", "paragraph_close"]:
        raise ValueError(f"{name} must begin with a heading and then a paragraph that says what the page is about")
    commands = tuple(command for token in tokens if token.type == "fence" for command in _commands_in(name, token))
    figures = tuple(figure for token in tokens for figure in _figures_in(token))
    if not commands or not figures:
        raise ValueError(
            f"{name} needs a command in a fenced block and a figure, but has {len(commands)} and {len(figures)}"
        )
    for token in tokens:
        _made_html(token)
    body = parser.renderer.render(tokens[3:], parser.options, {})
    return Lesson(name, _plain(tokens[1]), _plain(tokens[4]), commands, figures, body)


def lesson_html(lesson: Lesson, lessons: Sequence[Lesson]) -> str:
    """Return a learning page, with ways to the one before and the one after; the same text gives the same bytes."""
    place = lessons.index(lesson)
    ways = ['<a href="index.html">All pages</a>']
    for words, other in (("Before", place - 1), ("Next", place + 1)):
        if 0 <= other < len(lessons):
            near = lessons[other]
            ways.append(f'<a href="{near.name}.html">{words}: {html.escape(near.title)}</a>')
    heading = f"<h1>{html.escape(lesson.title)}</h1>\n"
    return _page(lesson.title, f'<article class="lesson">\n{heading}{lesson.body}</article>', ways)


def index_html(lessons: Sequence[Lesson]) -> str:
    """Return the page of all learning pages, a card each."""
    cards = [
        f'<li><a class="card" href="{lesson.name}.html"><h2>{place}. {html.escape(lesson.title)}</h2>'
        f"<p>{html.escape(lesson.summary)}</p></a></li>"
        for place, lesson in enumerate(lessons, 1)
    ]
    lead = "Short texts, each with a figure to play with that the command beside it makes."
    body = f"<h1>Learning pages</h1>\n<p>{lead}</p>\n<ol class='cards'>\n{chr(10).join(cards)}\n</ol>"
    return _page("Learning pages", body, [])


def _page(title: str, body: str, ways: Sequence[str]) -> str:
    nav = f'<nav aria-label="Pages">{" ".join(ways)}</nav>' if ways else ""
    parts = {"title": html.escape(title), "style": asset("learn/learn.css"), "nav": nav, "body": body}
    return Template(asset("learn/learn.html")).substitute(parts)


def _commands_in(name: str, token: Token) -> list[Command]:
    reduced = tuple(shlex.split(token.info.partition(" ")[2]))
    lines = [line for line in token.content.replace("\\\n", " ").splitlines() if line.strip()]
    for line in lines:
        if not line.startswith(PROGRAMS):
            raise ValueError(f"{name}: a fenced block must hold commands of this project, but one begins {line[:40]!r}")
    return [Command(tuple(shlex.split(line)), reduced) for line in lines]


def _figures_in(token: Token) -> list[Figure]:
    if token.type != "html_block":
        return []
    found = FIGURE.findall(token.content)
    return [Figure(PurePosixPath(page), view, int(height), words) for page, view, height, words in found]


def _made_html(token: Token) -> None:
    """Put figures in place of their comments, pages in place of linked sources, and whole words into commands."""
    if token.type == "fence":
        words = re.sub(r"\S+", lambda word: f"<span>{html.escape(word[0])}</span>", token.content)
        token.type, token.content = "html_block", f"<pre><code>{words}</code></pre>\n"
        return
    if token.type == "html_block":
        token.content = "".join(map(_frame, _figures_in(token)))
    for child in token.children or ():
        if child.type == "link_open" and (found := LINK.fullmatch(str(child.attrs["href"]))):
            child.attrs["href"] = f"{found[1]}.html"


def _frame(figure: Figure) -> str:
    place, words = html.escape(str(figure.page.relative_to(FOLDER))), html.escape(figure.words)
    return (
        f'<figure><iframe src="{place}{html.escape(figure.view)}" title="{words}" loading="lazy" style="height:{figure.height}px"></iframe>\n'
        f'<figcaption>{words} <a href="{place}">The figure by itself</a></figcaption></figure>\n'
    )


def _plain(token: Token) -> str:
    return " ".join("".join(child.content if child.type != "softbreak" else " " for child in token.children).split())
