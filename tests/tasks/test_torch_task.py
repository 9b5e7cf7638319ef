"""Torch modules as flat vectors: order, determinism, gradient descent, and modules that cannot be one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from parley.tasks.builtin import builtin
from parley.tasks.dataset import DataSchema, Dataset
from parley.tasks.errors import TaskCodeError
from parley.tasks.protocol import Hyper, Task, tensors
from parley.tasks.torch_task import TorchTask
from tests.tasks.fakes import dataset, schema

pytestmark = pytest.mark.unit


class Linear(TorchTask):
    """Three features, two classes, and a dropout that only training sees."""

    def build(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 2))


class Plain(TorchTask):
    """Logistic regression."""

    def build(self) -> nn.Module:
        return nn.Linear(3, 2)


HYPER = Hyper(epochs=2, batch_size=4, learning_rate=0.1)
DATA = dataset(21)


def linear() -> Linear:
    return Linear(schema(), HYPER)


def test_torch_task__made__is_a_task_whose_layout_adds_up() -> None:
    task = linear()
    assert isinstance(task, Task)
    assert [(spec.name, spec.shape) for spec in task.layout] == [
        ("0.weight", (4, 3)),
        ("0.bias", (4,)),
        ("2.weight", (2, 4)),
        ("2.bias", (2,)),
    ]
    assert task.params == 26


def test_tensors__of_a_vector__are_the_modules_parameters() -> None:
    task = linear()
    vector = task.init(5)
    torch.manual_seed(5)
    module = task.build()
    named = tensors(task, vector)
    assert list(named) == [name for name, _ in module.named_parameters()]
    for name, parameter in module.named_parameters():
        assert np.array_equal(named[name], parameter.detach().numpy())
    with pytest.raises(ValueError, match="26 parameters"):
        tensors(task, vector[:-1])


def test_init__same_seed__is_the_same_whatever_was_drawn_before() -> None:
    task = linear()
    first = task.init(1)
    torch.rand(3)
    assert np.array_equal(first, task.init(1))
    assert not np.array_equal(first, task.init(2))
    assert first.dtype == np.float32


def test_seeds__inside_the_task__leave_torchs_random_state_alone() -> None:
    task = linear()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    task.train(task.init(1), DATA, seed=2, hyper=HYPER)
    assert torch.equal(before, torch.get_rng_state())


def test_train__same_seed__gives_the_same_bits_and_does_not_touch_the_start() -> None:
    task, other = linear(), linear()
    start = task.init(0)
    kept = start.copy()
    trained = task.train(start, DATA, seed=9, hyper=HYPER)
    assert np.array_equal(start, kept)
    assert np.array_equal(trained, other.train(start, DATA, seed=9, hyper=HYPER))
    assert not np.array_equal(trained, task.train(start, DATA, seed=10, hyper=HYPER))
    assert trained.dtype == np.float32
    assert trained.shape == (26,)


def test_train__one_full_batch__is_a_step_down_the_gradient() -> None:
    task = Plain(schema(), HYPER)
    start = task.init(0)
    hyper = Hyper(epochs=1, batch_size=100, learning_rate=0.25)
    epsilon = 1e-3
    gradient = [
        (task.losses(start + step, DATA).mean() - task.losses(start - step, DATA).mean()) / (2 * epsilon)
        for step in np.eye(task.params) * epsilon
    ]
    trained = task.train(start, DATA, seed=0, hyper=hyper)
    np.testing.assert_allclose(trained, start - 0.25 * np.array(gradient), atol=1e-4)


def test_train__momentum_and_decay__are_those_of_textbook_sgd() -> None:
    task = Plain(schema(), HYPER)
    hyper = Hyper(epochs=4, batch_size=100, learning_rate=0.1, momentum=0.9, weight_decay=0.01)
    module = nn.Linear(3, 2)
    start = np.concatenate([p.detach().numpy().ravel() for p in module.parameters()])
    velocities = [torch.zeros_like(parameter) for parameter in module.parameters()]
    for _ in range(4):
        module.zero_grad()
        nn.functional.cross_entropy(module(torch.tensor(DATA.X)), torch.tensor(DATA.y)).backward()
        for parameter, velocity in zip(module.parameters(), velocities, strict=True):
            velocity.copy_(0.9 * velocity + parameter.grad + 0.01 * parameter.detach())
            parameter.data -= 0.1 * velocity
    expected = np.concatenate([p.detach().numpy().ravel() for p in module.parameters()])
    np.testing.assert_allclose(task.train(start, DATA, seed=0, hyper=hyper), expected, atol=1e-6)


def test_train__digits__gives_the_bits_of_the_plain_loop() -> None:
    """Measured figures depend on the order of samples and of additions: nothing around the loop changes either."""
    known = builtin("digits")
    task, data = known.task(), known.dataset().take(np.arange(200))
    hyper = Hyper(epochs=2, batch_size=16, learning_rate=0.2, momentum=0.5, weight_decay=0.001)
    start = task.init(7).astype(np.float64)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        expected = plain_descent(task, start, data, hyper)
    assert task.train(start, data, seed=11, hyper=hyper).tobytes() == expected.tobytes()


def plain_descent(task: Task, start: np.ndarray, data: Dataset, hyper: Hyper) -> np.ndarray:
    """Descent as short as it can be written, on torch's generator as it is."""
    assert isinstance(task, TorchTask)
    vector = torch.from_numpy(start.astype(np.float32))
    velocity = torch.zeros_like(vector)
    X, y = torch.from_numpy(data.X.copy()), torch.from_numpy(data.y.copy())
    for _ in range(hyper.epochs):
        for batch in torch.split(torch.randperm(len(y)), hyper.batch_size):
            gradient = task._gradient(vector, X[batch], y[batch])
            velocity.mul_(hyper.momentum).add_(gradient.add_(vector, alpha=hyper.weight_decay))
            vector.sub_(velocity, alpha=hyper.learning_rate)
    return vector.numpy()


def test_losses__per_sample__are_cross_entropies_without_dropout() -> None:
    task = linear()
    vector = task.init(0)
    losses = task.losses(vector, DATA)
    parts = tensors(task, vector)
    logits = (DATA.X @ parts["0.weight"].T + parts["0.bias"]) @ parts["2.weight"].T + parts["2.bias"]
    expected = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(21), DATA.y]
    np.testing.assert_allclose(losses, expected, atol=1e-5)
    assert losses.dtype == np.float64
    assert task.metric(vector, DATA) == (logits.argmax(axis=1) == DATA.y).mean()


def test_losses__more_samples_than_a_chunk__are_those_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    task = linear()
    vector = task.init(0)
    whole = task.losses(vector, DATA)
    monkeypatch.setattr("parley.tasks.torch_task.CHUNK", 4)
    np.testing.assert_allclose(task.losses(vector, DATA), whole, atol=1e-6)


def test_losses__enormous_model__are_no_error() -> None:
    task = linear()
    losses = task.losses(np.full(26, 1e30), DATA)
    assert losses.shape == (21,)


@pytest.mark.parametrize("shape", [(25,), (27,), (1, 26)])
def test_train_and_losses__wrong_length__are_a_mistake_of_the_caller(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="26 parameters"):
        linear().train(np.zeros(shape, np.float32), DATA, seed=0, hyper=HYPER)
    with pytest.raises(ValueError, match="26 parameters"):
        linear().losses(np.zeros(shape, np.float32), DATA)


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (nn.ReLU(), "no parameters"),
        (nn.Linear(3, 2).double(), "weight is torch.float64"),
        (nn.Linear(3, 2).half(), "weight is torch.float16"),
        (nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), "1.running_mean changes in training"),
    ],
)
def test_torch_task__module_that_is_no_float32_vector__is_refused(module: nn.Module, reason: str) -> None:
    class Odd(TorchTask):
        def build(self) -> nn.Module:
            return module

    with pytest.raises(TaskCodeError, match=reason):
        Odd(schema(), HYPER)


def test_torch_task__images__reach_the_module_in_their_shape() -> None:
    class Images(TorchTask):
        def build(self) -> nn.Module:
            return nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2 * 36, 3))

    images = DataSchema(features=(1, 8, 8), classes=3)
    data = Dataset(np.random.default_rng(0).normal(size=(6, 1, 8, 8)), np.arange(6) % 3, images)
    task = Images(images, HYPER)
    trained = task.train(task.init(0), data, seed=0, hyper=HYPER)
    assert task.losses(trained, data).mean() < task.losses(task.init(0), data).mean()


def test_import__of_torch_tasks__leaves_torch_one_thread() -> None:
    assert torch.get_num_threads() == 1
