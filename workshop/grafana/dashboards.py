"""Every dashboard, in the order in which they are looked at."""

from workshop.grafana.business import BUSINESS
from workshop.grafana.cache import CACHE
from workshop.grafana.http import HTTP
from workshop.grafana.store import STORE
from workshop.grafana.system import SYSTEM

DASHBOARDS = (HTTP, BUSINESS, STORE, CACHE, SYSTEM)
