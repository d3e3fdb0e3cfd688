"""Losses as functions of a model and a batch that give one value a sample, and the check that they do."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

NAMES = ("cross-entropy", "mse", "package.module:function", "path/file.py:function")
NOT_A_CLASS = -100  # torch's default for `ignore_index`
Loss = Callable[[nn.Module, object], object]
MEAN_REFUSED = (
    "the loss returned a bare mean, of which the number of samples is not certain; return one loss a sample, "
    "a pair (sum, count), or a dict of names to either"
)


def cross_entropy(model: nn.Module, batch) -> dict[str, Tensor]:
    """Return cross entropy in nats and whether the class is right, one value a sample.

    Targets are classes, of which torch's -100 is left out, or probabilities of classes.
    """
    inputs, targets = batch[0], batch[1]
    scores = _wide(model(inputs))
    values = {
        "loss": functional.cross_entropy(scores, targets, reduction="none"),
        "accuracy": _is_right(scores, targets),
    }
    if targets.is_floating_point():
        return {name: _a_sample(value) for name, value in values.items()}
    kept = targets != NOT_A_CLASS
    return {name: _over_kept(value, kept) for name, value in values.items()}


def class_losses(scores: Tensor, targets: Tensor) -> Tensor:
    """Return cross entropy alone, one value a sample, none of whose targets may be left out."""
    return _a_sample(functional.cross_entropy(_wide(scores), targets, reduction="none"))


def mse(model: nn.Module, batch) -> dict[str, Tensor]:
    """Return the squared error, mean over a sample's outputs; classes are compared as one-hot vectors."""
    inputs, targets = batch[0], batch[1]
    outputs = _wide(model(inputs))
    if targets.is_floating_point():
        return {"loss": _a_sample((outputs - targets.reshape(outputs.shape)) ** 2)}
    wanted = functional.one_hot(targets, outputs.shape[1]).to(outputs.dtype)
    return {"loss": _a_sample((outputs - wanted) ** 2), "accuracy": _is_right(outputs, targets)}


def named_loss(spec: str) -> Loss:
    """Return the loss that a spec names.

    Raises:
        ValueError: The name is unknown.
    """
    if spec == "cross-entropy":
        return cross_entropy
    if spec == "mse":
        return mse
    if ":" in spec:
        from landscape.problem.factories import find_factory

        return find_factory(spec, "loss")
    raise ValueError(f"unknown loss {spec!r}; choose one of {', '.join(NAMES)}")


def as_loss(loss: str | nn.Module | Loss) -> Loss:
    """Return a function of (model, batch) from a name, one of torch's loss modules, or such a function itself.

    A module such as `torch.nn.CrossEntropyLoss()` is asked for one value a sample, whatever its reduction.

    Raises:
        ValueError: The module weighs or ignores samples, so that its mean is not one over samples.
    """
    if isinstance(loss, str):
        return named_loss(loss)
    if isinstance(loss, nn.Module) and not isinstance(loss, nn.modules.loss._Loss):
        raise ValueError(f"{type(loss).__name__} is none of torch's loss modules; give a function loss(model, batch)")
    if not isinstance(loss, nn.Module):
        return loss
    if loss.reduction == "batchmean":
        raise ValueError(
            f"{type(loss).__name__} with reduction 'batchmean' sums over classes; give a loss(model, batch)"
        )
    if getattr(loss, "weight", None) is not None:
        raise ValueError(
            f"{type(loss).__name__} with class weights has no mean over samples; give a loss(model, batch)"
        )
    if getattr(loss, "ignore_index", NOT_A_CLASS) != NOT_A_CLASS:
        raise ValueError(
            f"{type(loss).__name__} with an ignored class has no mean over samples; give a loss(model, batch)"
        )
    if isinstance(loss, nn.CrossEntropyLoss) and loss.label_smoothing == 0:
        return cross_entropy
    return _ModuleLoss(loss)


class _ModuleLoss:
    """One of torch's loss modules, asked for the loss of each sample."""

    def __init__(self, module: nn.Module) -> None:
        import copy

        self.module = copy.deepcopy(module)
        self.module.reduction = "none"

    def __call__(self, model: nn.Module, batch) -> Tensor:
        return _a_sample(self.module(_wide(model(batch[0])), batch[1]))


def calls_only(loss: Loss) -> bool:
    """Tell whether a loss only calls its model on the inputs, and so takes whatever computes the same."""
    return loss in (cross_entropy, mse) or isinstance(loss, _ModuleLoss)


def constant_answer(loss: Loss, batches) -> float | None:
    """Return the loss of the best answer that looks at no input: class frequencies, or the mean; None where unknown."""
    targets = (
        torch.cat([torch.as_tensor(batch[1]).cpu() for batch in batches]) if loss in (cross_entropy, mse) else None
    )
    if targets is None:
        return None
    if targets.is_floating_point():
        return float(targets.double().var(0, correction=0).mean()) if loss is mse else None
    shares = torch.bincount(targets[targets != NOT_A_CLASS].flatten()).double()
    shares = shares / shares.sum()
    return float((shares * (1 - shares)).mean() if loss is mse else torch.special.entr(shares).sum())


def sums_and_counts(returned: object, batch: object) -> dict[str, tuple[Tensor, int | Tensor]]:
    """Turn what a loss returned for a batch into a float64 sum and a count for each name; gradients pass through.

    Raises:
        ValueError: It is a bare mean of several samples, or of another form.
    """
    named = returned if isinstance(returned, Mapping) else {"loss": returned}
    wrong = [name for name in named if not str(name).isidentifier()]
    if wrong:
        raise ValueError(f"the loss's names must be letters, digits and underscores, not {wrong[0]!r}")
    return {str(name): _sum_and_count(value, batch) for name, value in named.items()}


def _sum_and_count(value: object, batch: object) -> tuple[Tensor, int | Tensor]:
    if isinstance(value, (tuple, list)) and len(value) == 2:
        total, count = torch.as_tensor(value[0]).double(), value[1]
        if total.numel() != 1 or isinstance(count, Tensor) and count.numel() != 1:
            raise ValueError("the loss returned (sum, count) with more than one number in either; each must be one")
        if isinstance(count, Tensor):
            return total.reshape(()), count.detach().reshape(())  # looked at once, with the last sums
        if not int(count) > 0:
            raise ValueError(f"the loss returned (sum, count) with the count {count}; it must be above 0")
        return total.reshape(()), int(count)
    if not isinstance(value, Tensor):
        raise ValueError(f"{MEAN_REFUSED}; it returned {type(value).__name__}")
    if value.numel() == 1 and num_samples(batch) != 1:
        raise ValueError(MEAN_REFUSED)
    if value.ndim == 0:
        return value.double(), 1
    if value.ndim != 1:
        raise ValueError(
            f"the loss must return one value a sample, a tensor of one axis, not of shape {tuple(value.shape)}"
        )
    return value.double().sum(), len(value)


def num_samples(batch: object) -> int | None:
    """Return the length of a batch's first tensor; None where it holds none."""
    if isinstance(batch, Tensor):
        return len(batch) if batch.ndim else None
    if isinstance(batch, Mapping):
        batch = list(batch.values())
    if isinstance(batch, (tuple, list)):
        return next((found for part in batch if (found := num_samples(part)) is not None), None)
    return None


def _wide(scores: Tensor) -> Tensor:
    """Return scores in float32 at least, whatever a network computed in."""
    return scores.float() if scores.dtype in (torch.bfloat16, torch.float16) else scores


def _over_kept(values: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sum over what is kept, and its number, without asking the device for either."""
    return torch.where(kept, values, 0).double().sum(), kept.sum()


def _is_right(scores: Tensor, targets: Tensor) -> Tensor:
    """Return 1 where the highest score is the target's, 0 elsewhere; scores with a nan name no class."""
    classes = targets.argmax(1) if targets.is_floating_point() else targets
    return ((scores.argmax(1) == classes) & ~scores.isnan().any(1)).to(scores.dtype)


def _a_sample(values: Tensor) -> Tensor:
    """Average everything but the first axis, so that tokens or pixels of one sample count as one."""
    return values if values.ndim == 1 else values.flatten(1).mean(1)
