"""The recorder under the Trainer of transformers."""

from pathlib import Path

import pytest
import torch
from torch import nn
from trainings import batches, columns_of_run, files_of, same, snippet

from landscape.cli.path_files import ways_of


class Judged(nn.Module):
    """A network with its loss, as the Trainer wants it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs, labels):
        scores = self.network(inputs)
        return {"loss": (scores - labels).square().mean(), "logits": scores}


def test_a_training_is_recorded_by_its_optimizer_steps_unchanged_and_resumes_where_it_was_left(here, make_model):
    pytest.importorskip("transformers", reason="transformers is not here")
    pytest.importorskip("accelerate", reason="accelerate, which the Trainer needs, is not here")
    from transformers import Trainer, TrainingArguments

    from landscape.callbacks import TransformersPathRecorder

    inputs, targets = (torch.cat(part) for part in zip(*batches(4)))
    samples = [{"inputs": one, "labels": other} for one, other in zip(inputs, targets)]  # two optimizer steps an epoch
    quiet = {"report_to": [], "disable_tqdm": True, "use_cpu": True, "logging_steps": 1, "seed": 3}

    def train(name: str | None, rule=None, **changes) -> Judged:
        settings = {"num_train_epochs": 5, "save_strategy": "no", **changes}
        resume = settings.pop("resume", None)
        arguments = TrainingArguments(
            "kept", per_device_train_batch_size=5, gradient_accumulation_steps=2, learning_rate=0.1, **quiet, **settings
        )
        recorders = [TransformersPathRecorder(name, **rule, submodule="network")] if name else []
        judged = Judged(make_model())
        trainer = Trainer(judged, arguments, train_dataset=samples, callbacks=recorders)
        trainer.train(resume_from_checkpoint=resume)
        return judged

    by_steps, by_epochs = {"every_steps": 3}, {"every_epochs": 1}
    alone = train(None)
    whole = train("whole", by_steps)
    assert same(alone.state_dict(), whole.state_dict())
    train("run", by_epochs, save_strategy="steps", save_steps=4)
    before = files_of("run")
    train("run", by_epochs, resume="kept/checkpoint-4")
    after = files_of("run")
    assert list(after) == [f"epoch-{number:04d}" for number in range(6)]
    assert all(same(after[name], before[name]) for name in before)
    found = files_of("whole")
    assert list(found) == [f"step-{number:06d}" for number in (0, 3, 6, 9, 10)]
    assert same(found["step-000006"], after["epoch-0003"]) and same(found["step-000000"], make_model().state_dict())
    (way,) = ways_of([Path("whole")], 0)
    assert way.done == (0, 1.5, 3, 4.5, 5) and way.turns == ()
    columns = columns_of_run("whole")
    assert columns["first_learning_rate"] == pytest.approx([0.1, 0.07, 0.04, 0.01])  # linear, from its first step on
    assert columns["last_learning_rate"] == pytest.approx([0.08, 0.05, 0.02, 0.01]) and min(columns["train_loss"]) > 0

    class Stream(torch.utils.data.IterableDataset):  # of no length that it tells: four batches an epoch
        def __iter__(self):
            return iter(samples)

    arguments = TrainingArguments("kept", max_steps=9, per_device_train_batch_size=5, **quiet)
    recorder = TransformersPathRecorder("stream", every_epochs=1, submodule="network")
    Trainer(Judged(make_model()), arguments, train_dataset=Stream(), callbacks=[recorder]).train()
    assert list(files_of("stream")) == ["epoch-0000", "epoch-0001", "epoch-0002", "step-000009"]
    assert ways_of([Path("stream")], 0)[0].done == (0, 1, 2, 2.25)
    arguments = TrainingArguments("kept", num_train_epochs=30, per_device_train_batch_size=5, **quiet)
    names = {"model": Judged(make_model()), "arguments": arguments, "train_dataset": samples}
    exec(snippet("import TransformersPathRecorder"), names)
    assert list(files_of("outputs/run")) == [f"step-{number:06d}" for number in (0, 50, 100, 120)]
