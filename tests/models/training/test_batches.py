import numpy as np

from models.training.batches import Schedule, unknown_band


def test_a_resumed_schedule_goes_on_where_it_stopped() -> None:
    sizes = [((32, 32),), ((64, 64), (64, 96))]
    whole = list(Schedule(sizes, steps=8, batch=2, start=0, seed=3, pairs_from=6))
    assert list(Schedule(sizes, steps=8, batch=2, start=5, seed=3, pairs_from=6)) == whole[5:]
    assert whole[0] == [(0, 32, 32, 0), (1, 32, 32, 0)]
    assert all(key[1] == 64 for batch in whole[4:] for key in batch)


def test_the_last_batches_hold_two_shots_of_each_picture() -> None:
    batches = list(Schedule([((32, 32),)], steps=3, batch=4, start=0, seed=3, pairs_from=2))
    assert [[(number, shot) for number, _, _, shot in batch] for batch in batches] == [
        [(0, 0), (1, 0), (2, 0), (3, 0)],
        [(4, 0), (5, 0), (6, 0), (7, 0)],
        [(8, 1), (8, 2), (9, 1), (9, 2)],
    ]


def test_the_band_is_a_kernel_wide_round_the_edge() -> None:
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, :32] = 255
    assert np.flatnonzero(unknown_band(alpha, 15)[10]).tolist() == list(range(32 - 7, 32 + 7))
