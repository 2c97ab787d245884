"""Each kind of chart: its figure is the reviewed one, and one that plotly accepts as it stands."""

import json
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from exports.charts.funnel import Place, funnel_chart, funnel_template
from exports.charts.position import Dot, position_chart, position_template
from exports.charts.series import Moment, series_chart, series_template

GOLDEN = Path(__file__).parent
DOTS = [
    Dot(10.0, "other", 0),
    Dot(10.1, "other", 1),
    Dot(40.0, "sub_region", 2),
    Dot(55.5, "neighbour", 3),
    Dot(60.0, "both", 4),
    Dot(71.2, "own", 5),
]
QUARTERS = ["2025-26 Q1", "2025-26 Q2", "2025-26 Q3"]
MOMENTS = [
    Moment(own=10.0, london=12.0, centre=11.0, lower=9.0, upper=13.0, signal="inside"),
    Moment(london=12.5, centre=11.0, lower=9.0, upper=13.0),
    Moment(own=14.0, london=12.1, centre=11.0, lower=9.0, upper=13.0, signal="above_limits"),
]
PLACES = [
    Place(300.0, 4.0, 0.5, 12.0, 0.1, 17.0, "other", 0),
    Place(120.0, 9.0, 0.2, 16.0, 0.0, 25.0, "own", 1),
    Place(80.5, 2.0, 0.1, 18.0, 0.0, 30.0, "neighbour", None),
]
FIGURES = {
    "position": (
        position_chart(DOTS, "Camden 71.2%", 35.0, "London 35.0%"),
        position_template(named=True),
    ),
    "series": (series_chart(MOMENTS), series_template(QUARTERS, "Camden")),
    "funnel": (funnel_chart(PLACES, 5.0, "Population"), funnel_template(named=False)),
}


@pytest.mark.parametrize("kind", FIGURES)
def test_a_figure_is_the_reviewed_one(kind: str) -> None:
    figure, template = FIGURES[kind]
    golden = json.loads((GOLDEN / f"golden_{kind}.json").read_text(encoding="utf-8"))
    assert {"figure": figure, "template": template} == golden


@pytest.mark.parametrize("kind", FIGURES)
def test_plotly_knows_every_word_of_a_figure(kind: str) -> None:
    figure, template = FIGURES[kind]
    layout = {**figure["layout"], "template": template}
    made = go.Figure({"data": figure["data"], "layout": layout}, skip_invalid=False)
    assert len(made.data) == len(figure["data"]) == len(template["data"]["scatter"])


def drawn(figure: dict[str, Any], axis: str) -> list[float]:
    return [value for trace in figure["data"] for value in trace[axis]]


def test_no_dot_hides_another_and_the_own_is_apart() -> None:
    figure, _ = FIGURES["position"]
    places = list(zip(drawn(figure, "x"), drawn(figure, "y"), strict=True))
    assert sorted(x for x, _ in places) == sorted(dot.value for dot in DOTS)
    near = [y for x, y in places if x in (10.0, 10.1)]
    assert len(set(near)) == 2
    assert min(y for x, y in places if x != 71.2) == 0 > dict(places)[71.2]


def test_without_london_there_is_no_line() -> None:
    figure = position_chart(DOTS, "Camden", None, "London")
    assert "shapes" not in figure["layout"]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["Camden"]


def test_a_missing_period_is_a_gap_and_only_signals_are_ringed() -> None:
    *_, own, rings = (trace["y"] for trace in FIGURES["series"][0]["data"])
    assert own == [10.0, None, 14.0]
    assert rings == [None, None, 14.0]


def test_what_has_no_figures_is_not_drawn() -> None:
    figure = series_chart([Moment(own=1.0), Moment(own=2.0)])
    assert [trace["y"] for trace in figure["data"]] == [[], [], [], [], [1.0, 2.0], []]


def test_funnel_lines_run_from_the_smallest_to_the_largest() -> None:
    many = [
        Place(float(size), 5.0, 1.0, 9.0, 0.5, 12.0, "other", None)
        for size in (*range(200, 1000, 25), 37)
    ]
    upper = funnel_chart(many, 5.0, "Population")["data"][0]["x"]
    assert upper == sorted(upper)
    assert (upper[0], upper[-1]) == (37, 975)
    assert len(upper) <= 11
