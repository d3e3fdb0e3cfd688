import json
import re

import pytest

from landscape.training.recipe import BELONGS, LEAST, OPTIMIZERS, SCHEDULES, Recipe, changes

SCHEDULE_NAMES = "constant, step, exponential, cosine, cyclic, one-cycle, warm-restarts, plateau"
OPTIMIZER_NAMES = "sgd, momentum, nesterov, rmsprop, adagrad, adadelta, adam, adamw"


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"epochs": 0}, "epochs must be 1 or more, not 0"),
        ({"batch_size": 0}, "batch size must be 1 or more, not 0"),
        ({"accumulate": 0}, "accumulate must be 1 or more, not 0"),
        ({"num_train": 0}, "num train must be 1 or more, not 0"),
        ({"crop": -1}, "crop must be 0 or more, not -1"),
        ({"seed": -1}, "seed must be 0 or more, not -1"),
        ({"subset_seed": -1}, "subset seed must be 0 or more, not -1"),
        ({"seed": 10**20}, "seed must be 18446744073709551615 or less, not 100000000000000000000"),
        ({"subset_seed": 2**64}, "subset seed must be 18446744073709551615 or less, not 18446744073709551616"),
        ({"early_stop": 0}, "early stop must be 1 or more, not 0"),
        ({"learning_rate": 0.0}, "the learning rate must be above 0, not 0.0"),
        ({"learning_rate": float("nan")}, "the learning rate must be above 0, not nan"),
        ({"learning_rate": float("inf")}, "the learning rate must be above 0, not inf"),
        ({"momentum": 1.0}, "momentum must lie in [0, 1), not 1.0"),
        ({"label_smoothing": 1.0}, "label smoothing must lie in [0, 1), not 1.0"),
        ({"weight_decay": -0.1}, "weight decay must be 0 or more, not -0.1"),
        ({"optimizer": "sam", "rho": 0.0}, "rho must be above 0, not 0.0"),
        ({"optimizer": "lion"}, f"unknown optimizer 'lion'; choose one of {OPTIMIZER_NAMES}, sam"),
        (
            {"optimizer": "sam", "base_optimizer": "sam"},
            f"unknown base optimizer 'sam'; choose one of {OPTIMIZER_NAMES}",
        ),
        ({"schedule": "linear"}, f"unknown schedule 'linear'; choose one of {SCHEDULE_NAMES}"),
        ({"precision": "half"}, "unknown precision 'half'; choose one of float32, bf16"),
        ({"watch": "valid"}, "unknown watch 'valid'; choose one of train, test"),
        ({"rho": 0.1}, "rho belongs to the optimizer sam, not to nesterov; leave it out"),
        ({"base_optimizer": "adam"}, "base optimizer belongs to the optimizer sam, not to nesterov; leave it out"),
        (
            {"optimizer": "adam", "momentum": 0.5},
            "momentum belongs to the optimizer momentum or nesterov, not to adam; leave it out",
        ),
        (
            {"optimizer": "sam", "base_optimizer": "sgd", "momentum": 0.5},
            "momentum belongs to the optimizer momentum or nesterov, not to sgd; leave it out",
        ),
        ({"milestones": (3,)}, "milestones belongs to the schedule step, not to one-cycle; leave it out"),
        (
            {"schedule": "cosine", "factor": 0.5},
            "factor belongs to the schedule step or exponential or plateau, not to cosine; leave it out",
        ),
        ({"schedule": "step", "factor": 1.0}, "factor must lie between 0 and 1, not 1.0"),
        ({"schedule": "cosine", "lowest": 1.0}, "lowest must lie in [0, 1), not 1.0"),
        (
            {"schedule": "step", "milestones": (5, 5)},
            "milestones must be rising epochs from 1 on, such as 15,23, not '5,5'",
        ),
        (
            {"schedule": "step", "milestones": (0,)},
            "milestones must be rising epochs from 1 on, such as 15,23, not '0'",
        ),
        ({"schedule": "cyclic", "cycle_epochs": 0}, "cycle epochs must be 1 or more, not 0"),
        ({"schedule": "plateau", "patience": 0}, "patience must be 1 or more, not 0"),
        ({"ema": 1.0}, "ema must lie between 0 and 1, not 1.0"),
        ({"swa_every": 2}, "swa every belongs to swa, which is not asked for; leave it out"),
        (
            {"epochs": 10, "swa_from": 8, "swa_every": 3},
            "averaging from epoch 8 on, every 3, finds fewer than two members in 10 epochs; begin earlier",
        ),
        (
            {"until_train_accuracy": 99.0},
            "the train accuracy to train until must be a fraction in (0, 1], such as 0.99, not 99.0",
        ),
        (
            {"accuracy_subset": 100},
            "accuracy subset belongs to until train accuracy, which is not given; leave it out",
        ),
        (
            {"batch_size": 6, "accumulate": 4, "ranks": 2},
            "a batch of 6 can't be cut into 4 parts on each of 2 ranks",
        ),
    ],
)
def test_a_recipe_that_can_not_be_followed_is_refused(settings, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Recipe(**settings)


def test_the_usual_recipe_is_nesterovs_momentum_on_one_cycle():
    recipe = Recipe()
    assert (recipe.optimizer, recipe.momentum, recipe.learning_rate, recipe.weight_decay) == (
        "nesterov",
        0.9,
        0.05,
        5e-4,
    )
    assert (recipe.schedule, recipe.epochs, recipe.batch_size, recipe.precision) == ("one-cycle", 30, 128, "float32")
    averages = (recipe.swa_from, recipe.swa_every, recipe.ema)
    assert averages == (None, None, None) and recipe.early_stop is None and recipe.until_train_accuracy is None


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_optimizer_has_a_usual_rate_and_momentum_only_where_it_means_something(optimizer):
    recipe = Recipe(optimizer=optimizer)
    adaptive = {"rmsprop": 0.001, "adagrad": 0.01, "adadelta": 1.0, "adam": 0.001, "adamw": 0.001}
    assert recipe.learning_rate == adaptive.get(optimizer, 0.05)
    assert recipe.momentum == (0.9 if optimizer in ("momentum", "nesterov", "sam") else None)
    assert (recipe.rho, recipe.base_optimizer) == ((0.05, "momentum") if optimizer == "sam" else (None, None))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_each_schedule_has_its_own_settings_and_no_others(schedule):
    recipe = Recipe(schedule=schedule, epochs=12)
    for name, (kind, owners) in BELONGS.items():
        if kind == "schedule":
            assert (getattr(recipe, name) is not None) == (schedule in owners), name


def test_a_recipe_that_is_read_from_its_record_is_the_same():
    recipe = Recipe(schedule="step", milestones=(3, 9), optimizer="sam", model_arguments={"hidden": "7,5"}, swa_from=4)
    record = json.loads(recipe.as_json())
    again = Recipe(**{**record, "milestones": tuple(record["milestones"])})
    assert again == recipe and changes(recipe, record) == ""
    assert set(LEAST) | set(BELONGS) <= set(record)


def test_what_differs_from_a_record_is_named():
    record = json.loads(Recipe(seed=3, epochs=4).as_json())
    assert changes(Recipe(seed=5, epochs=4), record) == "seed 3 there, 5 now"


def test_a_setting_that_an_older_record_does_not_know_had_its_usual_value():
    record = json.loads(Recipe().as_json())
    del record["label_smoothing"]
    assert changes(Recipe(), record) == ""
    assert changes(Recipe(label_smoothing=0.1), record) == "label_smoothing 0.0 there, 0.1 now"


def test_another_source_of_the_same_model_is_named_and_an_older_record_does_not_know_it():
    record = json.loads(Recipe(source="a" * 64).as_json())
    words = "the source of its model was another, which would have to be put back"
    assert changes(Recipe(source="b" * 64), record) == words
    assert changes(Recipe(source="a" * 64), record) == ""
    assert changes(Recipe(source="b" * 64), {**record, "source": ""}) == ""
    assert changes(Recipe(model="mlp", source="b" * 64), {**record, "model": "vgg9"}) == "model 'vgg9' there, 'mlp' now"
