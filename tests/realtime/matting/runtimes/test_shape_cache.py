"""What is made for one shape, and how many of them are cache."""

import threading

from realtime.matting.runtimes.shape_cache import Shape, ShapeCache

PATIENCE_S = 60.0


def test_each_is_made_once_and_those_used_the_longest_ago_are_let_go() -> None:
    made: list[Shape] = []

    def make(shape: Shape) -> str:
        made.append(shape)
        return f"for {shape}"

    cache = ShapeCache(make, limit=3)
    for side in (1, 2, 3, 1, 2, 3, 1):
        assert cache[side,] == f"for {(side,)}"
    assert made == [(1,), (2,), (3,)]
    for side in (4, 1, 3, 4, 2):  # 2 was let go for 4
        cache[side,]
    assert made == [(1,), (2,), (3,), (4,), (2,)]
    cache.clear()
    cache[2,]
    assert made[-2:] == [(2,), (2,)]


def test_while_one_is_made_another_is_handed_out() -> None:
    entered, let_go = threading.Event(), threading.Event()

    def make(shape: Shape) -> Shape:
        if shape == (2,):
            entered.set()
            assert let_go.wait(PATIENCE_S)
        return shape

    cache = ShapeCache(make)
    cache[1,]
    making = threading.Thread(target=lambda: cache[2,])
    making.start()
    assert entered.wait(PATIENCE_S)
    assert cache[1,] == (1,)
    let_go.set()
    making.join(PATIENCE_S)
    assert cache[2,] == (2,)
