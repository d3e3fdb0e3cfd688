import h5py
import numpy as np
import pytest

from landscape.origin import Origin
from landscape.run_record import RunRecord, columns_of
from landscape.store.run_file import read_run, write_run


def record() -> RunRecord:
    columns = {"train_loss": [2.5, 0.25, np.nan], "epoch_s": [3.0, 2.0, 4.0], "test_accuracy": [0.1, 0.7, 0.6]}
    origin = Origin({"recipe": {"seed": 3}}, {"torch": "2"}, {"command": "landscape train", "notes": ["a"]})
    return RunRecord(columns, origin)


def test_a_run_is_read_as_it_was_written(tmp_path):
    write_run(record(), tmp_path / "a.run.h5")
    found = read_run(tmp_path / "a.run.h5")
    assert list(found.columns) == list(record().columns) and found.num_epochs == 3 and found.origin == record().origin
    for name, column in record().columns.items():
        assert np.array_equal(found.columns[name], column, equal_nan=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.run.h5"]


def test_xarray_opens_a_run_with_its_epochs_and_units(tmp_path):
    xarray = pytest.importorskip("xarray")
    write_run(record(), tmp_path / "a.run.h5")
    with xarray.open_dataset(tmp_path / "a.run.h5", engine="h5netcdf") as found:
        assert found.train_loss.sel(epoch=2).item() == 0.25 and found.epoch.values.tolist() == [1, 2, 3]
        assert [found[name].attrs["units"] for name in ("train_loss", "epoch_s", "test_accuracy")] == ["nat", "s", "1"]


def test_rows_become_columns_and_what_a_row_does_not_have_is_nan():
    found = columns_of([{"a": 1.0}, {"a": 2.0, "b": 3.0}])
    assert found["a"].tolist() == [1.0, 2.0] and np.isnan(found["b"][0]) and found["b"][1] == 3.0
    assert columns_of([]) == {} and RunRecord({}).num_epochs == 0


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError) as caught:
        RunRecord({"a": [1.0], "b": [1.0, 2.0]})
    assert str(caught.value) == "a run's columns must hold one number a row each, not {'a': (1,), 'b': (2,)}"


def damaged(path) -> str:
    with pytest.raises(OSError) as caught:
        read_run(path)
    return str(caught.value)


def test_a_run_file_that_is_none_or_not_there_or_damaged_is_said_so(tmp_path):
    path = tmp_path / "a.run.h5"
    assert damaged(path) == f"there is no run file {path}"
    path.write_text("text")
    assert damaged(path) == f"{path} is not an HDF5 file, or its head is damaged; it was left as it is"
    with h5py.File(path, "w") as file:
        file["x"] = [1.0]
    assert damaged(path) == f"{path} is an HDF5 file of another kind, not a run's; it was left as it is"
    write_run(record(), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert damaged(path) == f"{path} is damaged (it holds other bytes than were written); it was left as it is"
