#include "runtime/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

namespace runtime {
namespace {

prometheus::Labels to_labels(const metric_labels& labels) { return {labels.begin(), labels.end()}; }

}  // namespace

const std::vector<double> seconds_bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                            0.1,    0.25,  0.5,    1,     2.5,  10};
const std::vector<double> size_bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};

struct metrics::state {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  std::mutex gauges_mutex;
  std::vector<std::pair<prometheus::Gauge*, std::function<double()>>> gauges;
};

metrics::metrics() : state_(std::make_unique<state>()) {}
metrics::~metrics() = default;

counter metrics::count(const std::string& name, const std::string& help, const metric_labels& labels) {
  return counter{&prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(to_labels(labels))};
}

histogram metrics::observe(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                           const metric_labels& labels) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
  return histogram{
      &family.Add(to_labels(labels), prometheus::Histogram::BucketBoundaries(bounds.begin(), bounds.end()))};
}

void metrics::gauge(const std::string& name, const std::string& help, const metric_labels& labels,
                    std::function<double()> value) {
  auto& made = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(to_labels(labels));
  const std::lock_guard lock{state_->gauges_mutex};
  state_->gauges.emplace_back(&made, std::move(value));
}

std::string metrics::exposition() const {
  {
    const std::lock_guard lock{state_->gauges_mutex};
    for (auto& [made, value] : state_->gauges) made->Set(value());
  }
  return prometheus::TextSerializer{}.Serialize(state_->registry.Collect());
}

void counter::add(double amount) const { static_cast<prometheus::Counter*>(counted_)->Increment(amount); }
void histogram::observe(double value) const { static_cast<prometheus::Histogram*>(observed_)->Observe(value); }

}  // namespace runtime
