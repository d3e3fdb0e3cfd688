"""Tell how far pictures of networks of the zoo can be believed, and write docs/belief-of-the-zoo.md."""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

FOLDER = ROOT / "outputs" / "belief"
SURFACE = ["--num-samples", "256", "--planes", "3", "--x", "-1:1:15", "--y", "-1:1:15", "--belief", "full"]


def main() -> None:
    # Importable from a bare checkout only now that its root is on the path.
    from landscape.figures.belief_gallery import belief_gallery_text
    from landscape.problem.zoo import read_zoo
    from landscape.store.surface_file import read_surface

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks of the zoo")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where data sets' files lie")
    parser.add_argument("--ranks", type=int, default=2)
    chosen = parser.parse_args()
    zoo = read_zoo()
    if unknown := [name for name in chosen.names if name not in zoo]:
        sys.exit(f"believe_zoo.py: the zoo has no network {unknown[0]!r}; choose among {', '.join(zoo)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in chosen.names:
        out = f"outputs/belief/{name}"
        run("mpirun", "-n", str(chosen.ranks), sys.executable, "scripts/plot_surface.py", "--checkpoint", f"zoo:{name}",
            "--data-dir", str(chosen.data_dir), "--out", out, *SURFACE)  # fmt: skip
        run(
            sys.executable,
            "-m",
            "landscape",
            "figure",
            f"{out}.h5",
            "--plane",
            "1",
            "--format",
            "png",
            "--dpi",
            "130",
            "--out",
            f"{out}.png",
        )
    surfaces = {name: read_surface(FOLDER / f"{name}.h5") for name in zoo if (FOLDER / f"{name}.h5").is_file()}
    (ROOT / "docs" / "belief-of-the-zoo.md").write_text(belief_gallery_text(surfaces))


def run(*command: str) -> None:
    print(" ".join(command), flush=True)
    if status := subprocess.run(command, cwd=ROOT).returncode:
        sys.exit(f"believe_zoo.py: stopped, since the command above ended with {status}")


if __name__ == "__main__":
    main()
