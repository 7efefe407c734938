# Every task of this project. `just --list` shows them; `just` alone checks everything.
# Without just installed: `pip install uv`, then `uv run just …`.

set positional-arguments := true

# uv tells its children where it is; it need not be on PATH
uv := quote(env("UV", "uv"))

# Material for MkDocs advertises its successor at every build
export NO_MKDOCS_2_WARNING := "1"

# Where this is set, each of the hundreds of servers that the tests start would compile all it imports anew
export PYTHONDONTWRITEBYTECODE := ""

# Check everything: lint, types, documentation, tests
check: lint type docs test

# Install Janua and its development tools into .venv
install:
    {{ uv }} sync

# Run Janua on :8080 with an embedded PostgreSQL and the schemas of schemas/
run *arguments:
    {{ uv }} run janua dev "$@"

# Code style, import rules, Dockerfile and compose.yaml
lint:
    {{ uv }} run ruff check
    {{ uv }} run ruff format --check
    {{ uv }} run lint-imports
    {{ uv }} run check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml
    @if {{ uv }} run python -c 'import shutil, sys; sys.exit(not shutil.which("hadolint"))'; \
        then {{ uv }} run hadolint Dockerfile; else echo "no hadolint for this platform: Dockerfile not linted"; fi

# Types, strictly
type:
    {{ uv }} run pyright

# The slow tests: longer fuzzing of the API
fuzz:
    {{ uv }} run pytest -m slow

# All but the slow tests, with coverage; with arguments, pytest with those: just test tests/query -k cursor
test *arguments:
    @if [ $# -eq 0 ]; then set -- -n 2 --cov -m 'not slow'; fi; set -x; {{ uv }} run pytest "$@"

# The documentation as a site in site/, strictly: a broken link fails
docs:
    {{ uv }} run mkdocs build --strict --quiet

# The wheel and the source archive, in dist/; run `just assets` before to include the pages' assets
build:
    {{ uv }} build

# Fetch Swagger UI, Redoc and GraphiQL with npm, so that the pages need no CDN
assets:
    @command -v npm >/dev/null || { echo "needs npm: install Node.js 20 or later" >&2; exit 1; }
    cd scripts/assets && npm install --loglevel=error && node build.mjs ../../src/janua/api/static

# Hold the GraphQL of a running Janua against the audits of GraphQL over HTTP; needs npm
audit url="http://localhost:8080/graphql":
    @command -v npm >/dev/null || { echo "needs npm: install Node.js 20 or later" >&2; exit 1; }
    cd scripts/audit && npm install --loglevel=error && node audit.mjs "$1"

# Try the GraphQL clients that people use: gql, urql, GraphQL Code Generator, GraphiQL; needs npm
clients:
    @command -v npm >/dev/null || { echo "needs npm: install Node.js 20 or later" >&2; exit 1; }
    cd scripts/clients && npm install --loglevel=error
    {{ uv }} run pytest tests/graphql/test_clients.py

# Start the PostgreSQL of compose.yaml (`just run` needs none: it brings its own)
db-up:
    @docker compose version >/dev/null 2>&1 || { echo "needs Docker with its compose plugin; without, use 'just run'" >&2; exit 1; }
    docker compose up --detach --wait postgres

# Stop the PostgreSQL of compose.yaml; its data stays
db-down:
    docker compose stop postgres

# Bring the database of JANUA_DATABASE__DSN up to date
db-migrate *arguments:
    {{ uv }} run janua migrate "$@"

# Pin the newest versions that fit, in pyproject.toml
lock:
    {{ uv }} run python scripts/lock.py
    {{ uv }} sync

# Measure
bench *arguments:
    {{ uv }} run python -m bench "$@"
