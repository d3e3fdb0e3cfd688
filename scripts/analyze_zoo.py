"""Analyze the curvature at networks of the zoo, and write docs/curvature-of-the-zoo.md."""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

FOLDER = ROOT / "outputs" / "curvature"
MAP = ["--num-samples", "100", "--curvature-map", "--x", "-1:1:15", "--y", "-1:1:15"]


def main() -> None:
    # Importable from a bare checkout only now that its root is on the path.
    from landscape.figures.curvature_gallery import curvature_gallery_text
    from landscape.problem.zoo import read_zoo
    from landscape.store.curvature_file import read_curvature
    from landscape.store.surface_file import read_surface

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks of the zoo")
    parser.add_argument(
        "--map", action="append", default=[], metavar="NAME", help="also map the eigenvalues around this one"
    )
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where data sets' files lie")
    parser.add_argument("--ranks", type=int, default=2)
    chosen = parser.parse_args()
    zoo = read_zoo()
    if unknown := [name for name in (*chosen.names, *chosen.map) if name not in zoo]:
        sys.exit(f"analyze_zoo.py: the zoo has no network {unknown[0]!r}; choose among {', '.join(zoo)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    launch = ["mpirun", "-n", str(chosen.ranks), sys.executable]
    for name in chosen.names:
        run(*launch, "scripts/analyze_curvature.py", *of(name, chosen, f"outputs/curvature/{name}"))
    for name in chosen.map:
        out = f"outputs/curvature/{name}-map"
        run(*launch, "scripts/plot_surface.py", *of(name, chosen, out), *MAP)
        run(sys.executable, "-m", "landscape", "figure", f"{out}.h5", "--metric", "train_eigenvalue_ratio", "--scale",
            "linear", "--format", "png", "--dpi", "130", "--out", f"{out}.png")  # fmt: skip
    records = {name: read_curvature(FOLDER / f"{name}.h5") for name in zoo if (FOLDER / f"{name}.h5").is_file()}
    maps = {name: read_surface(FOLDER / f"{name}-map.h5") for name in zoo if (FOLDER / f"{name}-map.h5").is_file()}
    (ROOT / "docs" / "curvature-of-the-zoo.md").write_text(curvature_gallery_text(records, maps))


def of(name: str, chosen: argparse.Namespace, out: str) -> list[str]:
    return ["--checkpoint", f"zoo:{name}", "--data-dir", str(chosen.data_dir), "--out", out]


def run(*command: str) -> None:
    print(" ".join(command), flush=True)
    if status := subprocess.run(command, cwd=ROOT).returncode:
        sys.exit(f"analyze_zoo.py: stopped, since the command above ended with {status}")


if __name__ == "__main__":
    main()
