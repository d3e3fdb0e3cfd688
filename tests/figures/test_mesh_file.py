"""Mesh files, opened by their library's own readers: places, colours, normals and words."""

import io
import json
import sys

import numpy as np
import pytest
from surfaces import with_values

from landscape.figures.mesh_file import KINDS, Y_UP, mesh_image
from landscape.figures.relief import relief_of

trimesh = pytest.importorskip("trimesh")
RELIEF = relief_of(with_values(lambda loss: loss.__setitem__((2, 1), np.nan)))
ENDS = {"obj": [(68, 1, 84), (253, 231, 37)], "glb": [(15, 0, 23), (250, 204, 5)]}  # viridis's, in sRGB and linear


def opened(kind: str):
    """Return the one mesh that trimesh finds in the relief's file, in the file's own coordinates, and what it came in."""
    found = trimesh.load(io.BytesIO(mesh_image(RELIEF, kind)), file_type=kind, process=False)
    return (next(iter(found.geometry.values())), found) if kind == "glb" else (found, None)


def corners(vertices, triangles) -> set:
    """Return a triangle's corners in their order, the lowest coordinates first; five digits are the same in float32."""
    found = set()
    for triangle in np.asarray(vertices, np.float64)[np.asarray(triangles)]:
        points = [tuple(round(float(value), 5) + 0.0 for value in point) for point in triangle]
        first = points.index(min(points))
        found.add((*points[first:], *points[:first]))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_triangles_are_read_facing_up(kind):
    mesh, _ = opened(kind)
    assert corners(mesh.vertices, mesh.faces) == corners(RELIEF.vertices, RELIEF.triangles)
    assert len(mesh.faces) == len(RELIEF.triangles) and (mesh.face_normals[:, 2] > 0).all()


@pytest.mark.parametrize("kind", ["obj", "glb"])
def test_vertices_have_viridis_colours_and_normals_that_point_up(kind):
    mesh, _ = opened(kind)
    heights = mesh.vertices[:, 2]
    # Beside a material, trimesh keeps colours as they stand in the file.
    colours = mesh.visual.vertex_attributes["color"] if kind == "glb" else mesh.visual.vertex_colors
    assert [tuple(colours[place][:3]) for place in (np.argmin(heights), np.argmax(heights))] == ENDS[kind]
    assert "vertex_normals" in mesh._cache and (mesh.vertex_normals[:, 2] > 0).all()  # read, not computed


def test_a_glb_stands_upright_for_viewers_and_says_what_its_axes_are():
    mesh, scene = opened("glb")
    assert {key: mesh.metadata[key] for key in RELIEF.words} == RELIEF.words
    transform, _ = scene.graph["train_loss"]
    np.testing.assert_array_equal(transform, Y_UP)
    assert np.linalg.det(transform) == 1  # a rotation: right-handed stays right-handed
    upright = scene.to_geometry().vertices
    np.testing.assert_allclose(np.ptp(upright, 0), np.ptp(RELIEF.vertices, 0)[[0, 2, 1]], rtol=1e-6)


def test_a_glb_is_seen_from_both_sides_and_does_not_mirror():
    image = mesh_image(RELIEF, "glb")
    tree = json.loads(image[20 : 20 + int.from_bytes(image[12:16], "little")])
    (mesh,) = tree["meshes"]
    material = tree["materials"][mesh["primitives"][0]["material"]]
    assert material["doubleSided"] and material["pbrMetallicRoughness"]["metallicFactor"] == 0


def test_an_obj_says_what_its_axes_are_in_comments():
    text = mesh_image(RELIEF, "obj").decode()
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert comments == ["# what: loss surface", *(f"# {key}: {words}" for key, words in RELIEF.words.items())]


def test_a_stls_header_says_what_z_means_and_never_begins_like_a_text_stls():
    header = mesh_image(RELIEF, "stl")[:80]
    assert header.decode().rstrip() == RELIEF.words["z"] and not header.startswith(b"solid")


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_relief_gives_the_same_bytes(kind):
    assert mesh_image(RELIEF, kind) == mesh_image(RELIEF, kind)


def test_without_trimesh_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "trimesh", None)
    with pytest.raises(OSError) as caught:
        mesh_image(RELIEF, "glb")
    assert str(caught.value) == "glb files are written by trimesh, which is not installed: pip install trimesh"
