exit(Program.run(CommandLine.arguments.dropFirst()))
