"""The rules of the house that no linter knows (docs/architecture.md)."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
LAYERS = [
    {"core"}, {"users"}, {"rbac"}, {"files", "notifications"}, {"capital"}, {"inventory"},
    {"sales", "ai_integration"}, {"purchases"}, {"reports"}, {"config"},
]  # fmt: skip
LEVEL = {app: level for level, line in enumerate(LAYERS) for app in line}
APPS = [app for app in LEVEL if (ROOT / app).is_dir()]
ENGINE = "ocr_engine"
MAX_LINES, MAX_MEDIAN = 500, 110
MAX_FUNCTION = 40  # without its signature and docstring
#: Longer than that already. A name leaves this list when its function is cut; none is added.
LONG_FUNCTIONS = {
    "purchases/services/proposal_lines.py add_proposal_line",
}
#: Of the services, the one that takes a kind and its state by place.
POSITIONAL_SERVICES = {"notifications/services.py sync_alerts"}
SIGNALS_OF_OURS = {"ocr_job_finished"}


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = set(path.parts)
            if not parts & {"migrations", "__pycache__", ".venv", "node_modules"}:
                yield path


def ours():
    return [path for path in sources(*APPS, ENGINE) if "tests" not in path.parts]


def short(path):
    return str(path.relative_to(ROOT))


def foreign_keys():
    """(model, field) of every relation that leaves its app."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label not in settings.LOCAL_APPS:
            continue
        for field in model._meta.get_fields(include_hidden=True):
            if field.concrete and field.is_relation and field.related_model is not None:
                yield model, field


def _cross_app():
    return [
        (model, field)
        for model, field in foreign_keys()
        if field.related_model._meta.app_label != model._meta.app_label
        and field.related_model._meta.app_label in settings.LOCAL_APPS
    ]


def test_foreign_keys_between_apps_point_down():
    up = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model, field in _cross_app()
        if LEVEL[field.related_model._meta.app_label] >= LEVEL[model._meta.app_label]
    ]
    assert up == []


def test_foreign_keys_between_apps_hide_their_reverse_name():
    shown = [
        f"{model._meta.label}.{field.name}"
        for model, field in _cross_app()
        if not field.remote_field.hidden and not _is_history(model)
    ]
    assert shown == []


def _is_history(model):
    """Made by pghistory, which names its own relations."""
    return hasattr(model, "pgh_tracked_model")


@pytest.mark.parametrize("app", [*APPS, ENGINE])
def test_an_app_has_a_readme_of_one_screen(app):
    if app == "config":
        pytest.skip("the frame is described in docs/architecture.md")
    readme = ROOT / app / "README.md"
    assert readme.exists()
    assert 5 <= len(readme.read_text().splitlines()) <= 100


def test_no_file_is_long_and_most_are_short():
    lengths = {short(path): len(path.read_text().splitlines()) for path in ours()}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_LINES} == {}
    filled = sorted(lines for lines in lengths.values() if lines > 1)
    assert filled[len(filled) // 2] < MAX_MEDIAN


def test_functions_are_short():
    long = []
    for path in ours():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.body[0].lineno + 1 - _docstring_lines(node)
                if lines > MAX_FUNCTION and not _only_data(node):
                    long.append(f"{short(path)} {node.name}")
    assert set(long) <= LONG_FUNCTIONS


def _only_data(node):
    """A table that a function hands out is read as a table."""
    last = node.body[-1]
    return (
        len(node.body) <= 2 and isinstance(last, ast.Return) and isinstance(last.value, ast.Dict | ast.List)
    )


def _docstring_lines(node):
    first = node.body[0]
    is_docstring = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return first.end_lineno - first.lineno + 1 if is_docstring else 0


def test_no_drawer_for_odds_and_ends():
    odd = {"utils.py", "helpers.py", "misc.py", "common.py", "utils", "helpers"}
    assert [short(path) for path in ours() if odd & {path.name, path.parent.name}] == []


def test_no_signal_of_ours_but_one_and_no_logic_on_save():
    declared, receivers = [], []
    for path in ours():
        text = path.read_text()
        declared += re.findall(r"^(\w+)\s*(?::[^=]+)?=\s*(?:\w+\.)*Signal\(", text, re.MULTILINE)
        if re.search(r"(?<!\.)\b(pre|post)_(save|delete|init)\b|\bm2m_changed\b", text):
            receivers.append(short(path))
    assert set(declared) <= SIGNALS_OF_OURS
    assert receivers == []


def _service_modules():
    for app in [*APPS, ENGINE]:
        for path in (ROOT / app / "services.py", ROOT / app / "services" / "__init__.py"):
            if path.exists():
                yield path


@pytest.mark.parametrize("path", [short(path) for path in _service_modules()])
def test_services_say_what_they_offer_and_take_keywords(path):
    tree = ast.parse((ROOT / path).read_text())
    names = [target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    assert "__all__" in names or not (ROOT / path).read_text().strip()
    positional = [
        f"{path} {node.name}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.args.args
    ]
    if not path.startswith(ENGINE):
        assert set(positional) <= POSITIONAL_SERVICES


def test_services_never_see_a_request():
    seen = []
    for path in ours():
        in_engine = path.is_relative_to(ROOT / ENGINE)  # its `request` is the contract's job request
        if in_engine or ("services" not in path.parts and path.name != "services.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                arguments = [*node.args.args, *node.args.kwonlyargs]
                seen += [
                    f"{short(path)}:{node.lineno}" for argument in arguments if argument.arg == "request"
                ]
    assert seen == []


OPEN = {"services", "selectors", "enums", "errors", "events", "types"}
#: Further doors, each with its reason.
DOORS = {
    ("*", "files.imports"): "what an importer is made of",
    ("*", "inventory.imports.cells"): "the same: cells of a row",
    ("*", "inventory.imports.finding"): "the same: products by name, code or alias",
    ("*", "files.api.imports"): "the endpoints of an importer",
    ("rbac", "users.models"): "roles are given to people; User is the one table that Django itself shares",
    ("rbac", "users.api.serializers"): "a person with roles is a person",
    ("rbac", "users.mail"): "the first owner's invitation, printed where mail does not work yet",
    ("*", "capital.tax"): "a pure core",
    ("purchases", "inventory.models"): "names the type of what a selector answers",
    ("purchases", "capital.models"): "names the type of what a selector answers",
    ("reports", "inventory.models"): "the demo pharmacy is seeded once: it looks whether there is data",
    ("reports", "purchases.models"): "the same, and the dashboard names the type of what a selector answers",
    ("reports", "sales.models"): "a recall's trace gives movements the numbers and names of their documents",
    ("reports", "users.models"): "names the type of what a selector answers",
    ("reports", "notifications.catalogue"): "an alert in words",
}


def test_an_app_is_entered_by_its_doors():
    """Other apps import services, selectors, enums, errors (and events, types), never tables or insides.

    core is everybody's kernel, config the frame; reports only reads. Tests may look anywhere.
    """
    broken = []
    for path in ours():
        owner = path.relative_to(ROOT).parts[0]
        if owner in ("config", ENGINE):
            continue
        for module, line in _imports(path):
            app, *rest = module.split(".")
            if app not in LEVEL or app in (owner, "core", "config") or not rest or rest[0] in OPEN:
                continue
            if not {(owner, module), ("*", module)} & DOORS.keys():
                broken.append(f"{short(path)}:{line} imports {module}")
    assert broken == []


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, node.lineno
        elif isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node.lineno


def test_nothing_is_left_to_do_or_swallowed():
    bad = []
    for path in ours():
        text = path.read_text()
        bad += [
            f"{short(path)}: {found.group(0).strip()!r}"
            for found in re.finditer(r"\b(TODO|FIXME|XXX)\b|except (Base)?Exception:\s*\n\s*pass\b", text)
        ]
    assert bad == []
