# syntax=docker/dockerfile:1
#
# Chainguard's free images exist as `latest` only, and Wolfi keeps only current package versions:
# hadolint global ignore=DL3007,DL3018
# User 65532 is `nonroot` (and `node`) in these images; /home/nonroot is its home.

# The files of the documentation pages: Swagger UI, Redoc, GraphiQL.
FROM cgr.dev/chainguard/node:latest-dev AS assets
WORKDIR /app
COPY --chown=65532:65532 scripts/assets/ ./
RUN npm install --loglevel=error && node build.mjs /app/static

# A virtual environment with Janua and the versions that pyproject.toml pins.
FROM cgr.dev/chainguard/python:latest-dev AS build
WORKDIR /home/nonroot
# uv only installs here; what it installs is pinned:
# hadolint ignore=DL3013
RUN python -m venv uv && uv/bin/pip install --no-cache-dir uv
COPY --chown=65532:65532 pyproject.toml README.md CHANGELOG.md ./
COPY --chown=65532:65532 migrations/ migrations/
COPY --chown=65532:65532 schemas/ schemas/
COPY --chown=65532:65532 src/ src/
COPY --chown=65532:65532 --from=assets /app/static/ src/janua/api/static/
ENV UV_PROJECT_ENVIRONMENT=/home/nonroot/janua UV_PYTHON_DOWNLOADS=never
# Compiled here: nobody can write the byte code later, and each start would take seconds to make it anew.
RUN uv/bin/uv sync --no-default-groups --no-editable --no-cache --compile-bytecode

FROM cgr.dev/chainguard/wolfi-base:latest AS init
RUN apk add --no-cache tini && cp "$(command -v tini)" /tini

# What runs: an interpreter, tini and the virtual environment; no shell, no package manager.
# `--host 0.0.0.0` also wants JANUA_SERVER__ALLOW_REMOTE=true: whoever starts the container says that it is meant.
FROM cgr.dev/chainguard/python:latest
COPY --from=init /tini /usr/local/bin/tini
COPY --from=build /home/nonroot/janua/ /home/nonroot/janua/
ENV PATH=/home/nonroot/janua/bin:/usr/bin:/bin
WORKDIR /home/nonroot
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
  "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/livez', timeout=2)"]
ENTRYPOINT ["/usr/local/bin/tini", "--", "janua"]
CMD ["serve", "--host", "0.0.0.0"]
