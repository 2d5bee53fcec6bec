#include "workload.hpp"

#include <fmt/format.h>

#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace {

constexpr std::string_view head_format = "{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n";

std::vector<std::istringstream> lines_of(const std::string& file) {
  std::ifstream in{file};
  std::vector<std::istringstream> lines;
  for (std::string line; std::getline(in, line);) lines.emplace_back(line);
  if (lines.empty()) throw std::runtime_error("nothing in the plan " + file);
  return lines;
}

class reads : public workload {
 public:
  reads(const std::string& plan_file, std::size_t connections) {
    for (auto& line : lines_of(plan_file)) {
      std::string path, token;
      line >> path >> token;
      requests_.push_back(fmt::format(head_format, "GET", path, token) + "\r\n");
    }
    for (std::size_t i = 0; i < connections; ++i) places_.push_back(i * requests_.size() / connections);
  }

  std::string_view next_request(std::size_t connection) override {
    std::size_t& place = places_[connection];
    if (++place >= requests_.size()) place = 0;
    return requests_[place];
  }

  bool is_good(const reply& got) const override { return got.status == 200; }

 private:
  std::vector<std::string> requests_;
  std::vector<std::size_t> places_;
};

class saves : public workload {
 public:
  saves(const std::string& plan_file, std::size_t connections, std::uint64_t first_sequence)
      : first_sequence_(first_sequence) {
    for (auto& line : lines_of(plan_file)) {
      std::string path, token;
      attempt made;
      line >> path >> token >> made.shapes;
      if (made.shapes.size() < 2) throw std::runtime_error("a line of the plan " + plan_file + " lacks its shapes");
      made.head = fmt::format(head_format, "POST", path, token) + "Content-Type: application/json\r\n";
      made.sequence = first_sequence_;
      attempts_.push_back(std::move(made));
    }
    if (attempts_.size() < connections) throw std::runtime_error("the plan has fewer lines than there are connections");
  }

  std::string_view next_request(std::size_t connection) override {
    attempt& mine = attempts_[connection];
    const std::size_t position = random_() % (mine.shapes.size() / 2);
    const std::string body =
        fmt::format(R"({{"answers":[{{"position":{},"sequence":{},"answer":{}}}]}})", position + 1, mine.sequence++,
                    answer_to(mine.shapes[2 * position], mine.shapes[2 * position + 1] - '0'));
    mine.request.clear();
    fmt::format_to(std::back_inserter(mine.request), "{}Content-Length: {}\r\n\r\n{}", mine.head, body.size(), body);
    return mine.request;
  }

  bool is_good(const reply& got) const override {
    return got.status == 200 && got.body.find(R"("outcome":"saved")") != std::string_view::npos;
  }

 private:
  struct attempt {
    std::string head, shapes, request;
    std::uint64_t sequence = 0;
  };

  std::string answer_to(char type, int options) {
    if (type == 't') return random_() % 2 == 0 ? "true" : "false";
    const int letter = static_cast<int>(random_() % static_cast<unsigned>(options));
    if (type == 's') return fmt::format("\"{}\"", static_cast<char>('A' + letter));
    const int from = std::min(letter, options - 2);
    return fmt::format(R"(["{}","{}"])", static_cast<char>('A' + from), static_cast<char>('A' + from + 1));
  }

  std::vector<attempt> attempts_;
  std::minstd_rand random_{17};
  const std::uint64_t first_sequence_;
};

}  // namespace

std::unique_ptr<workload> make_reads(const std::string& plan_file, std::size_t connections) {
  return std::make_unique<reads>(plan_file, connections);
}

std::unique_ptr<workload> make_saves(const std::string& plan_file, std::size_t connections,
                                     std::uint64_t first_sequence) {
  return std::make_unique<saves>(plan_file, connections, first_sequence);
}
