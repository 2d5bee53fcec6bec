// What a scenario asks for on each connection, and what counts as a good reply. A workload is read from a plan: a text
// file that the scenario's script writes.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct reply {
  int status = 0;
  std::string_view body;
};

class workload {
 public:
  virtual ~workload() = default;
  // The bytes of the connection's next request; valid until it is asked again.
  virtual std::string_view next_request(std::size_t connection) = 0;
  virtual bool is_good(const reply& got) const = 0;
};

// GET. A line of the plan: "<path> <bearer token>". Connections walk through the lines, each from another one.
std::unique_ptr<workload> make_reads(const std::string& plan_file, std::size_t connections);

// POST of one answer. A line of the plan, one for each connection: "<path> <bearer token> <shapes>", where shapes has
// two characters for each position of the paper: the type (s single choice, m multiple choice, t true or false) and the
// number of options. Positions and answers change at random, sequences grow from `first_sequence`. Good is what was
// saved.
std::unique_ptr<workload> make_saves(const std::string& plan_file, std::size_t connections,
                                     std::uint64_t first_sequence);
