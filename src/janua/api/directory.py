"""Routes found by the segments of a path, which takes a microsecond; trying them one after another takes thirty.

Only routes whose parameters are whole segments are listed, and that answer every method themselves; the rest, and what
is not found, is left to Starlette's router. A segment that is spelled out goes before a parameter. Start at
`Directory.find`.
"""

from collections.abc import Iterable

from starlette.routing import Route

Found = tuple[Route, dict[str, str]]


class _Level:
    """What may follow a part of a path: segments as they are spelled, or any segment, as the value of a parameter."""

    __slots__ = ("any", "named", "route")

    def __init__(self) -> None:
        self.named: dict[str, _Level] = {}
        self.any: _Level | None = None
        self.route: Route | None = None

    def below(self, segment: str) -> "_Level":
        """Return the level of a segment of a template, made if it is not there."""
        if not segment.startswith("{"):
            return self.named.setdefault(segment, _Level())
        self.any = self.any or _Level()
        return self.any


class Directory:
    """The routes of an application."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Level()
        self._spelled: dict[str, Route] = {}
        """Whole paths without parameters."""
        for each in routes:
            if each.methods is None and all(_is_whole(segment) for segment in each.path.split("/")):
                self._add(each)

    def find(self, path: str) -> Found | None:
        """Return the route at a decoded path, and the values of its parameters."""
        spelled = self._spelled.get(path)
        if spelled is not None:
            return spelled, {}
        level, values = self._root, list[str]()
        for segment in path.split("/"):
            named = level.named.get(segment)
            if named is not None:
                level = named
            elif level.any is not None and segment:
                level = level.any
                values.append(segment)
            else:
                return None
        route = level.route
        return None if route is None else (route, dict(zip(route.param_convertors, values, strict=True)))

    def _add(self, route: Route) -> None:
        level = self._root
        for segment in route.path.split("/"):
            level = level.below(segment)
        level.route = level.route or route
        if "{" not in route.path:
            self._spelled.setdefault(route.path, route)


def _is_whole(segment: str) -> bool:
    """Return whether a segment of a template is spelled out, or all of it is a parameter without a type."""
    return "{" not in segment or (segment.startswith("{") and segment.endswith("}") and ":" not in segment)
