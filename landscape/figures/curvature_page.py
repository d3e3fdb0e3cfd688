"""Placeholder."""


def write_curvature_page(records, path):
    return path
