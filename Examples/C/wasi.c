// A WASI program: arguments, environment, captured output, a directory that it cannot write to, and its exit status.
#include "example.h"
#include "needletail_wasi.h"

static const char* program =
  "(module"
  "  (import \"wasi_snapshot_preview1\" \"args_sizes_get\" (func $args_sizes_get (param i32 i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"args_get\" (func $args_get (param i32 i32) (result i32)))"
  "  (import \"host\" \"twice\" (func $twice (param i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"environ_sizes_get\" (func $environ_sizes_get (param i32 i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"fd_write\" (func $fd_write (param i32 i32 i32 i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"fd_read\" (func $fd_read (param i32 i32 i32 i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"path_create_directory\" (func $mkdir (param i32 i32 i32) (result i32)))"
  "  (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))"
  "  (memory (export \"memory\") 1)"
  "  (data (i32.const 900) \"new\")"
  "  (func $write (param $fd i32) (param $at i32) (param $count i32)"
  "    (i32.store (i32.const 0) (local.get $at))"
  "    (i32.store (i32.const 4) (local.get $count))"
  "    (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))"
  "  (func (export \"_start\")"
  "    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))"
  "    (drop (call $args_get (i32.const 100) (i32.const 200)))"
  "    (call $write (i32.const 1) (i32.const 200) (i32.load (i32.const 20)))"
  "    (i32.store (i32.const 0) (i32.const 400))"
  "    (i32.store (i32.const 4) (i32.const 64))"
  "    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))"
  "    (call $write (i32.const 2) (i32.const 400) (i32.load (i32.const 8)))"
  "    (drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))"
  // 100 × the error of creating a directory, and twice the number of variables.
  "    (call $proc_exit (i32.add"
  "      (i32.mul (i32.const 100) (call $mkdir (i32.const 3) (i32.const 900) (i32.const 3)))"
  "      (call $twice (i32.load (i32.const 16)))))))";

static wasm_trap_t* twice(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0] = (wasm_val_t)WASM_I32_VAL(2 * args->data[0].of.i32);
  return NULL;
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store, program);

  needletail_wasi_config_t* config = needletail_wasi_config_new();
  const char* arguments[] = {"program", "argument"};
  const char *names[] = {"A", "B"}, *values[] = {"1", "2"};
  needletail_wasi_config_set_argv(config, 2, arguments);
  needletail_wasi_config_set_env(config, 2, names, values);
  wasm_byte_vec_t input;
  wasm_name_new_from_string(&input, "text of the standard input");
  needletail_wasi_config_set_stdin(config, &input);
  wasm_byte_vec_delete(&input);
  needletail_wasi_config_capture_stdout(config, 1 << 20);
  needletail_wasi_config_capture_stderr(config, 1 << 20);
  needletail_wasi_config_preopen_dir(config, ".", "/data", true);
  needletail_wasi_t* wasi = needletail_wasi_new(store, config);
  if (!wasi) fail(store, "needletail_wasi_new");

  // What WASI does not define, the host does.
  wasm_extern_vec_t imports;
  needletail_wasi_imports(wasi, module, &imports);
  for (size_t i = 0; i < imports.size; i++) {
    if (imports.data[i]) continue;
    printf("import %zu is not of WASI\n", i);
    wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
    imports.data[i] = wasm_func_as_extern(wasm_func_new(store, type, twice));
    wasm_functype_delete(type);
  }
  wasm_instance_t* instance = instantiate(store, module, imports);
  wasm_extern_vec_delete(&imports);

  int32_t status = -1;
  succeed(needletail_wasi_start(wasi, instance, &status));
  wasm_byte_vec_t output;
  needletail_wasi_stdout(wasi, &output);
  printf("output:");
  for (size_t i = 0; i < output.size; i++) putchar(output.data[i] ? output.data[i] : ' ');
  wasm_byte_vec_delete(&output);
  needletail_wasi_stderr(wasi, &output);
  printf("\nerrors: %.*s\nstatus: %d\n", (int)output.size, output.data, status);
  wasm_byte_vec_delete(&output);

  // Called without needletail_wasi_start, the exit is a trap.
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(exports.data[1]), &none, &none);
  printf("exit: %d\n", needletail_trap_exit_status(trap, &status));
  wasm_trap_delete(trap);
  wasm_extern_vec_delete(&exports);

  // What cannot be opened is an error.
  config = needletail_wasi_config_new();
  needletail_wasi_config_preopen_dir(config, "/no/such/directory", "/", false);
  wasm_message_t error;
  if (needletail_wasi_new(store, config)) return 1;
  needletail_store_error(store, &error);
  printf("%s\n", error.data);
  wasm_byte_vec_delete(&error);

  needletail_wasi_delete(wasi);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
