"""Sample train and test loss around each network of the zoo, draw it, and write docs/gallery.md; `make gallery` runs this."""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


FOLDER = ROOT / "outputs" / "gallery"
NUM_SAMPLES = 1000


def options(network, data_dir: Path) -> list[str]:
    """Return how a network is sampled: 1,000 samples a split, or all where a split has fewer."""
    from landscape.problem.datasets import open_dataset

    sizes = [len(samples) for samples in open_dataset(network.dataset, data_dir=data_dir).splits.values()]
    number = str(NUM_SAMPLES) if min(sizes) >= NUM_SAMPLES else "all"
    return ["--checkpoint", f"zoo:{network.name}", "--split", "both", "--num-samples", number,
            "--x", "-1:1:25", "--y", "-1:1:25", "--precision", "bf16"]  # fmt: skip


def main() -> None:
    # Importable from a bare checkout only now that its root is on the path.
    from landscape.figures.gallery import gallery_text
    from landscape.problem.zoo import read_zoo
    from landscape.store.surface_file import read_surface

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks of the zoo (default: all)")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where data sets' files lie")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--overwrite", action="store_true", help="begin surfaces anew, where a network was replaced")
    parser.add_argument(
        "--text-only", action="store_true", help="write docs/gallery.md from the surfaces that are there"
    )
    chosen = parser.parse_args()
    zoo = read_zoo()
    if unknown := [name for name in chosen.names if name not in zoo]:
        sys.exit(f"make_gallery.py: the zoo has no network {unknown[0]!r}; choose among {', '.join(zoo)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for network in [] if chosen.text_only else [zoo[name] for name in chosen.names or zoo]:
        try:
            how = options(network, chosen.data_dir)
        except (OSError, ValueError) as error:
            print(f"{network.name} is left out: {error}", flush=True)
            continue
        out = (FOLDER / network.name).relative_to(ROOT)
        run("mpirun", "-n", str(chosen.ranks), sys.executable, "scripts/plot_surface.py", *how,
            "--data-dir", str(chosen.data_dir), "--out", str(out), *["--overwrite"] * chosen.overwrite)  # fmt: skip
        for kind in ("contour", "surface"):
            run(sys.executable, "-m", "landscape", "figure", f"{out}.h5", "--kind", kind, "--format", "png", "--dpi", "130",
                "--out", f"{out}-{kind}.png")  # fmt: skip
    found = {name: read_surface(FOLDER / f"{name}.h5") for name in zoo if (FOLDER / f"{name}.h5").is_file()}
    (ROOT / "docs" / "gallery.md").write_text(gallery_text(zoo, found, compared(), paths()))


def compared() -> dict:
    """Return what lies in outputs/compare by name: comparisons, and lines between networks; the planes of these are not listed."""
    from landscape.store.comparison_file import FORMAT, read_comparison
    from landscape.store.sealed_hdf5 import format_of
    from landscape.store.surface_file import read_surface

    paths = [path for path in sorted((ROOT / "outputs" / "compare").glob("*.h5")) if not path.stem.endswith("-plane")]
    return {path.stem: (read_comparison if format_of(path) == FORMAT else read_surface)(path) for path in paths}


def paths() -> dict:
    """Return the surfaces with paths in outputs/paths by name; the files of the checkpoints beside them are not listed."""
    from landscape.store.surface_file import read_surface

    files = sorted((ROOT / "outputs" / "paths").glob("*.h5"))
    return {file.stem: read_surface(file) for file in files if not file.stem.endswith("-path")}


def run(*command: str) -> None:
    print(" ".join(command), flush=True)
    if status := subprocess.run(command, cwd=ROOT).returncode:
        sys.exit(f"make_gallery.py: stopped, since the command above ended with {status}")


if __name__ == "__main__":
    main()
