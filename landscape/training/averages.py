"""Averages of the weights along a run: stochastic weight averaging and an exponential moving average, by torch's own parts."""

from collections.abc import Iterable

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

from landscape.training.recipe import Recipe

FEWEST = 2  # members that make an average, and not the weights of one epoch under another name


def is_member(recipe: Recipe, epoch: int) -> bool:
    """Tell whether the weights at an epoch's end enter stochastic weight averaging (Izmailov et al. 2018, arXiv:1803.05407)."""
    begin = recipe.swa_from
    return begin is not None and epoch >= begin and (epoch - begin) % recipe.swa_every == 0


class Averages:
    """The averages that a recipe asks for, by name: "swa", "ema"."""

    def __init__(self, recipe: Recipe, model: nn.Module) -> None:
        self._recipe = recipe
        self._swa = AveragedModel(model) if recipe.swa_from is not None else None
        self._ema = None
        if recipe.ema is not None:
            self._ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema))

    def after_update(self, model: nn.Module) -> None:
        if self._ema is not None:
            self._ema.update_parameters(model)

    def after_epoch(self, model: nn.Module, epoch: int) -> None:
        if is_member(self._recipe, epoch):
            self._swa.update_parameters(model)

    def state(self) -> dict[str, dict[str, Tensor]]:
        return {name: average.state_dict() for name, average in self._all().items()}

    def load(self, state: dict[str, dict[str, Tensor]]) -> None:
        for name, average in self._all().items():
            average.load_state_dict(state[name])

    def networks(self, batches) -> Iterable[tuple[str, nn.Module]]:
        """Yield each average that has members enough, batch norm re-estimated over `batches()`."""
        for name, average in self._all().items():
            if int(average.n_averaged) >= (FEWEST if name == "swa" else 1):
                update_bn(batches(), average.module)
                yield name, average.module

    def _all(self) -> dict[str, AveragedModel]:
        return {name: average for name, average in (("swa", self._swa), ("ema", self._ema)) if average is not None}
