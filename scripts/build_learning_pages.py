"""Make the learning pages of docs/learn, by the commands that stand in them; `make learn` runs this."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "docs" / "learn"
sys.path.insert(0, str(ROOT))


def main() -> None:
    # Importable from a bare checkout only now that its root is on the path.
    try:
        from landscape.figures.lesson import FOLDER, index_html, lesson_from, lesson_html
    except ModuleNotFoundError as missing:
        sys.exit(f"build_learning_pages.py: {missing.name} is needed; `pip install -e '.[learn]'` brings it")
    from landscape.store.whole_file import write_whole

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="run each command at reduced size")
    parser.add_argument("--overwrite", action="store_true", help="begin anew what is there, where a text has changed")
    parser.add_argument(
        "--into",
        type=Path,
        help="where the commands run, and outputs/learn lies (default: here; with --quick, outputs/quick)",
    )
    parser.add_argument("--text-only", action="store_true", help="write the pages' texts, and run nothing")
    options = parser.parse_args()
    into = options.into or (ROOT / "outputs" / "quick" if options.quick else ROOT)
    (into / FOLDER).mkdir(parents=True, exist_ok=True)
    try:
        lessons = [lesson_from(path.stem, path.read_text(encoding="utf-8")) for path in sorted(SOURCES.glob("*.md"))]
    except ValueError as error:
        sys.exit(f"build_learning_pages.py: {error}")
    for lesson in lessons:
        for command in [] if options.text_only else lesson.commands:
            run(command.arguments(reduced=options.quick), into, overwrite=options.overwrite)
        if missing := [figure.page for figure in lesson.figures if not (into / figure.page).is_file()]:
            sys.exit(f"build_learning_pages.py: {lesson.name} shows {missing[0]}, which none of its commands made")
        write_whole(into / FOLDER / f"{lesson.name}.html", lesson_html(lesson, lessons).encode())
    write_whole(into / FOLDER / "index.html", index_html(lessons).encode())
    print(f"Open {into / FOLDER / 'index.html'} in a browser.")


def run(command: tuple[str, ...], folder: Path, *, overwrite: bool) -> None:
    """Run a command of a text in a folder: by this interpreter, and by the programs of this checkout."""
    print(" ".join(command), flush=True)
    program, *arguments = command
    if program == "landscape":
        called = ["-m", "landscape", *arguments]
        called += ["--overwrite"] * (overwrite and arguments[0] != "page")
    else:  # python scripts/NAME.py
        called = [str(ROOT / arguments[0]), *arguments[1:]]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run([sys.executable, *called], cwd=folder, env={**os.environ, "PYTHONPATH": paths})
    if done.returncode:
        sys.exit(f"build_learning_pages.py: stopped, since the command above ended with {done.returncode}")


if __name__ == "__main__":
    main()
