/// The names of the function that starts threads, in imports. (wasi-threads proposal.)
package enum ThreadSpawn {
  package static let module = "wasi"
  package static let name = "thread-spawn"
}
