"""Draw random symmetric matrices, and show how rarely all eigenvalues of one are positive."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    # Importable from a bare checkout only now that its root is on the path.
    from landscape.curvature.random_matrices import count_minima
    from landscape.figures.random_matrices_page import write_minima_page

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dimensions", type=int, default=6, metavar="N", help="from one row to N (default: 6)")
    parser.add_argument("--matrices", type=int, default=100_000, metavar="K", help="of each size (default: 100000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("outputs/random-minima"), help="OUT.html")
    options = parser.parse_args()
    dimensions = range(1, options.dimensions + 1)
    try:
        counts = count_minima(dimensions, options.matrices, options.seed)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        page = options.out.with_name(f"{options.out.name}.html")
        write_minima_page(dimensions, counts, options.matrices, options.seed, page)
    except (ValueError, OSError) as error:
        print(f"random_minima.py: {error}", file=sys.stderr)
        sys.exit(2)
    for dimension, count in zip(dimensions, counts):
        print(f"{dimension} dimensions: {count} of {options.matrices} are minima")
    print(f"page: {page}")


if __name__ == "__main__":
    main()
