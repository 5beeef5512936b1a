"""The dashboards' style: a panel as it is declared here, and as Grafana's own model."""

import itertools
from typing import NamedTuple

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus, timeseries
from grafana_foundation_sdk.builders.common import VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, TooltipDisplayMode

HEIGHT, SPAN = 8, 12
SOURCE = models.DataSourceRef(type_val="prometheus", uid="$datasource")

ALL = 'job="$job",instance=~"$instance"'
"""The series of what the reader has chosen above the panels."""

USERS = f'{ALL},endpoint!~"/|/health.*|/metrics"'
"""The users' requests: without probes and scrapes."""

RATE = "$__rate_interval"
"""Grafana's: at least four scrapes, longer where the picture is coarser."""


class Query(NamedTuple):
    """One expression, and how its series are named."""

    expr: str
    legend: str


class Graph(NamedTuple):
    """One panel; `unit` is one of Grafana's ids, `empty` what it says where there is nothing to see."""

    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    empty: str = ""


class Dashboard(NamedTuple):
    """One dashboard; `name` is its file's and its address's."""

    name: str
    title: str
    description: str
    rows: dict[str, tuple[Graph, ...]]


def graph(title: str, description: str, unit: str, *queries: tuple[str, str], empty: str = "") -> Graph:
    """A panel over time of expressions, each with the name of its series."""
    return Graph(title, description, unit, tuple(Query(*query) for query in queries), empty)


def quantile(share: float, metric: str, series: str, *by: str) -> str:
    """The expression of a histogram's quantile."""
    labels = ", ".join(["le", *by])
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{{{series}}}[{RATE}])))"


def share(metric: str, part: str, whole: str, *by: str) -> str:
    """The expression of the share that the series `part` have of `whole`."""
    sums = f"sum by ({', '.join(by)})" if by else "sum"
    return f"{sums} (rate({metric}{{{part}}}[{RATE}])) / {sums} (rate({metric}{{{whole}}}[{RATE}]))"


def text(dashboard: Dashboard) -> str:
    """The dashboard as Grafana reads it."""
    builder = (
        builders.Dashboard(dashboard.title)
        .uid(f"estuary-{dashboard.name}")
        .description(dashboard.description)
        .tags(["estuary"])
        .timezone("browser")
        .time("now-1h", "now")
        .refresh("30s")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .editable()
        .link(_others())
        .with_variable(builders.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_chosen("job", "label_values(estuary_build_info, job)"))
        .with_variable(
            _chosen("instance", 'label_values(estuary_build_info{job="$job"}, instance)')
            .include_all(True)
            .all_value(".+")
            .multi(True)
        )
    )
    ids = itertools.count(1)
    for title, graphs in dashboard.rows.items():
        builder = builder.with_row(builders.Row(title).id(next(ids)))
        for each in graphs:
            builder = builder.with_panel(_panel(each).id(next(ids)))
    return JSONEncoder(sort_keys=True, indent=2).encode(builder.build()) + "\n"


def _chosen(name: str, query: str) -> builders.QueryVariable:
    return (
        builders.QueryVariable(name)
        .label(name.capitalize())
        .datasource(SOURCE)
        .query(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def _others() -> builders.DashboardLink:
    return (
        builders.DashboardLink("Estuary")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags(["estuary"])
        .keep_time(True)
        .include_vars(True)
    )


def _panel(graph: Graph) -> timeseries.Panel:
    panel = (
        timeseries.Panel()
        .title(graph.title)
        .description(graph.description)
        .datasource(SOURCE)
        .unit(graph.unit)
        .height(HEIGHT)
        .span(SPAN)
        .min(0)
        .fill_opacity(10)
        .legend(
            VizLegendOptions()
            .display_mode(LegendDisplayMode.TABLE)
            .placement(LegendPlacement.BOTTOM)
            .calcs(["mean", "max", "lastNotNull"])
        )
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    )
    if graph.empty:
        panel = panel.no_value(graph.empty)
    for letter, query in zip("ABCDEF", graph.queries, strict=False):
        panel = panel.with_target(
            prometheus.Dataquery().ref_id(letter).expr(query.expr).legend_format(query.legend)
        )
    return panel
