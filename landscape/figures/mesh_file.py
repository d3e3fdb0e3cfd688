"""Reliefs as mesh files that modelling programs, viewers and printers open: obj, stl, glb."""

import numpy as np

from landscape.figures.relief import Relief

KINDS = ("obj", "stl", "glb")
STL_HEADER_LENGTH = 80
Y_UP = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1.0]])  # z becomes glTF's y


def mesh_image(relief: Relief, kind: str) -> bytes:
    """Return a mesh file's bytes; obj and glb hold a colour and a normal a vertex, stl a normal a triangle.

    A glb's vertices are the relief's; a rotation of its node turns them upright for viewers, for which y is up.

    Raises:
        OSError: trimesh is not installed.
    """
    try:
        import trimesh
    except ImportError as error:
        raise OSError(f"{kind} files are written by trimesh, which is not installed: pip install trimesh") from error
    words = {"what": "loss surface", **relief.words}
    mesh = trimesh.Trimesh(relief.vertices, relief.triangles, process=False, metadata=words)
    if kind == "stl":
        return _with_header(mesh.export(file_type="stl"), relief)
    colours = trimesh.visual.interpolate(np.append(relief.shares, [0.0, 1.0]), "viridis")  # the ends fix the range
    mesh.visual.vertex_colors = colours[: len(relief.shares)]
    if kind == "obj":
        header = "\n# ".join(f"{key}: {text}" for key, text in words.items())
        text = mesh.export(file_type="obj", include_normals=True, include_texture=False, header=header, digits=9)
        return text.encode()
    mesh.visual.vertex_colors = _linear(mesh.visual.vertex_colors)
    scene = trimesh.Scene()
    scene.add_geometry(mesh, geom_name=relief.words["metric"], transform=Y_UP)
    return scene.export(file_type="glb", include_normals=True, tree_postprocessor=_with_material)


def _linear(colours: np.ndarray) -> np.ndarray:
    """Return bytes of red, green, blue and opacity with sRGB's curve taken off, as glTF has the colours of vertices."""
    shares = colours[:, :3] / 255
    shares = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return np.concatenate([np.round(255 * shares).astype(np.uint8), colours[:, 3:]], 1)


def _with_material(tree: dict) -> None:
    """Let a glb be seen from both sides and without the gloss of glTF's default, a mirror."""
    tree["materials"] = [
        {"pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.9}, "doubleSided": True},
    ]
    for primitive in tree["meshes"][0]["primitives"]:
        primitive["material"] = 0


def _with_header(image: bytes, relief: Relief) -> bytes:
    """Put how z is read into binary stl's header, which holds no more."""
    text = relief.words["z"].encode("ascii", "replace")[:STL_HEADER_LENGTH]
    return text.ljust(STL_HEADER_LENGTH) + image[STL_HEADER_LENGTH:]
