import pytest
import torch

from benchmarks.convolutions import Convolution, calls, convolutions_of
from benchmarks.floor import fastest, floor_of
from landscape.problem.models import build_model


def test_the_layers_of_resnet56_are_all_found():
    found = convolutions_of(build_model("resnet56"), torch.zeros(1, 3, 32, 32))
    assert found == {
        Convolution(3, 16, 3, 1, 1, 32): 1,
        Convolution(16, 16, 3, 1, 1, 32): 18,
        Convolution(16, 32, 3, 2, 1, 32): 1,
        Convolution(32, 32, 3, 1, 1, 16): 17,
        Convolution(32, 64, 3, 2, 1, 16): 1,
        Convolution(64, 64, 3, 1, 1, 8): 17,
        Convolution(16, 32, 1, 2, 0, 32): 1,
        Convolution(32, 64, 1, 2, 0, 16): 1,
    }


@pytest.mark.parametrize("shape", [Convolution(3, 7, 3, 2, 1, 9), Convolution(5, 4, 1, 2, 0, 6)], ids=str)
def test_every_call_convolves_alike(shape):
    torch.manual_seed(1)
    found = {name: call() for name, call in calls(shape, 3).items()}
    plain = found["conv2d"]
    assert plain.shape == (3, shape.out_channels, (shape.side + 1) // 2, (shape.side + 1) // 2)
    for name, output in found.items():
        output = output.to_dense() if output.is_mkldnn else output
        assert torch.allclose(output, plain, rtol=1e-5, atol=1e-5), name  # float32, sums of up to 27 products


def test_the_floor_is_the_sum_of_the_fastest_calls_by_their_median():
    timings = {
        "first": {"often fast": [1.0, 9.0, 1.0], "even": [2.0, 2.0, 2.0]},
        "second": {"slow": [8.0, 8.0, 8.0], "fast": [3.0, 4.0, 5.0]},
    }
    assert fastest(timings) == {"first": "often fast", "second": "fast"}
    assert floor_of(timings, {"first": 10, "second": 1}) == [13.0, 94.0, 15.0]
