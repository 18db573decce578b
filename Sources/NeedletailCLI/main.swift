StandardStreams.reserve()
exit(Program.status(Program.run(CommandLineWords.process.dropFirst())))
