//! The command: arguments in, library calls, messages and exit codes out, level 6.
