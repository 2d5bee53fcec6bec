#include "bank/import.hpp"

#include <pqxx/transaction>
#include <set>

#include "bank/rules.hpp"
#include "bank/store_import.hpp"
#include "postgres/pool.hpp"

namespace bank {
namespace {

class importer {
 public:
  importer(pqxx::transaction_base& transaction, const import_batch& batch) : transaction_(transaction), batch_(batch) {}

  import_report run(const std::string& reason) {
    report_.rejected = batch_.rejected;
    store::lock(transaction_);
    write_occupations();
    for (const auto& outline : batch_.outlines) write_outline(outline);
    if (!report_.refused.empty()) return std::move(report_);
    write_pictures();
    if (written_) report_.release_id = store::insert_release(transaction_, reason);
    return std::move(report_);
  }

 private:
  void write_occupations() {
    const auto [created, changed] = store::write_occupations(transaction_, batch_.occupations);
    report_.occupations = {created, changed, static_cast<int>(batch_.occupations.size()) - created - changed};
    written_ = written_ || created + changed > 0;
  }

  void write_outline(const batch_outline& outline) {
    const auto [trade_id, trade_written] = store::write_trade(transaction_, outline);
    const auto known = store::find_outline(transaction_, outline);
    if (known && known->digest != digest_of(outline)) {
      report_.refused.push_back(
          {outline.file, 0, "", "outline_published", {{"code", outline.code}, {"version", outline.version}}});
      return;
    }
    const auto outline_id = known ? known->outline_id : store::insert_outline(transaction_, trade_id, outline);
    ++(!known ? report_.outlines.created : trade_written ? report_.outlines.changed : report_.outlines.same);
    written_ = written_ || !known || trade_written;
    write_questions(outline, outline_id);
  }

  void write_questions(const batch_outline& outline, std::int64_t outline_id) {
    const auto points = store::points_of(transaction_, outline_id);
    const auto known = store::find_questions(transaction_, outline.questions);
    std::vector<store::placed_question> created, updated, versions;
    for (const auto& offered : outline.questions) {
      const auto point_id = points.at(offered.point);
      const auto found = known.find(offered.code);
      if (found == known.end()) {
        created.push_back({&offered, 0, outline_id, point_id, offered.pool, 1});
        note_pictures(offered);
        continue;
      }
      using enum decision::outcome;
      const auto decided = decide(found->second, offered, outline.code, outline_id, point_id);
      if (decided.what == rejected) {
        report_.rejected.push_back({outline.file,
                                    offered.row,
                                    batch_.field_of(offered.row, decided.field),
                                    decided.code,
                                    {{"code", offered.code}}});
        continue;
      }
      note_pictures(offered);
      ++(decided.what == same ? report_.questions.same : report_.questions.changed);
      if (decided.what == same) continue;
      const int version = found->second.version + (decided.what == changed ? 1 : 0);
      updated.push_back({&offered, found->second.question_id, outline_id, point_id, decided.pool, version});
      if (decided.what == changed) versions.push_back(updated.back());
    }
    store::insert_questions(transaction_, created);
    store::insert_versions(transaction_, created, "imported");
    store::insert_versions(transaction_, versions, "changed by an import");
    store::update_questions(transaction_, updated);
    report_.questions.created += static_cast<int>(created.size());
    written_ = written_ || !created.empty() || !updated.empty();
  }

  void note_pictures(const batch_question& q) { digests_.insert(q.content.media.begin(), q.content.media.end()); }

  // Pictures of rejected questions stay outside.
  void write_pictures() {
    for (const auto& digest : digests_)
      report_.pictures += store::insert_picture(transaction_, digest, batch_.pictures.at(digest));
  }

  pqxx::transaction_base& transaction_;
  const import_batch& batch_;
  import_report report_;
  std::set<std::string> digests_;
  bool written_ = false;
};

}  // namespace

import_report run_import(const postgres::settings& database, const import_batch& batch, const std::string& reason) {
  if (!batch.refused.empty()) return {.refused = batch.refused, .rejected = batch.rejected};
  auto patient = database;
  patient.statement_timeout = patient.lock_timeout = std::chrono::minutes{10};
  const auto connection = postgres::connect(patient);
  store::prepare_import(*connection);
  pqxx::work transaction{*connection};
  auto report = importer{transaction, batch}.run(reason);
  if (report.refused.empty()) transaction.commit();
  return report;
}

}  // namespace bank
