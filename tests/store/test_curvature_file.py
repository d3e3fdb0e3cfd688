"""The curvature file: what goes in comes out; other programs open it; what can't be read is said, and left as it is."""

from hashlib import sha256

import h5py
import numpy as np
import pytest

from landscape.curvature_record import DIMS, CurvatureRecord
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.store.curvature_file import FORMAT, read_curvature, write_curvature
from landscape.store.sealed_hdf5 import format_of
from landscape.store.surface_file import write_surface
from landscape.surface import empty_surface

ORIGIN = Origin(
    {"seed": 3, "splits": ["train"], "weight_decay": 0.5},
    {"torch": "2.6.0"},
    {"command": "landscape curvature", "words": "λ and \u201cquotes\u201d"},
)
LENGTHS = {
    "eigenpair": 4,
    "spectrum_index": 6,
    "layer": 3,
    "trace_probe": 2,
    "density_probe": 5,
    "density_step": 7,
    "escape_step": 8,
}


def full(**lengths: int) -> CurvatureRecord:
    """Return a record with every array, odd values among them, and findings of every kind."""
    random = np.random.default_rng(5)
    arrays = {name: random.normal(size=[{**LENGTHS, **lengths}[dim] for dim in dims]) for name, dims in DIMS.items()}
    arrays["escape_loss"][:4] = np.nan, np.inf, -np.inf, -0.0
    findings = {
        "loss": 0.1 + 0.2,
        "gradient_error": None,
        "num_samples": 96,
        "layers": ["a.b", "größer"],
        "hessian": {"kind": "indefinite", "tolerance": 1e-300, "evidence": "λ"},
        "shares": {"errors": [None, 0.5], "exact": False},
        "stages": ["gradient"],
    }
    return CurvatureRecord(arrays, findings, ORIGIN)


def assert_same(found: CurvatureRecord, wanted: CurvatureRecord) -> None:
    assert list(found.arrays) == list(wanted.arrays)
    for name, array in wanted.arrays.items():
        assert found.arrays[name].shape == array.shape and found.arrays[name].tobytes() == array.tobytes(), name
    assert found.findings == wanted.findings and found.origin == wanted.origin


@pytest.mark.parametrize("lengths", [{}, {"trace_probe": 0}, {"density_probe": 0, "eigenpair": 0}], ids=str)
def test_a_record_comes_back_bit_for_bit(tmp_path, lengths):
    write_curvature(full(**lengths), tmp_path / "c.h5")
    assert_same(read_curvature(tmp_path / "c.h5"), full(**lengths))
    assert [path.name for path in tmp_path.iterdir()] == ["c.h5"]


def test_a_record_of_nothing_comes_back_as_nothing(tmp_path):
    write_curvature(CurvatureRecord(), tmp_path / "c.h5")
    found = read_curvature(tmp_path / "c.h5")
    assert found.arrays == {} and found.findings == {} and found.stages == ()


def test_a_record_goes_on_where_it_was_read(tmp_path):
    write_curvature(full(), tmp_path / "c.h5")
    more = read_curvature(tmp_path / "c.h5").also(arrays={"spectrum": np.arange(6.0)}, stage="trace", trace=3.0)
    write_curvature(more, tmp_path / "c.h5")
    found = read_curvature(tmp_path / "c.h5")
    assert found.stages == ("gradient", "trace") and found.findings["trace"] == 3.0
    assert found.arrays["spectrum"].tolist() == [0, 1, 2, 3, 4, 5]


def test_the_same_record_gives_the_same_bytes(tmp_path):
    for name in ("a.h5", "b.h5"):
        write_curvature(full(), tmp_path / name)
    assert len({sha256((tmp_path / name).read_bytes()).digest() for name in ("a.h5", "b.h5")}) == 1


@pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
@pytest.mark.parametrize("lengths", [{}, {"trace_probe": 0}], ids=str)
def test_xarray_opens_it(tmp_path, engine, lengths):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("netCDF4" if engine == "netcdf4" else engine)
    record = full(**lengths)
    write_curvature(record, tmp_path / "c.h5")
    with xarray.open_dataset(tmp_path / "c.h5", engine=engine) as data:
        assert set(data.data_vars) == set(DIMS) and dict(data.sizes) == {**LENGTHS, **lengths}
        for name, array in record.arrays.items():
            assert data[name].dims == DIMS[name] and np.array_equal(data[name].values, array, equal_nan=True), name
        assert data.attrs["format"] == FORMAT and data.attrs["Conventions"] == "CF-1.8"
        assert data["escape_loss"].attrs == {"long_name": "escape loss", "units": "nat"}


def test_netcdf4_opens_it(tmp_path):
    netcdf = pytest.importorskip("netCDF4")
    write_curvature(full(), tmp_path / "c.h5")
    with netcdf.Dataset(tmp_path / "c.h5") as data:
        data.set_auto_mask(False)
        assert {name: len(dim) for name, dim in data.dimensions.items()} == LENGTHS
        for name, array in full().arrays.items():
            assert data.variables[name].dimensions == DIMS[name]
            assert np.ascontiguousarray(data.variables[name][...]).tobytes() == array.tobytes()
        assert set(data.groups) == {"findings", "origin"}


def refusal(path) -> str:
    """Return the sentence with which a file is refused, and check that it is left as it is."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(OSError) as caught:
        read_curvature(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    return str(caught.value)


def test_a_file_that_is_none_or_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "c.h5"
    assert refusal(path) == f"there is no curvature file {path}"
    assert refusal(tmp_path) == f"there is no curvature file {tmp_path}"
    path.write_text("text")
    assert refusal(path) == f"{path} is not an HDF5 file, or its head is damaged; it was left as it is"
    write_surface(empty_surface(Grid([-0.5, 2.0]), ["train_loss"]), path)
    assert refusal(path) == f"{path} is an HDF5 file of another kind, not a curvature analysis; it was left as it is"


def test_a_damaged_file_is_refused_wherever_the_damage_is(tmp_path):
    path = tmp_path / "c.h5"
    write_curvature(full(), path)
    whole = path.read_bytes()
    said = f"{path} is damaged (it holds other bytes than were written); it was left as it is"
    others = (said, f"{path} is not an HDF5 file, or its head is damaged; it was left as it is")
    for place in np.random.default_rng(8).integers(0, len(whole) - 100, 60):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(place % 8)
        path.write_bytes(damaged)
        assert refusal(path) in others
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path).startswith(f"{path} is damaged (")


@pytest.mark.parametrize("name", ["findings", "origin", "origin/identity"])
def test_a_file_with_a_part_missing_is_refused(tmp_path, name):
    path = tmp_path / "c.h5"
    write_curvature(full(), path)
    with h5py.File(path, "r+") as file:
        del file[name]
    said = refusal(path)
    assert said.startswith(f"{path} is damaged (") and said.endswith("); it was left as it is")


def test_arrays_that_do_not_fit_each_other_make_no_record():
    with pytest.raises(ValueError) as caught:
        CurvatureRecord({"eigenvalue": np.zeros(3), "eigenvalue_residual": np.zeros(2)})
    assert str(caught.value) == "eigenvalue_residual has 2 along eigenpair, where other arrays have 3"
    with pytest.raises(ValueError) as caught:
        CurvatureRecord({"eigenvalue": np.zeros((3, 1))})
    assert str(caught.value) == "a curvature record has no array eigenvalue of 2 axes"


def test_the_format_of_a_file_is_told_or_nothing(tmp_path):
    write_curvature(full(), tmp_path / "c.h5")
    (tmp_path / "text").write_text("text")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["mine"] = [1]
    names = ("c.h5", "text", "foreign.h5", "nowhere", ".")
    assert [format_of(tmp_path / name) for name in names] == [FORMAT, "", "", "", ""]
