"""Options that several commands share, and how their texts are read."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from landscape.sweep.world import Mistake

OPTION, NEGATIVE = re.compile("--[a-z0-9-]+"), re.compile(r"-(\d|\.\d|inf|nan)")


class Parser(argparse.ArgumentParser):
    """Argparse that raises a user's mistake instead of printing it on every rank."""

    def __init__(self, *positional, **keywords) -> None:
        super().__init__(*positional, allow_abbrev=False, **keywords)

    def options_of(self, arguments: Sequence[str]) -> argparse.Namespace | None:
        """Return what the arguments say; None where they ask for help, which is then printed.

        Raises:
            Mistake: They are not what the options take.
        """
        try:
            return self.parse_args(_with_negative_values(arguments))
        except SystemExit:  # --help
            return None

    def error(self, message: str):
        raise Mistake(f"{message}; `{self.prog} --help` lists the options")


def _with_negative_values(arguments: Sequence[str]) -> list[str]:
    """Join `--x -1:1:51` into `--x=-1:1:51`, which argparse would take for an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and OPTION.fullmatch(joined[-1]) and NEGATIVE.match(argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def add_model_options(parser: argparse.ArgumentParser, default: str | None) -> None:
    group = parser.add_argument_group("model")
    group.add_argument(
        "--model",
        default=default,
        help="a name (vgg56, resnet56, ...), torchvision:NAME, package.module:factory or path/file.py:factory"
        + _default_words(default),
    )
    group.add_argument(
        "--model-arg",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an argument of the model's factory; repeat",
    )


def add_data_options(parser: argparse.ArgumentParser, default: str | None) -> None:
    group = parser.add_argument_group("data")
    group.add_argument(
        "--dataset",
        default=default,
        help="digits, cifar10, cifar100, mnist, fashionmnist, npz:FILE, folder:DIR, package.module:factory or path/file.py:factory"
        + _default_words(default),
    )
    group.add_argument(
        "--data-dir", type=Path, default=Path("data"), help="where a data set's files lie (default: data)"
    )
    group.add_argument(
        "--cache-dir", type=Path, help="where decoded data are kept, one copy a node (default: the user's cache)"
    )
    group.add_argument("--download", action="store_true", help="fetch a data set's files where they are missing")


def _default_words(default: str | None) -> str:
    return f" (default: {default})" if default else ""


def model_arguments(pairs: Sequence[str]) -> dict[str, object]:
    """Return KEY=VALUE pairs with numbers, true and false as such.

    Raises:
        ValueError: A pair has no equals sign or no key.
    """
    found = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not key or not equals:
            raise ValueError(f"--model-arg must be KEY=VALUE, not {pair!r}")
        found[key] = _value(text)
    return found


def numbers(text: str | None, option: str) -> tuple[float, ...] | None:
    """Return numbers separated by commas; None for None.

    Raises:
        ValueError: A part is no number.
    """
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"{option} must be numbers separated by commas, such as 0.5,0.5,0.5, not {text!r}") from None


def _value(text: str) -> object:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
