"""Every example in a docstring of the measures is true; none of them needs Django."""

import doctest
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import network.graph

PURE = sorted({*network.graph.PUBLIC})


@pytest.mark.parametrize("module", PURE)
def test_examples_are_true(module):
    result = doctest.testmod(importlib.import_module(f"network.graph.{module}"))

    assert result.failed == 0


def test_each_public_function_of_a_measure_has_an_example():
    for name in network.graph.HOME:
        public = getattr(network.graph, name)
        if callable(public) and not isinstance(public, type) and name not in {"ranked", "shortage_rows"}:
            assert ">>>" in public.__doc__, name


def test_the_measures_are_imported_and_run_where_django_cannot_be():
    program = """
import sys
class NoDjango:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "rest_framework", "channels"}:
            raise ImportError(name)
sys.meta_path.insert(0, NoDjango())
import network.graph
for name in dir(network.graph):
    getattr(network.graph, name)
from network.graph import unmet_demand
print(unmet_demand([60, 40, 30], [50, 45], [(0, 0), (1, 0), (1, 1)]))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert (ran.stdout, ran.stderr) == ("40.0\n", "")


def test_importing_the_package_alone_loads_neither_scipy_nor_networkx():
    program = "import sys, network.graph; print(sorted({'scipy', 'networkx', 'numpy'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert ran.stdout == "[]\n"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'best_guess'"):
        _ = network.graph.best_guess


def test_each_pure_module_is_in_the_contract():
    contracts = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [pure] = [contract for contract in contracts if contract["name"] == "Rules know nothing of the web or the database"]

    assert {f"network.graph.{module}" for module in PURE} <= set(pure["source_modules"])
    assert set(PURE) <= {module.name for module in pkgutil.iter_modules(network.graph.__path__)}
