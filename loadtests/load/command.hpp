// Runs a program to its end, so that a peer's own client can be measured like this program.
#pragma once
#include <string>
#include <vector>

// Processor seconds that the program used. Throws when it cannot be run or fails.
double run_command(const std::vector<std::string>& words);
