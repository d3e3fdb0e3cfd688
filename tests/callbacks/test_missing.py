"""Recorders of libraries that are not installed."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "name, library, command",
    [
        ("LightningPathRecorder", "lightning", "lightning"),
        ("TransformersPathRecorder", "transformers", "transformers accelerate"),
    ],
)
def test_a_missing_library_is_named_with_the_command_that_brings_it(monkeypatch, name, library, command):
    import landscape.callbacks

    monkeypatch.delitem(sys.modules, f"landscape.callbacks.{library}", raising=False)
    for module in [module for module in sys.modules if module.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError) as error:
        getattr(landscape.callbacks, name)
    assert str(error.value) == f"{name} needs the package {library}, which is not here: pip install {command}"


def test_importing_the_room_imports_no_library():
    program = (
        "import sys, landscape.callbacks; print(sorted({'torch', 'lightning', 'transformers'} & set(sys.modules)), "
        "sorted(dir(landscape.callbacks)))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[] ['LightningPathRecorder', 'PathRecorder', 'TransformersPathRecorder']"
