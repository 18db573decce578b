"""Runs modules in wasmtime as `needletail-fuzz` runs them here. Used by Scripts/fuzz-wasmtime and Scripts/fuzz-foreign."""

import math
import struct
import zlib

import wasmtime

FEATURES = [
    "threads", "reference_types", "simd", "bulk_memory", "multi_value", "multi_memory", "memory64", "relaxed_simd",
    "relaxed_simd_deterministic", "tail_call", "function_references", "gc", "exceptions", "wide_arithmetic",
    "custom_page_sizes",
]

# The beginnings of Needletail's trap messages, which are those of the test suite, and wasmtime's names for the traps.
TRAPS = {
    "unreachable": "UNREACHABLE",
    "out of bounds memory access": "MEMORY_OUT_OF_BOUNDS",
    "out of bounds table access": "TABLE_OUT_OF_BOUNDS",
    "out of bounds array access": "ARRAY_OUT_OF_BOUNDS",
    "indirect call type mismatch": "BAD_SIGNATURE",
    "undefined element": "TABLE_OUT_OF_BOUNDS",
    "uninitialized element": "INDIRECT_CALL_TO_NULL",
    "integer divide by zero": "INTEGER_DIVISION_BY_ZERO",
    "integer overflow": "INTEGER_OVERFLOW",
    "invalid conversion to integer": "BAD_CONVERSION_TO_INTEGER",
    "call stack exhausted": "STACK_OVERFLOW",
    "null": "NULL_REFERENCE",
    "cast failure": "CAST_FAILURE",
    "unaligned atomic": "HEAP_MISALIGNED",
    "allocation": "ALLOCATION_TOO_LARGE",
}


ATOMIC = {"MEMORY_OUT_OF_BOUNDS", "HEAP_MISALIGNED"}


class Tripped(Exception):
    pass


class Wrong(Exception):
    """A self-check of the module failed."""


def wrap(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def mix(x, y):
    return wrap((y ^ x) * 0x2545F4914F6CDD1D, 64)


def trip(x, y):
    if y & 0xFF == 0x5A:
        raise Tripped()
    return [wrap(y + 1, 32), 1.0 if math.isnan(x) else x]


def make_engine():
    config = wasmtime.Config()
    missing = []
    for feature in FEATURES:
        name = "wasm_" + feature
        if not hasattr(type(config), name):
            missing.append(feature)
            continue
        try:
            setattr(config, name, True)
        except wasmtime.WasmtimeError:
            missing.append(feature)
    config.cranelift_nan_canonicalization = True
    config.shared_memory = True
    if missing:
        print("this wasmtime has no switch for:", ", ".join(missing))
    return wasmtime.Engine(config)


def argument(text):
    kind, value = text.split(":")
    if kind in ("i32", "i64"):
        return int(value)
    if kind == "f32":
        return struct.unpack("<f", struct.pack("<I", int(value)))[0]
    if kind == "f64":
        return struct.unpack("<d", struct.pack("<Q", int(value)))[0]
    raise Unsupported("a vector as argument")


class Unsupported(Exception):
    pass


def text(kind, value):
    if kind in ("i32", "i64"):
        return f"{kind}:{value}"
    if kind == "f32":
        return f"f32:{struct.unpack('<I', struct.pack('<f', value))[0]}"
    if kind == "f64":
        return f"f64:{struct.unpack('<Q', struct.pack('<d', value))[0]}"
    return "reference"


def same(expected, found):
    """Compares values. Python does not preserve the bits of NaNs."""
    if expected == found:
        return True
    for kind, infinity in (("f32:", 0x7F800000), ("f64:", 0x7FF0000000000000)):
        if expected.startswith(kind) and found.startswith(kind):
            mask = 0x7FFFFFFF if kind == "f32:" else 0x7FFFFFFFFFFFFFFF
            return all((int(bits[4:]) & mask) > infinity for bits in (expected, found))
    return False


def memory_hash(data):
    used = len(data)
    stripped = data.rstrip(b"\0")
    # Needletail strips 8-byte words.
    used -= (len(data) - len(stripped)) // 8 * 8
    return zlib.crc32(struct.pack("<Q", len(data)), zlib.crc32(data[:used]))


def define_host(linker, store, module):
    """Defines the imports of modules from Tests/ModuleGenerator."""
    i32, i64, f64 = wasmtime.ValType.i32(), wasmtime.ValType.i64(), wasmtime.ValType.f64()
    linker.define_func("host", "mix", wasmtime.FuncType([i32, i64], [i64]), mix)
    linker.define_func("host", "trip", wasmtime.FuncType([f64, i32], [i32, f64]), trip)
    linker.define_func("host", "wrong", wasmtime.FuncType([i32], []), wrong)
    linker.define_func("host", "object", wasmtime.FuncType([i32], [wasmtime.ValType.externref()]), lambda kind: None)
    names = {item.name for item in module.imports}
    if "number" in names:
        type = wasmtime.GlobalType(i64, True)
        linker.define(store, "host", "number", wasmtime.Global(store, type, wasmtime.Val.i64(7)))
    if "numbers" in names:
        # A table of i31 cannot be created with this API.
        raise Unsupported("imported tables")


def wrong(check):
    raise Wrong(f"check {check} failed")


# The imports of modules from other generators, by name: parameters and results.
FOREIGN = {
    ("fuzzing-support", "log-i32"): (["i32"], []),
    ("fuzzing-support", "log-i64"): (["i64"], []),
    ("fuzzing-support", "log-f32"): (["f32"], []),
    ("fuzzing-support", "log-f64"): (["f64"], []),
    ("host", "a"): (["i32"], []),
    ("host", "b"): (["i64", "f32"], ["i32"]),
    ("host", "c"): (["f64"], ["i64", "f64"]),
}


# The results of stand-ins: see Tests/Differential/StandInHost.swift.
STAND_IN = {"i32": 7, "i64": -9, "f32": 1.5, "f64": -2.25}


def define_foreign(engine, store, linker, log):
    """Defines functions that log their calls, as our stand-ins do."""
    for (module, name), (parameters, results) in FOREIGN.items():
        values = [STAND_IN[kind] for kind in results]

        def note(*arguments, name=name, parameters=parameters, values=values):
            if len(log) < 2000:
                log.append(" ".join([name] + [text(*pair) for pair in zip(parameters, arguments)]))
            return values[0] if len(values) == 1 else values or None

        type = wasmtime.FuncType(*[[getattr(wasmtime.ValType, kind)() for kind in kinds] for kinds in (parameters, results)])
        linker.define_func(module, name, type, note)
    # Functions with vectors cannot be defined with this API, so their calls are not logged.
    stub = wasmtime.Module(engine, '(module (func (export "log") (param v128)))')
    linker.define(store, "fuzzing-support", "log-v128", wasmtime.Instance(store, stub, []).exports(store)["log"])


def compare(engine, path, expected, is_foreign=False):
    """Returns the first difference, or None.

    For modules of other generators, failures to load or instantiate are compared, too.
    """
    log = []
    failure = expected.get("failure")
    try:
        module = wasmtime.Module(engine, path.read_bytes())
        store = wasmtime.Store(engine)
        linker = wasmtime.Linker(engine)
        if is_foreign:
            define_foreign(engine, store, linker, log)
        else:
            define_host(linker, store, module)
        instance = linker.instantiate(store, module)
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        if failure is None and not isinstance(error, wasmtime.Trap) and "trap" not in str(error):
            # This wasmtime may not support the module; the caller counts these.
            raise
        return None if failure else f"no instance: {error}"
    if failure and failure.startswith("unfinished"):
        raise Unsupported("instantiation reaches a limit here")
    if failure:
        return f"an instance, but here {failure}"
    exports = instance.exports(store)
    for number, call in enumerate(expected["calls"]):
        if not is_foreign:
            exports["g0"].set_value(store, 200)
        function = exports[call["function"]]
        kinds = [str(kind) for kind in function.type(store).results]
        if "v128" in kinds or any(a.startswith("v128") for a in call["arguments"]):
            # The API does not support vectors. The effects of the function are unknown, so the comparison ends.
            raise Unsupported("vectors in signatures")
        outcome = run(store, function, [argument(a) for a in call["arguments"]], kinds)
        if "STACK_OVERFLOW" in outcome or call.get("unfinished"):
            # Engines may differ in the maximum depth of the stack.
            raise Unsupported("a call that ends at a limit")
        if not agrees(call, outcome):
            return f"call {number} of {call['function']} {call['arguments']}: {wanted(call)} became {outcome}"
    for name, value in expected["globals"].items():
        # The API supports no vectors and few references.
        if not value.startswith(("i32:", "i64:", "f32:", "f64:")):
            continue
        kind = str(exports[name].type(store).content)
        found = text(kind, exports[name].value(store))
        if (is_foreign or name != "g0") and not same(value, found):
            return f"{name}: {value} became {found}"
    for name, value in expected["memories"].items():
        memory = exports[name]
        if isinstance(memory, wasmtime.SharedMemory):
            continue
        data = bytes(memory.read(store, 0, memory.data_len(store)))
        if memory_hash(data) != value:
            return f"the content of {name}"
    for mine, theirs in zip(expected["log"], log):
        if not all(map(same, mine.split(), theirs.split())):
            return f"a call of the host's: {mine} became {theirs}"
    if len(log) != len(expected["log"]):
        return f"{len(expected['log'])} calls of the host's became {len(log)}"
    return None


def run(store, function, arguments, kinds):
    try:
        result = function(store, *arguments)
    except Tripped:
        return ("error",)
    except wasmtime.Trap as trap:
        # An uncaught exception is a trap without a code in this API.
        return ("trap", trap.trap_code.name) if trap.trap_code else ("exception",)
    except wasmtime.WasmtimeError as error:
        return ("exception" if "exception" in str(error) else "error", str(error))
    values = [] if not kinds else [result] if len(kinds) == 1 else list(result)
    return ("results", [text(kind, value) for kind, value in zip(kinds, values)])


def wanted(call):
    return {name: call[name] for name in ("results", "trap", "exception", "error") if call.get(name) is not None}


def agrees(call, outcome):
    if call.get("results") is not None:
        return outcome[0] == "results" and all(map(same, call["results"], outcome[1]))
    if call.get("trap") is not None:
        names = [name for words, name in TRAPS.items() if call["trap"].startswith(words)]
        # For an unaligned address out of bounds, either trap may be reported.
        if ATOMIC.issuperset(names):
            names = ATOMIC
        return outcome[0] == "trap" and outcome[1] in names
    if call.get("exception") is not None:
        return outcome[0] == "exception"
    return outcome[0] == "error"
