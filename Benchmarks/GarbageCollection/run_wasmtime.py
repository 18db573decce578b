"""Calls the export `run` of a module with a number on PyPI's wasmtime. Prints the result and the seconds.

Usage: run_wasmtime.py FILE NUMBER
"""

import sys
import time

import wasmtime

configuration = wasmtime.Config()
configuration.wasm_function_references = True
configuration.wasm_gc = True
engine = wasmtime.Engine(configuration)
store = wasmtime.Store(engine)
module = wasmtime.Module.from_file(engine, sys.argv[1])
run = wasmtime.Instance(store, module, []).exports(store)["run"]
started = time.perf_counter()
result = run(store, int(sys.argv[2]))
print(result, time.perf_counter() - started)
