"""What torch can't differentiate twice, found and said in a sentence."""

from collections.abc import Sequence

import torch
from torch import Tensor

SIGNS_OF_NO_SECOND = ("forward AD", "forward mode AD", "double backward")  # in torch's words for what it lacks


def require_second_derivatives(gradients: Sequence[Tensor | None]) -> None:
    """Look for functions that can be differentiated but once: torch leaves their part out of a product without a word."""
    nodes = {gradient.grad_fn for gradient in gradients if gradient is not None and gradient.grad_fn is not None}
    ahead = list(nodes)
    while ahead:
        node = ahead.pop()
        if node.name() == "torch::autograd::Error":
            raise ValueError(
                "the model has no second derivatives in torch (one of its functions is marked with @once_differentiable)"
            )
        found = {each for each, _ in node.next_functions if each is not None} - nodes
        nodes |= found
        ahead += found


def plainly(error: Exception) -> Exception:
    """Return a sentence for what torch refuses, or the error itself."""
    words = str(error).strip().split("\n")[0]
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in words:
        return ValueError(
            "too little memory for a Hessian product; give a smaller --batch-size, or --differentiation forward-over-reverse"
        )
    if "derivative" in words and "not implemented" in words or any(sign in words for sign in SIGNS_OF_NO_SECOND):
        return ValueError(f"the model has no second derivatives in torch ({words}); try the other --differentiation")
    return error
