// How much processor time programs have used, from the kernel's books.
#pragma once
#include <sys/types.h>

// User and system seconds of a process and of all it has started, also of those that have ended since.
double processor_seconds_of(pid_t root);

// User and system seconds of the calling thread.
double own_processor_seconds();

// Of the programs that the calling process has started and waited for.
double processor_seconds_of_ended_children();
