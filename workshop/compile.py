"""`python workshop/compile.py FOLDER`: the source in FOLDER, what is on a request's way compiled by mypyc.

mypyc makes C of typed Python (https://mypyc.readthedocs.io). A read then takes 0.6 of the instructions. The
compiled tree is used by putting FOLDER in front of the module path; the source itself stays as it is, and
does the same, slower. Needs mypy and the libraries that Estuary imports, a C compiler and Python's headers.

`python workshop/compile.py --missing` says what this machine lacks for it, or nothing.

The C compiler is given level 2, or that of MYPYC_OPT_LEVEL (mypyc's own name): 0 takes a third of the time.
"""

import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setuptools import Extension

ROOT = Path(__file__).resolve().parents[1]

COMPILED = [
    "app/record_ids",
    "auth/known_bearers",
    "auth/verified",
    "core/access/rights",
    "core/allowance",
    "core/decimals",
    "core/hooks/hook_calls",
    "core/hooks/hooked_records",
    "core/kinds/boolean",
    "core/kinds/choice",
    "core/kinds/constraints",
    "core/kinds/date",
    "core/kinds/decimal",
    "core/kinds/declared",
    "core/kinds/float",
    "core/kinds/integer",
    "core/kinds/json_schema",
    "core/kinds/kind",
    "core/kinds/list",
    "core/kinds/metadata",
    "core/kinds/nested",
    "core/kinds/number",
    "core/kinds/object",
    "core/kinds/reference",
    "core/kinds/text",
    "core/kinds/timestamp",
    "core/kinds/uuid",
    "core/measurements",
    "core/moments",
    "core/nesting",
    "core/queries/attributes",
    "core/queries/conditions",
    "core/queries/indexes",
    "core/queries/plans",
    "core/queries/uniques",
    "core/record",
    "core/record_id",
    "core/record_service",
    "core/rules",
    "core/writes/new_values",
    "http/client",
    "http/client_address",
    "http/error_reply",
    "http/header_fields",
    "http/guards/access",
    "http/guards/auth",
    "http/guards/body",
    "http/guards/cors",
    "http/guards/head",
    "http/guards/in_flight",
    "http/guards/rate_limit",
    "http/guards/request_id",
    "http/guards/version",
    "http/host",
    "http/http1/connection",
    "http/http1/heads",
    "http/http1/hub",
    "http/http1/incoming",
    "http/http1/observed_connection",
    "http/http1/reader",
    "http/http1/refusals",
    "http/http1/target",
    "http/kernel",
    "http/messages",
    "http/negotiation",
    "http/path",
    "http/problems",
    "http/records/answers",
    "http/records/bodies",
    "http/records/codec",
    "http/records/creation",
    "http/records/cursors",
    "http/records/list_parameters",
    "http/records/list_read",
    "http/records/list_request",
    "http/records/listings",
    "http/records/point_read",
    "http/records/write_headers/entity_tags",
    "http/records/write_headers/idempotency",
    "http/records/write_headers/preconditions",
    "http/records/write_headers/preferences",
    "http/records/write_headers/write_headers",
    "http/records/write_headers/write_parameters",
    "http/records/projection",
    "http/records/query_string",
    "http/records/wrong_types",
    "http/under_way",
    "http/worded_errors",
    "limits/clients",
    "limits/window",
    "stores/deadlines",
    "stores/memory/collection",
    "stores/memory/idempotency_keys",
    "stores/memory/queries",
    "stores/memory/ordered_records",
    "stores/memory/ordering",
    "stores/memory/predicates",
    "stores/memory/record_index",
    "stores/memory/sorted_records",
    "stores/memory/spans",
    "stores/memory/unique_records",
    "stores/observed_collection",
    "stores/sql/condition_forms",
    "stores/sql/list_statements",
    "stores/sql/query_statements",
    "stores/sql/rows",
    "stores/sql/simplifying",
    "stores/sql/unique_keys",
    "stores/sqlite/collection",
    "stores/sqlite/inline_reader",
    "stores/sqlite/packed_rows",
    "stores/sqlite/unique_conflicts",
    "telemetry/access_log",
    "telemetry/event_logger",
    "telemetry/instruments",
    "telemetry/intake",
    "telemetry/log_throttle",
    "telemetry/metrics",
    "telemetry/observers",
]
"""On a request's way, but for modules with msgspec Structs, whose class keywords mypyc drops, those with
coroutines, and for `telemetry/line_writer`: compiled, its weak references crash the collector."""

_ALONE = "telemetry/intake"
"""In a library of its own: a supervisor logs, too, and the other one would cost it 2 MiB."""

_SHARED, _APART = "estuary", "estuary_intake"
"""One library, `estuary__mypyc`, holds all others; what bears a module's name only leads there."""

_ONE_LIBRARY = "-fvisibility=hidden -fno-semantic-interposition -fno-plt"
"""Its functions are not called from outside, so calls among them may be direct or inlined."""

_FEW_LINES = "-falign-functions=64 -fno-align-jumps -fno-align-loops --param=builtin-expect-probability=100"
"""For few lines of the first-level cache: a function begins with a line and holds no gaps, and what mypyc
marks as unlikely, the handling of errors, comes last in it."""

_FEW_PAGES = "-fno-asynchronous-unwind-tables -Wl,-z,pack-relative-relocs"
"""0.7 MB less to load: no tables for debuggers and profilers, and short ones for the linker, in the form
DT_RELR (https://maskray.me/blog/2021-10-31-relative-relocations-and-relr), which glibc reads since 2.36. A
linker that does not know that form says so and goes on. With what is rare apart it saves a worker 0.9 MiB.
"""

_RARE = "build/rare.h"
_RARE_CODE = """\
typedef struct _object PyObject;
__attribute__((cold)) void CPy_AddTraceback(const char *, const char *, int, PyObject *);
__attribute__((cold)) void CPy_TypeError(const char *, PyObject *);
__attribute__((cold)) void CPy_TypeErrorTraceback(
    const char *, const char *, int, PyObject *, const char *, PyObject *);
"""
"""What leads to one of these functions handles an error: the compiler lays it apart and makes it small
(https://gcc.gnu.org/onlinedocs/gcc/Common-Function-Attributes.html)."""

_RUN_ONCE = re.compile(r"^extern ((char CPyDef_\w+_____top_level__|int CPyExec_\w+)\(.*\);)$", re.MULTILINE)
"""What imports a module, in mypyc's header."""

_TWO_PAGES = ["-nostartfiles", "-Wl,-z,noseparate-code", "-Wl,-z,norelro"]
"""For what only leads elsewhere, a hundred times in a worker: a page of code and one of data, not five."""


def missing() -> list[str]:
    """What a compilation needs and this machine does not have."""
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    headers = Path(sysconfig.get_path("include"), "Python.h")
    lacking = []
    if shutil.which(compiler.split()[0]) is None:
        lacking.append(f"C compiler ({compiler.split()[0]})")
    if not headers.exists():
        lacking.append(f"Python.h ({headers.parent})")
    return lacking


def compile_into(folder: Path) -> None:
    """Copy the source to `folder` and compile it there; what a compiler refuses ends the program."""
    from setuptools import setup

    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "src", folder, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    os.chdir(folder)
    os.environ["MYPYPATH"] = str(folder)
    flags = f"{_ONE_LIBRARY} {_FEW_LINES} {_FEW_PAGES} -include {_RARE}"
    os.environ["CFLAGS"] = f"{flags} {os.environ.get('CFLAGS', '')}"
    together = [name for name in COMPILED if name != _ALONE]
    modules = [*_compiled(together, _SHARED, folder), *_compiled([_ALONE], _APART, folder)]
    for module in modules:
        if not module.name.endswith("__mypyc"):
            module.extra_link_args = _TWO_PAGES
    _declare_rare()
    setup(
        name="estuary-compiled",
        ext_modules=modules,
        packages=[],
        script_args=["--quiet", "build_ext", "--inplace", "--parallel=2"],
    )
    shutil.rmtree("build")


def _compiled(names: list[str], library: str, folder: Path) -> "list[Extension]":
    """C of the modules, as extensions that are still to be built: `library`, and what leads there."""
    from mypyc.build import mypycify

    options = ["--config-file=", "--ignore-missing-imports", f"--cache-dir={folder.parent / 'mypy'}"]
    return mypycify(
        [*options, *(f"estuary/{name}.py" for name in names)],
        opt_level=os.environ.get("MYPYC_OPT_LEVEL", "2"),
        debug_level="0",
        group_name=library,
    )


def _declare_rare() -> None:
    """Write the header that says what in `build` is rarely run: it is made small, and laid apart."""
    once = [
        f'__attribute__((cold, section(".text.startup"))) {declared}'
        for header in sorted(Path("build").glob("__native_internal_*.h"))
        for declared, _ in _RUN_ONCE.findall(header.read_text())
    ]
    Path(_RARE).write_text(_RARE_CODE + "\n".join(once) + "\n")


def main(argument: str) -> None:
    """Do what the one argument asks for."""
    if argument == "--missing":
        print(" and no ".join(missing()))
    else:
        compile_into(Path(argument).resolve())


if __name__ == "__main__":
    main(sys.argv[1])
