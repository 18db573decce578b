/// Programs for the tests, in the text format.
enum GuestProgram {
  /// Wraps a body of `_start` in a module with the imports that the programs need. Data starts at 1024, scratch space
  /// at 2048.
  static func text(_ data: String = "", _ body: String) -> String {
    """
    (module
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 2)
      (data (i32.const 1024) "\(data)")
      ;; Writes bytes to a descriptor; gives the error. The count is at 8 then.
      (func $try_write (param $descriptor i32) (param $address i32) (param $count i32) (result i32)
        (i32.store (i32.const 0) (local.get $address))
        (i32.store (i32.const 4) (local.get $count))
        (call $fd_write (local.get $descriptor) (i32.const 0) (i32.const 1) (i32.const 8)))
      (func $write (param $descriptor i32) (param $address i32) (param $count i32)
        (drop (call $try_write (local.get $descriptor) (local.get $address) (local.get $count))))
      ;; Reads from a descriptor to 2048 and writes what came to standard output.
      (func $copy (param $descriptor i32)
        (i32.store (i32.const 0) (i32.const 2048))
        (i32.store (i32.const 4) (i32.const 1024))
        (drop (call $fd_read (local.get $descriptor) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $write (i32.const 1) (i32.const 2048) (i32.load (i32.const 8))))
      ;; Opens the path of that length at 1024, below a directory; ends with the error if it cannot be.
      (func $open (param $directory i32) (param $count i32) (param $flags i32) (param $rights i64) (result i32)
        (local $error i32)
        (local.set $error
          (call $path_open (local.get $directory) (i32.const 0) (i32.const 1024) (local.get $count)
            (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 32)))
        (call $exit_if (local.get $error))
        (i32.load (i32.const 32)))
      (func $exit_if (param $error i32)
        (if (local.get $error) (then (call $proc_exit (local.get $error)))))
      (func (export "_start") \(body)))
    """
  }

  /// Prints all arguments, each followed by a NUL.
  static let printArguments = text(
    "",
    """
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (drop (call $args_get (i32.const 64) (i32.const 2048)))
    (call $write (i32.const 1) (i32.const 2048) (i32.load (i32.const 20)))
    """)

  /// Copies the file `in.txt` of the first directory to standard output. Exits with the error if it cannot be opened.
  static let copyFile = text(
    "in.txt", "(call $copy (call $open (i32.const 3) (i32.const 6) (i32.const 0) (i64.const 2)))")

  /// Creates the file `in.txt` in the first directory and writes four letters to it.
  static let makeFile = text(
    "in.txt",
    """
    (call $exit_if (call $try_write
      (call $open (i32.const 3) (i32.const 6) (i32.const 1) (i64.const 64)) (i32.const 1024) (i32.const 4)))
    """)
}
