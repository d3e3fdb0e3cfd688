"""The house's order: who may import whom, who owns which library, and how large a module gets."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "landscape").rglob("*.py"))
LONGEST = 300
# A room may import from itself and from rooms before it; the first holds the values.
ROOMS = (
    "values",
    "problem",
    "sweep",
    "curvature",
    "belief",
    "flatness",
    "path",
    "race",
    "store",
    "figures",
    "film",
    "training",
    "callbacks",
    "sampling",
    "cli",
)
OWNERS = {
    "h5py": {
        "landscape/store/sealed_hdf5.py",
        "landscape/store/surface_file.py",
        "landscape/store/run_file.py",
        "landscape/store/curvature_file.py",
        "landscape/store/reference_file.py",
        "landscape/store/direction_file.py",
        "landscape/store/comparison_file.py",
        "landscape/store/race_file.py",
    },
    "mpi4py": {"landscape/sweep/world.py"},
    "plotly": {"landscape/figures/plots.py", "landscape/figures/payload.py", "landscape/figures/run_page.py"}
    | {"landscape/figures/plotly_picture.py", "landscape/figures/curvature_page.py"}
    | {"landscape/figures/curvature_plots.py", "landscape/figures/curvature_compare.py"}
    | {"landscape/figures/between_plots.py", "landscape/figures/path_plots.py"}
    | {"landscape/figures/random_matrices_page.py"},
    "matplotlib": {"landscape/figures/print_figure.py", "landscape/film/stage.py", "landscape/film/movers.py"},
    "markdown_it": {"landscape/figures/lesson.py"},
    "kaleido": {"landscape/figures/plotly_picture.py"},
    "scipy": {"landscape/curvature/newton.py", "landscape/belief/shares.py", "landscape/flatness/keskar.py"}
    | {"landscape/flatness/account.py", "landscape/flatness/rank_correlation.py"},
    "contourpy": {"landscape/figures/plots.py", "landscape/belief/flat_region.py"},
    "tqdm": {"landscape/cli/progress.py"},
    "trimesh": {"landscape/figures/mesh_file.py"},
    "pyevtk": {"landscape/store/vtk_file.py"},
    "PIL": {"landscape/problem/images.py", "landscape/film/film_file.py"},
    "imageio_ffmpeg": {"landscape/film/film_file.py"},
    "sklearn": {"landscape/problem/datasets.py"},
    "safetensors": {"landscape/problem/checkpoints.py", "landscape/store/weights_file.py"},
    "lightning": {"landscape/callbacks/lightning.py"},
    "transformers": {"landscape/callbacks/transformers.py"},
}
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}  # the latter without Qt


@cache
def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found.add(node.module)
    return found


def room(module: str) -> str:
    parts = module.split(".")
    inner = parts[1] if len(parts) > 1 else "cli"  # the public face sees everything, as the program does
    if inner == "__main__":
        return "cli"
    return inner if inner in ROOMS else "values"


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_one_way(path):
    own = ROOMS.index(room(name_of(path)))
    for imported in imports(path):
        if imported.split(".")[0] == "landscape":
            assert ROOMS.index(room(imported)) <= own, f"{name_of(path)} imports {imported}"


@pytest.mark.parametrize("library", OWNERS)
def test_an_edge_library_has_one_owner(library):
    users = {str(path.relative_to(ROOT)) for path in MODULES if any(n.split(".")[0] == library for n in imports(path))}
    assert users <= OWNERS[library] and users


def test_the_library_never_imports_our_models():
    assert not [path for path in MODULES if any(name.split(".")[0] == "models" for name in imports(path))]


def test_models_know_nothing_of_the_library():
    for path in (ROOT / "models").glob("*.py"):
        assert "landscape" not in path.read_text()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_owns_and_holds_one_idea(path):
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
    assert len(text.splitlines()) <= LONGEST


def test_conda_and_pip_name_the_same_packages():
    tomllib = pytest.importorskip("tomllib")  # from Python 3.11 on
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {requirement(line) for line in project["dependencies"] + extras["mpi"] + extras["mpich"]}
    wanted = {(CONDA_NAMES.get(name, name), bound) for name, bound in wanted}
    lines = re.findall(r"^  - (\S+)$", (ROOT / "environment.yml").read_text(), re.M)
    found = {requirement(line) for line in lines} - {
        ("python", ">=3.10"),
        ("pip", ""),
        ("conda-forge", ""),
        ("pip:", ""),
    }
    assert found == wanted


def requirement(line: str) -> tuple[str, str]:
    name = re.match(r"[A-Za-z0-9_:-]+?(?=>=|$)", line).group()
    return name, line[len(name) :]


def test_every_room_is_packed():
    packed = set(re.findall(r'^    "(landscape(?:\.\w+)?)",$', (ROOT / "pyproject.toml").read_text(), re.M))
    assert packed == {"landscape", *(f"landscape.{path.parent.name}" for path in ROOT.glob("landscape/*/__init__.py"))}


def test_nothing_happens_at_import():
    import subprocess
    import sys

    program = (
        "import sys, landscape; heavy = {'torch', 'h5py', 'plotly', 'mpi4py', 'matplotlib', 'numpy'} & set(sys.modules); "
        "import landscape.cli.main; heavy |= {'torch', 'h5py', 'plotly', 'mpi4py', 'matplotlib'} & set(sys.modules); print(sorted(heavy))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert out.strip() == "[]"
