# Estuary in a container: docs/deploy/container.md. Build it in the root of the checkout:
#
#   make container            or            docker build --tag estuary .
#
# The base is named by version. To pin the very bytes, name it by digest as well, as the registry gives it:
#   docker buildx imagetools inspect python:3.13-slim-trixie
#   docker build --build-arg PYTHON_IMAGE=docker.io/library/python:3.13-slim-trixie@sha256:…
# What is installed on top is pinned byte by byte in uv.lock.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
ARG UV_VERSION=0.13.9
# The machine's own certificates, so that a build behind a company's proxy can trust it.
ENV UV_SYSTEM_CERTS=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/estuary \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1
WORKDIR /src

# uv, strip and the compiler stay in this stage: their versions do not show in what is shipped, Debian's the least.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/uv \
    && /opt/uv/bin/pip install --no-cache-dir --disable-pip-version-check "uv==${UV_VERSION}"

# Libraries first: they change seldom, and the layer is kept. Debugging symbols are half of their size; what
# they test themselves with is not for us.
COPY pyproject.toml uv.lock ./
RUN /opt/uv/bin/uv sync --locked --no-dev --all-extras --no-extra client --no-extra dev --no-install-project \
    && find /opt/estuary -name '*.so' -exec strip --strip-unneeded {} + \
    && find /opt/estuary \( -name testing -o -name tests \) -type d -prune -exec rm -r {} +

# What is on a request's way is compiled: that takes a third of its time. Level 0 of the C compiler, for a trial of
# the image, takes a third as long to build, and is slower.
ARG MYPYC_OPT_LEVEL=2
COPY README.md LICENSE ./
COPY src ./src
COPY convex ./convex
COPY workshop/compile.py workshop/wheel.py ./workshop/
RUN ESTUARY_COMPILE=1 /opt/uv/bin/uv sync --locked --no-dev --all-extras --no-extra client --no-extra dev --no-editable --inexact \
    && rm /opt/estuary/.lock

# What the container may write: its data, as user 1001, or as any user of group 0 where a platform picks one.
RUN install -d /app \
    && install -d -o 1001 -g 0 -m 0770 /app/data \
    && ln -s /opt/estuary/bin/estuary /app/estuary


FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Estuary" \
      org.opencontainers.image.description="A production-grade REST API over declared resources" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

COPY --from=build /opt/estuary /opt/estuary
COPY --from=build /app /app

ENV PATH=/opt/estuary/bin:${PATH} \
    APP_PROFILE=production \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER 1001:1001
VOLUME ["/app/data"]
EXPOSE 3000

HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/app/estuary", "healthcheck"]
ENTRYPOINT ["/app/estuary"]
CMD ["serve"]
