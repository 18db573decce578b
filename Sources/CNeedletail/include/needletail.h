/* Additions of Needletail to the C API of WebAssembly. The rules of wasm.h apply: `own`, NULL, threads. */
#ifndef NEEDLETAIL_H
#define NEEDLETAIL_H

#include "wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define own

/* The version, such as "0.1.0". */
WASM_API_EXTERN const char* needletail_version(void);

/* --- More kinds ---------------------------------------------------------------------------------------------------------------- */

/* Kinds of value types that wasm.h does not have. A wasm_val_t cannot hold a v128: calls with one end with a trap. */
enum needletail_valkind_enum {
  NEEDLETAIL_V128 = 4,
  /* References to structures, arrays and i31. */
  NEEDLETAIL_ANYREF = 130,
  NEEDLETAIL_EXNREF,
};

/* The kind of exports and imports that are exception tags. Their type can be viewed as a function type. */
enum needletail_externkind_enum {
  NEEDLETAIL_EXTERN_TAG = 4,
};

/* --- Configuration of an engine ------------------------------------------------------------------------------------------------ */

typedef uint8_t needletail_execution_t;
enum needletail_execution_enum {
  /* Interpreted at first; functions that run often are compiled. The default. */
  NEEDLETAIL_AUTO,
  NEEDLETAIL_INTERPRETER,
  /* Compiled when a module is loaded. */
  NEEDLETAIL_JIT,
};

typedef uint8_t needletail_optimization_t;
enum needletail_optimization_enum {
  NEEDLETAIL_OPTIMIZE_NONE,
  NEEDLETAIL_OPTIMIZE_BASIC,
  NEEDLETAIL_OPTIMIZE_AGGRESSIVE,
};

/* The optimization level is for NEEDLETAIL_JIT only. Unknown values change nothing, and the result is false. */
WASM_API_EXTERN bool needletail_config_set_execution(wasm_config_t*, needletail_execution_t, needletail_optimization_t);
/* With NEEDLETAIL_JIT: whether functions are compiled at their first call. */
WASM_API_EXTERN void needletail_config_set_lazy(wasm_config_t*, bool);
/* Whether stores count fuel. */
WASM_API_EXTERN void needletail_config_set_fuel(wasm_config_t*, bool);
/* Whether loops can be stopped by time limits and interruption. By default they can if the engine compiles. */
WASM_API_EXTERN void needletail_config_set_interruptible(wasm_config_t*, bool);
/* Whether NaNs are the same on every machine. */
WASM_API_EXTERN void needletail_config_set_deterministic(wasm_config_t*, bool);
/* Whether code checks each access to a memory, in place of reserving 6 GiB of address space for it. */
WASM_API_EXTERN void needletail_config_set_checks_bounds(wasm_config_t*, bool);
/* The size of the stack of Wasm frames, in bytes. */
WASM_API_EXTERN void needletail_config_set_max_stack_size(wasm_config_t*, size_t);

/* --- Stores -------------------------------------------------------------------------------------------------------------------- */

/* Limits of a store. needletail_limits_init sets the defaults. The largest value of a type means that there is no limit. */
typedef struct needletail_limits_t {
  /* Bytes of memories, tables and garbage-collected objects together. */
  uint64_t total_bytes;
  /* Bytes of memories together. */
  uint64_t memory_bytes;
  /* Elements of tables together. */
  uint64_t table_elements;
  /* Bytes of garbage-collected objects together. */
  uint64_t heap_bytes;
  /* The numbers of instances, memories and tables. */
  uint64_t instances;
  uint64_t memories;
  uint64_t tables;
  /* Bytes of the stack of Wasm frames; 0 for that of the engine. */
  uint64_t stack_bytes;
} needletail_limits_t;

WASM_API_EXTERN void needletail_limits_init(needletail_limits_t*);

/* A store with limits. NULL if the system or the limits of the process do not allow it. */
WASM_API_EXTERN own wasm_store_t* needletail_store_new(wasm_engine_t*, const needletail_limits_t*);

/* Why the last function that takes this store, or an object of it, failed: wasm_module_new and wasm_instance_new that returned NULL,
 * for example. Empty if none has failed. */
WASM_API_EXTERN void needletail_store_error(const wasm_store_t*, own wasm_message_t* out);

/* The fuel that is left. A store begins with none. Without needletail_config_set_fuel it has no effect. */
WASM_API_EXTERN uint64_t needletail_store_fuel(const wasm_store_t*);
WASM_API_EXTERN void needletail_store_set_fuel(wasm_store_t*, uint64_t);

/* Stops code of the store that runs later than in this number of nanoseconds, with a trap. UINT64_MAX removes the limit. */
WASM_API_EXTERN void needletail_store_set_timeout(wasm_store_t*, uint64_t nanoseconds);

/* Collects garbage now, and finalizes foreign objects that are unreachable. */
WASM_API_EXTERN void needletail_store_collect_garbage(wasm_store_t*);

/* --- Interruption, from any thread --------------------------------------------------------------------------------------------- */

typedef struct needletail_interrupt_t needletail_interrupt_t;

/* It may outlive its store. */
WASM_API_EXTERN own needletail_interrupt_t* needletail_interrupt_new(wasm_store_t*);
WASM_API_EXTERN void needletail_interrupt_delete(own needletail_interrupt_t*);
/* Makes code of the store trap, now and later, until a reset. */
WASM_API_EXTERN void needletail_interrupt_request(const needletail_interrupt_t*);
WASM_API_EXTERN void needletail_interrupt_reset(const needletail_interrupt_t*);

/* --- Text format --------------------------------------------------------------------------------------------------------------- */

/* The binary of a module in the text format. If the text is malformed, the result is false, and `error`, unless it is NULL, receives the
 * reason with line and column. */
WASM_API_EXTERN bool needletail_wat2wasm(
  const wasm_byte_vec_t* text, own wasm_byte_vec_t* binary, own wasm_message_t* error);

/* --- Calls and traps ----------------------------------------------------------------------------------------------------------- */

/* wasm_func_call that is stopped after a time, or at the end of the store's timeout if that is earlier. */
WASM_API_EXTERN own wasm_trap_t* needletail_func_call_with_timeout(
  const wasm_func_t*, const wasm_val_vec_t* args, wasm_val_vec_t* results, uint64_t nanoseconds);

typedef uint8_t needletail_trap_kind_t;
enum needletail_trap_kind_enum {
  /* Made by wasm_trap_new. */
  NEEDLETAIL_TRAP_HOST,
  NEEDLETAIL_TRAP_UNREACHABLE,
  NEEDLETAIL_TRAP_OUT_OF_BOUNDS_MEMORY,
  NEEDLETAIL_TRAP_OUT_OF_BOUNDS_TABLE,
  NEEDLETAIL_TRAP_OUT_OF_BOUNDS_ARRAY,
  /* Indirect calls: of another type, beyond the table, of a null element. */
  NEEDLETAIL_TRAP_INDIRECT_CALL_TYPE,
  NEEDLETAIL_TRAP_UNDEFINED_ELEMENT,
  NEEDLETAIL_TRAP_UNINITIALIZED_ELEMENT,
  NEEDLETAIL_TRAP_DIVISION_BY_ZERO,
  NEEDLETAIL_TRAP_INTEGER_OVERFLOW,
  NEEDLETAIL_TRAP_INVALID_CONVERSION,
  NEEDLETAIL_TRAP_STACK_EXHAUSTED,
  NEEDLETAIL_TRAP_NULL_REFERENCE,
  NEEDLETAIL_TRAP_CAST_FAILURE,
  NEEDLETAIL_TRAP_UNALIGNED_ATOMIC,
  NEEDLETAIL_TRAP_EXPECTED_SHARED_MEMORY,
  NEEDLETAIL_TRAP_OUT_OF_MEMORY,
  NEEDLETAIL_TRAP_INTERRUPTED,
  NEEDLETAIL_TRAP_OUT_OF_FUEL,
  NEEDLETAIL_TRAP_TIMEOUT,
  NEEDLETAIL_TRAP_LIMIT,
  /* The program exited, by WASI's proc_exit: see needletail_trap_exit_status. */
  NEEDLETAIL_TRAP_EXIT = 100,
  /* A WebAssembly exception was not caught. */
  NEEDLETAIL_TRAP_EXCEPTION,
  /* Anything else: arguments of other types than the function's, for example. */
  NEEDLETAIL_TRAP_ERROR,
};

WASM_API_EXTERN needletail_trap_kind_t needletail_trap_kind(const wasm_trap_t*);

/* Whether the trap is the program's exit, and its status. */
WASM_API_EXTERN bool needletail_trap_exit_status(const wasm_trap_t*, int32_t* status);

/* A trap that ends all calls as WASI's proc_exit does. */
WASM_API_EXTERN own wasm_trap_t* needletail_trap_new_exit(int32_t status);

/* Names from the name section; empty if there is none. */
WASM_API_EXTERN void needletail_frame_func_name(const wasm_frame_t*, own wasm_name_t* out);
WASM_API_EXTERN void needletail_frame_module_name(const wasm_frame_t*, own wasm_name_t* out);

#undef own

#ifdef __cplusplus
}
#endif

#endif
