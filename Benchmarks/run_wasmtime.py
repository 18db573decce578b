"""Runs a WASI program under the wasmtime of PyPI.

Usage: run_wasmtime.py [OPTION...] FILE [ARGUMENTS...]

  --dir HOST[::GUEST]   give the program a folder
  --env NAME=VALUE      give it a variable
  --cache               keep compiled modules for later runs, as wasmtime's own command line does
  --report              write "compile SECONDS" and "run SECONDS" to standard error
"""

import argparse
import os
import sys
import time

import wasmtime


def parse(arguments):
  parser = argparse.ArgumentParser(usage=__doc__)
  parser.add_argument("--dir", action="append", default=[])
  parser.add_argument("--env", action="append", default=[])
  parser.add_argument("--cache", action="store_true")
  parser.add_argument("--report", action="store_true")
  parser.add_argument("program", nargs=argparse.REMAINDER)
  options = parser.parse_args(arguments)
  if not options.program:
    parser.error("which program?")
  return options


def wasi(options):
  configuration = wasmtime.WasiConfig()
  # As with wasmtime's command line, the program receives its name without the folder.
  configuration.argv = [os.path.basename(options.program[0]), *options.program[1:]]
  configuration.env = [variable.split("=", 1) for variable in options.env]
  for folder in options.dir:
    host, _, guest = folder.partition("::")
    configuration.preopen_dir(host, guest or host)
  configuration.inherit_stdin()
  configuration.inherit_stdout()
  configuration.inherit_stderr()
  return configuration


def main(arguments):
  options = parse(arguments)
  configuration = wasmtime.Config()
  if options.cache:
    configuration.cache = True
  engine = wasmtime.Engine(configuration)
  started = time.perf_counter()
  module = wasmtime.Module.from_file(engine, options.program[0])
  compiled = time.perf_counter()

  store = wasmtime.Store(engine)
  store.set_wasi(wasi(options))
  linker = wasmtime.Linker(engine)
  linker.define_wasi()
  instance = linker.instantiate(store, module)
  status = 0
  try:
    instance.exports(store)["_start"](store)
  except wasmtime.ExitTrap as exit_trap:
    status = exit_trap.code
  finished = time.perf_counter()
  if options.report:
    print(f"compile {compiled - started:.6f}\nrun {finished - compiled:.6f}", file=sys.stderr)
  return status


sys.exit(main(sys.argv[1:]))
