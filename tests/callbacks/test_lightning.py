"""The recorder under Lightning's own Trainer."""

import warnings
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset
from trainings import batches, columns_of_run, files_of, same, snippet

from landscape.cli.path_files import ways_of
from landscape.training.kept import Turn

QUIET = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}


def test_a_fit_is_recorded_by_its_optimizer_steps_unchanged_and_goes_on_where_it_was_left(here, make_model):
    pytest.importorskip("lightning", reason="lightning is not here")
    warnings.simplefilter("ignore")
    from lightning.pytorch import LightningModule, Trainer
    from lightning.pytorch.callbacks import ModelCheckpoint

    from landscape.callbacks import LightningPathRecorder

    class Module(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = make_model()

        def training_step(self, batch, number):
            torch.manual_seed(1000 * self.current_epoch + number)
            return (self.network(batch[0]) - batch[1]).square().mean()

        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), 0.1)
            return [optimizer], [torch.optim.lr_scheduler.MultiStepLR(optimizer, [3], 0.1)]

    inputs, targets = (torch.cat(part) for part in zip(*batches(4)))
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=5)  # two optimizer steps an epoch

    def fit(name: str | None, epochs: int, rule=None, start=None) -> tuple[Module, Trainer]:
        recorders = [LightningPathRecorder(name, **rule, submodule="network")] if name else []
        module = Module()
        trainer = Trainer(max_epochs=epochs, accumulate_grad_batches=2, accelerator="cpu", callbacks=recorders, **QUIET)
        trainer.fit(module, loader, ckpt_path=start)
        return module, trainer

    by_steps, by_epochs = {"every_steps": 3}, {"every_epochs": 1}
    alone, _ = fit(None, 5)
    whole, _ = fit("whole", 5, by_steps)
    assert same(alone.state_dict(), whole.state_dict())
    _, left = fit("run", 2, by_epochs)
    left.save_checkpoint("left.ckpt")
    ended, _ = fit("run", 5, by_epochs, "left.ckpt")
    assert same(ended.state_dict(), alone.state_dict())
    assert list(files_of("run")) == [f"epoch-{number:04d}" for number in range(6)]
    found = files_of("whole")
    assert list(found) == [f"step-{number:06d}" for number in (0, 3, 6, 9, 10)]
    assert same(found["step-000006"], files_of("run")["epoch-0003"]) and same(
        found["step-000000"], make_model().state_dict()
    )
    (way,) = ways_of([Path("whole")], 0)
    assert way.done == (0, 1.5, 3, 4.5, 5)
    assert way.turns == ways_of([Path("run")], 0)[0].turns == (Turn("drop", 3, 0.1, pytest.approx(0.01)),)
    first, network = make_model(), batches(4)
    losses = []
    for number in (0, 1):
        torch.manual_seed(number)
        losses.append((first(network[number][0]) - network[number][1]).square().mean().item())
    columns = columns_of_run("run")
    assert columns["steps"] == [2, 4, 6, 8, 10] and columns["train_loss"][0] > 0
    assert files_of("whole").keys() and columns["last_learning_rate"] == pytest.approx([0.1] * 3 + [0.01] * 2)
    fit("loss", 1, {"every_steps": 1})
    assert columns_of_run("loss")["train_loss"][0] == pytest.approx(sum(losses) / 2, rel=1e-6)
    odd = DataLoader(
        TensorDataset(inputs[:15], torch.full((15, 2), 1e3)), batch_size=5
    )  # the second update has one batch
    third = ModelCheckpoint(".", "third", every_n_train_steps=3, save_on_train_epoch_end=False)
    recorders = [LightningPathRecorder("odd", **by_epochs, submodule="network"), third]
    settings = {**QUIET, "enable_checkpointing": True}
    Trainer(max_steps=3, accumulate_grad_batches=2, accelerator="cpu", callbacks=recorders, **settings).fit(
        Module(), odd
    )
    assert list(files_of("odd")) == ["epoch-0000", "epoch-0001", "step-000003"]
    assert columns_of_run("odd")["train_loss"] == pytest.approx([1e6], rel=0.1)  # not three quarters of it
    fit("late", 2, by_epochs, "third.ckpt")
    assert ways_of([Path("late")], 0)[0].done == pytest.approx((1.5, 2))  # two of four batches
    names = {"module": Module(), "loader": loader}
    exec(snippet("import LightningPathRecorder"), names)
    assert len(files_of("outputs/run")) == 6
