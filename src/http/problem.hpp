// Turns a problem into its reply (RFC 9457, application/problem+json) in the client's language.
#pragma once
#include <string>

#include "base/problem.hpp"
#include "http/message.hpp"

namespace http {

int status_of(base::problem_kind kind);

response to_response(const base::problem& p, const request& r);

// The text of a catalogue entry with its placeholders filled; the code itself where the catalogue lacks it.
std::string message(language in, const std::string& code, const base::message_values& values);

bool has_message(language in, const std::string& code);

}  // namespace http
