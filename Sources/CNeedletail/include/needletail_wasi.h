/* WASI preview 1 for the C API of WebAssembly. The rules of wasm.h apply: `own`, NULL, threads. */
#ifndef NEEDLETAIL_WASI_H
#define NEEDLETAIL_WASI_H

#include "wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define own

/* What a program is granted. At first: no arguments, no environment, no directories, and standard streams that are empty. */
typedef struct needletail_wasi_config_t needletail_wasi_config_t;

WASM_API_EXTERN own needletail_wasi_config_t* needletail_wasi_config_new(void);
WASM_API_EXTERN void needletail_wasi_config_delete(own needletail_wasi_config_t*);

/* The arguments, the program's name first. They are copied. */
WASM_API_EXTERN void needletail_wasi_config_set_argv(needletail_wasi_config_t*, size_t count, const char* const argv[]);
/* The environment variables. They are copied. */
WASM_API_EXTERN void needletail_wasi_config_set_env(
  needletail_wasi_config_t*, size_t count, const char* const names[], const char* const values[]);

/* Gives the program the standard streams of this process. */
WASM_API_EXTERN void needletail_wasi_config_inherit_stdin(needletail_wasi_config_t*);
WASM_API_EXTERN void needletail_wasi_config_inherit_stdout(needletail_wasi_config_t*);
WASM_API_EXTERN void needletail_wasi_config_inherit_stderr(needletail_wasi_config_t*);
/* Gives the program these bytes as its standard input. They are copied. */
WASM_API_EXTERN void needletail_wasi_config_set_stdin(needletail_wasi_config_t*, const wasm_byte_vec_t*);
/* Keeps up to a number of bytes of what the program writes: see needletail_wasi_stdout. */
WASM_API_EXTERN void needletail_wasi_config_capture_stdout(needletail_wasi_config_t*, size_t limit);
WASM_API_EXTERN void needletail_wasi_config_capture_stderr(needletail_wasi_config_t*, size_t limit);

/* Grants the directory `host_path`, which the program sees as `guest_path`, and nothing outside it. */
WASM_API_EXTERN void needletail_wasi_config_preopen_dir(
  needletail_wasi_config_t*, const char* host_path, const char* guest_path, bool read_only);

/* One program's WASI. NULL if something in the configuration cannot be opened: see needletail_store_error. */
typedef struct needletail_wasi_t needletail_wasi_t;

WASM_API_EXTERN own needletail_wasi_t* needletail_wasi_new(wasm_store_t*, own needletail_wasi_config_t*);
WASM_API_EXTERN void needletail_wasi_delete(own needletail_wasi_t*);

/* A vector with an element for each import of the module: the functions of WASI, and NULL for what WASI does not define. Fill in the
 * rest, and pass the vector to wasm_instance_new. */
WASM_API_EXTERN void needletail_wasi_imports(needletail_wasi_t*, const wasm_module_t*, own wasm_extern_vec_t* out);

/* Runs the program: `_start`, or `_initialize` of a reactor. If it ends without a trap, `status` receives its exit status. */
WASM_API_EXTERN own wasm_trap_t* needletail_wasi_start(needletail_wasi_t*, const wasm_instance_t*, int32_t* status);

/* What the program has written so far, if it is captured. */
WASM_API_EXTERN void needletail_wasi_stdout(const needletail_wasi_t*, own wasm_byte_vec_t* out);
WASM_API_EXTERN void needletail_wasi_stderr(const needletail_wasi_t*, own wasm_byte_vec_t* out);

#undef own

#ifdef __cplusplus
}
#endif

#endif
