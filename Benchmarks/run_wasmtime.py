"""Runs a WASI program under the wasmtime of PyPI.

Usage: run_wasmtime.py [--report] FILE [ARGUMENTS...]
With --report, writes "compile SECONDS" and "run SECONDS" to standard error.
"""

import sys
import time

import wasmtime


def main(arguments):
  report = arguments[:1] == ["--report"]
  file, *rest = arguments[1:] if report else arguments
  engine = wasmtime.Engine()
  started = time.perf_counter()
  module = wasmtime.Module.from_file(engine, file)
  compiled = time.perf_counter()

  store = wasmtime.Store(engine)
  configuration = wasmtime.WasiConfig()
  configuration.argv = [file, *rest]
  configuration.inherit_stdin()
  configuration.inherit_stdout()
  configuration.inherit_stderr()
  store.set_wasi(configuration)
  linker = wasmtime.Linker(engine)
  linker.define_wasi()
  instance = linker.instantiate(store, module)
  status = 0
  try:
    instance.exports(store)["_start"](store)
  except wasmtime.ExitTrap as exit_trap:
    status = exit_trap.code
  finished = time.perf_counter()
  if report:
    print(f"compile {compiled - started:.6f}\nrun {finished - compiled:.6f}", file=sys.stderr)
  return status


sys.exit(main(sys.argv[1:]))
