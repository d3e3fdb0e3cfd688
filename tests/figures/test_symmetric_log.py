import numpy as np
import pytest

from landscape.figures.symmetric_log import SymmetricLog, decade_ticks, signed

VALUES = np.array([-400.0, -0.03, -1e-9, 0.0, 2e-4, 0.7, 31.0])


def test_places_are_odd_ascending_and_lead_back_to_the_values():
    axis = SymmetricLog(0.02)
    assert (np.diff(axis.place(VALUES)) > 0).all() and np.array_equal(axis.place(-VALUES), -axis.place(VALUES))
    np.testing.assert_allclose(axis.value(axis.place(VALUES)), VALUES, rtol=1e-12)


def test_ten_times_as_much_is_a_decade_farther_and_near_zero_places_are_in_proportion():
    axis = SymmetricLog(0.02)
    assert axis.place(300.0) - axis.place(30.0) == pytest.approx(1, abs=1e-6)
    assert axis.place(2e-4) / axis.place(1e-4) == pytest.approx(2, rel=1e-4)


@pytest.mark.parametrize("low, high", [(-0.3, 500.0), (0.0, 2e-3), (-4e3, 0.0), (-0.031, 0.03), (0.0, 0.0)])
def test_ticks_are_zero_and_round_values_within_the_ends_and_never_crowded(low, high):
    axis = SymmetricLog(1e-4 * max(-low, high) or 1.0)
    ticks = axis.ticks(low, high)
    assert 0.0 in ticks["tickvals"] and len(ticks["tickvals"]) <= 11
    assert np.diff([*ticks["tickvals"], np.inf]).min() > 0.29
    values = axis.value(ticks["tickvals"])
    assert (values >= low - 1e-9).all() and (values <= high + 1e-9).all()
    assert high == low or len(values) >= 3


def test_texts_of_ticks():
    assert [signed(value) for value in (-0.1, 0.0, 30.0, -1e-5)] == ["−0.1", "0", "30", "−10⁻⁵"]
    assert decade_ticks(0.02, 300.0)["ticktext"] == ["0.1", "1", "10", "100"]
    assert decade_ticks(1e-20, 1.0, 4)["ticktext"] == ["10⁻¹⁸", "10⁻¹²", "10⁻⁶", "1"]
