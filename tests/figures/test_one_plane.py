"""Pictures and files of one plane say, of a surface with several, how to choose one."""

import re

import pytest
from surfaces import several, several_lines

import landscape
from landscape.figures.relief import relief_of
from landscape.store.reference_file import reference_image
from landscape.store.vtk_file import vtk_image
from landscape.taylor import second_orders

OF_ONE = [
    landscape.contour_figure,
    landscape.surface_figure,
    landscape.line_figure,
    relief_of,
    vtk_image,
    reference_image,
]
NAMED = [landscape.contour_print, landscape.surface_print, landscape.slices_print]


@pytest.mark.parametrize("draw", OF_ONE, ids=lambda draw: draw.__name__)
def test_what_is_made_of_one_plane_refuses_several(draw):
    if draw is vtk_image:
        pytest.importorskip("pyevtk")
    wanted = "the surface holds 3 planes; choose one with surface.planes[k], k from 0 to 2"
    with pytest.raises(ValueError, match=f"^{re.escape(wanted)}$"):
        draw(several())


@pytest.mark.parametrize("draw", NAMED, ids=lambda draw: draw.__name__)
def test_figures_for_print_say_which_surface_it_is(draw):
    wanted = "a holds 3 lines; choose one with surface.planes[k], k from 0 to 2"
    with pytest.raises(ValueError, match=f"^{re.escape(wanted)}$"):
        draw({"a": several_lines()})


def test_a_record_of_one_planes_second_order_is_not_taken_for_that_of_several():
    entry = {"value": 1.0, "gradient": [0.0, 0.0], "hessian": [[1.0, 0.0], [0.0, 1.0]]}
    surface = several()
    surface.origin.record["taylor"] = {"train_loss": entry}
    assert second_orders(surface) == {} and list(second_orders(surface.planes[0])) == ["train_loss"]
