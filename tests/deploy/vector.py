"""Vector's configuration, as far as Estuary uses it: what is not named here is refused.

Names, types and values are those of https://vector.dev/docs/reference/configuration/. Vector itself cannot
be had from a package registry: this and its compiled language stand in for `vector validate`.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Inputs = Annotated[list[str], Meta(min_length=1)]
URL = Annotated[str, Meta(pattern=r"^https?://[^/]+$")]


class _Strict(Struct, forbid_unknown_fields=True):
    """What knows its fields and takes no other."""


class DockerLogs(_Strict, tag_field="type", tag="docker_logs"):
    """Containers' lines; `include_images` would miss what runs already, but for `NAME:latest`."""

    include_labels: Annotated[list[str], Meta(min_length=1)]


class Journald(_Strict, tag_field="type", tag="journald"):
    """The journal's lines."""

    include_units: Annotated[list[str], Meta(min_length=1)]


class KubernetesLogs(_Strict, tag_field="type", tag="kubernetes_logs"):
    """Pods' lines."""

    extra_label_selector: str


class Remap(_Strict, tag_field="type", tag="remap"):
    """A program in Vector's language for each event."""

    inputs: Inputs
    source: str


class Filter(_Strict, tag_field="type", tag="filter"):
    """A condition in it, by which events are kept."""

    inputs: Inputs
    condition: str


class Bulk(_Strict):
    """What is done with documents, and in which index."""

    index: str
    action: Literal["index", "create", "update"]


class DiskBuffer(_Strict, tag_field="type", tag="disk"):
    """What waits; less than 256 MiB is refused."""

    max_size: Annotated[int, Meta(ge=268_435_488)]
    when_full: Literal["block", "drop_newest"]


class Elasticsearch(_Strict, tag_field="type", tag="elasticsearch"):
    """Where events go."""

    inputs: Inputs
    endpoints: Annotated[list[URL], Meta(min_length=1)]
    mode: Literal["bulk", "data_stream"]
    bulk: Bulk
    buffer: DiskBuffer


class Json(_Strict):
    """How an event is written."""

    codec: Literal["json", "logfmt", "text"]


class Loki(_Strict, tag_field="type", tag="loki"):
    """The other destination that the documents show."""

    inputs: Inputs
    endpoint: URL
    encoding: Json
    labels: dict[str, str]


class Configuration(_Strict):
    """A file."""

    data_dir: str | None = None
    sources: dict[str, DockerLogs | Journald | KubernetesLogs] = field(default_factory=dict)
    transforms: dict[str, Remap | Filter] = field(default_factory=dict)
    sinks: dict[str, Elasticsearch | Loki] = field(default_factory=dict)
