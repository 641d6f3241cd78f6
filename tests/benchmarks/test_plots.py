"""The plots of the documentation, on figures that were made up."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.comparison.candidates import PLAIN
from benchmarks.plots import Panel, bars, lines, save

ROOT = Path(__file__).resolve().parents[2]


def row(name, ms):
    stage, aside = {"p50_ms": ms / 2, "p95_ms": ms, "processor_ms": ms}, {"p50_ms": 5.0}
    return {"name": name, "stages": {"capture": stage, "infer": stage, "prepare": aside}}


def result(*rows):
    return {"sizes": {"1280x720": {"stages": list(rows)}}}


def texts(figure):
    return {text.get_text() for axes in figure.axes for text in axes.texts}


def test_points_stand_where_their_figures_say(tmp_path):
    panel = Panel(
        title="time", lines={"a & b": [(2.0, 10.0, "small"), (20.0, 5.0, "large")], "c": [(5.0, 0.0, "none")]}
    )
    figure = lines([panel], across="ms", up="error")
    (axes,) = figure.axes
    assert [line.get_xydata().tolist() for line in axes.lines] == [[[2.0, 10.0], [20.0, 5.0]], [[5.0, 0.0]]]
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_ylim()[0]) == ("log", "linear", 0)
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("time", "ms", "error")
    assert texts(figure) == {"small", "large", "none"}
    save(figure, tmp_path / "plot.svg")
    assert "a &amp; b" in (tmp_path / "plot.svg").read_text()


def test_a_name_has_one_colour_in_all_panels_and_one_line_in_the_legend():
    one, two = ({"a": [(1.0, 1.0, "")], "b": [(2.0, 2.0, "")]}, {"b": [(1.0, 1.0, "")]})
    figure = lines([Panel(title="1", lines=one), Panel(title="2", lines=two)], across="ms", up="error")
    colours = {(line.get_label(), line.get_color()) for axes in figure.axes for line in axes.lines}
    assert len(colours) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]


def test_stages_stand_end_to_end_and_a_long_bar_leaves_the_plot():
    figure = bars(result(row(PLAIN, 900.0), row("lite <f32>", 40.0), row("lite, int8", 20.0)))
    (axes,) = figure.axes
    spans = [[(bar.get_x(), bar.get_x() + bar.get_width()) for bar in stage] for stage in axes.containers]
    assert spans == [[(0, 450), (0, 20), (0, 10)], [(450, 900), (20, 40), (10, 20)]]
    assert axes.get_xlim() == pytest.approx((0, 1.15 * 40))
    assert [label.get_text() for label in axes.get_yticklabels()] == [PLAIN, "lite <f32>", "lite, int8"]
    assert texts(figure) == {" … 900 ms", " 40 ms", " 20 ms"}


def test_a_plot_of_the_plain_way_alone_is_drawn():
    figure = bars(result(row(PLAIN, 900.0)))
    assert figure.axes[0].get_xlim()[1] > 900


@pytest.mark.slow
def test_the_result_of_the_command_is_drawn_twice_the_same(tmp_path):
    kept = tmp_path / "bench.json"
    kept.write_text(json.dumps(result(row(PLAIN, 900.0), row("lite, int8", 20.0))))
    for name in ("one.svg", "two.svg"):
        command = [sys.executable, "-m", "benchmarks.plots", str(kept), str(tmp_path / name)]
        subprocess.run(command, cwd=ROOT, check=True)
    assert "lite, int8" in (tmp_path / "one.svg").read_text()
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
