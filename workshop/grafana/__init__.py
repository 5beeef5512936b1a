"""Grafana's dashboards as code: `python -m workshop.grafana` writes deploy/grafana/dashboards/ again."""
