// Prometheus metrics, without the library's headers. Objects live as long as the registry; any thread.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace runtime {

using metric_labels = std::vector<std::pair<std::string, std::string>>;

class counter {
 public:
  explicit counter(void* counted) : counted_(counted) {}
  void add(double amount = 1) const;

 private:
  void* counted_;
};

class histogram {
 public:
  explicit histogram(void* observed) : observed_(observed) {}
  void observe(double value) const;

 private:
  void* observed_;
};

class metrics {
 public:
  metrics();
  ~metrics();

  // The same name and labels give the same metric again. Units are base units: seconds, bytes.
  counter count(const std::string& name, const std::string& help, const metric_labels& labels = {});
  histogram observe(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                    const metric_labels& labels = {});

  // A gauge whose value is asked for when the metrics are read.
  void gauge(const std::string& name, const std::string& help, const metric_labels& labels,
             std::function<double()> value);

  std::string exposition() const;  // text format 0.0.4

 private:
  struct state;
  std::unique_ptr<state> state_;
};

extern const std::vector<double> seconds_bounds;  // 0.5 ms to 10 s
extern const std::vector<double> size_bounds;     // 1 to 4096, powers of two

}  // namespace runtime
