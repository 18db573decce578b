import NeedletailSystem

StandardStreams.reserve()
let ran = Threads.withEnoughStack {
  CurrentProcess.exit(Program.status(Program.run(CommandLineWords.process.dropFirst())))
}
if !ran {
  Terminal.reportError("no memory for a stack", hints: ["'ulimit -s' sets the stack's size, 'ulimit -v' the memory's"])
}
CurrentProcess.exit(ExitCode.failure)
