#include "exam/service.hpp"

#include "base/log.hpp"
#include "exam/rules.hpp"

namespace exam {
namespace {

using base::problem_kind;
using base::refuse;
using identity::permission;
using identity::principal;

constexpr std::size_t requests_per_commit_max = 512;
constexpr std::size_t stocks_max = 200;

std::string creation_key(const principal& who, const std::string& key) {
  return std::to_string(who.person_id) + ":" + key;
}

bool same_request(const blueprint& a, const blueprint& b) {
  return a.organisation_id == b.organisation_id && a.outline_id == b.outline_id && a.name == b.name &&
         a.pool == b.pool && a.pass_points == b.pass_points && a.parts == b.parts;
}

bool same_request(const sitting& a, const sitting& b) {
  return a.organisation_id == b.organisation_id && a.blueprint_id == b.blueprint_id && a.name == b.name &&
         a.opens_at == b.opens_at && a.closes_at == b.closes_at && a.duration == b.duration;
}

// One uses the blueprints of one's own node, of those below it, and of those above it.
bool may_read_blueprint(const principal& who, const std::string& path) {
  const auto reach = who.reach(permission::read_blueprints);
  return std::ranges::any_of(reach,
                             [&](const std::string& node) { return path.starts_with(node) || node.starts_with(path); });
}

std::vector<std::string> roles_that_sit() {
  std::vector<std::string> roles;
  for (const auto& [role, name] : identity::all_roles())
    if (identity::holds(role, permission::sit_exams)) roles.emplace_back(name);
  return roles;
}

std::vector<base::fault> faults_in(const std::vector<found_account>& found) {
  std::vector<base::fault> faults;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto fault = [&](std::string code) { faults.push_back({"/accounts/" + std::to_string(i), std::move(code)}); };
    if (!found[i].person_id)
      fault("unknown_account");
    else if (found[i].disabled)
      fault("account_disabled");
    else if (!found[i].may_sit)
      fault("account_may_not_sit");
  }
  return faults;
}

shown_question shown(const paper_row& row, const paper_versions& versions) {
  const auto& content = versions.content(row.version_id);
  return {.position = row.position,
          .type = versions.type(row.version_id),
          .points = row.points,
          .stem = content.stem,
          .options = question::shown_options(content, row.option_order),
          .media = content.media};
}

result_question told(const paper_row& row, exam::mark m, const paper_versions& versions,
                     const std::unordered_map<int, base::time_point>& times) {
  if (m.answer) m.answer = question::to_shown_letters(*m.answer, row.option_order);
  m.key = question::to_shown_letters(m.key, row.option_order);
  result_question q{.question = shown(row, versions), .mark = std::move(m)};
  q.explanation = question::explanation_in_shown_letters(versions.key(row.version_id).explanation, row.option_order);
  q.source = versions.source(row.version_id);
  if (const auto time = times.find(row.position); time != times.end()) q.answered_at = time->second;
  return q;
}

void forget_key(result_question& q) {
  q.mark.key.clear();
  q.explanation.clear();
  q.source.clear();
}

}  // namespace

service::service(boost::asio::io_context& loop, postgres::pool& database, bank::library& library, settings its_settings,
                 runtime::metrics& metrics)
    : database_(database),
      library_(library),
      settings_(its_settings),
      answers_saved_(metrics.count("guildhall_answers_saved_total", "Answers that were put into the log.")),
      closed_by_candidate_(metrics.count("guildhall_attempts_closed_total", "Attempts closed.", {{"by", "candidate"}})),
      closed_by_deadline_(metrics.count("guildhall_attempts_closed_total", "Attempts closed.", {{"by", "deadline"}})),
      saving_(
          loop.get_executor(), requests_per_commit_max,
          [this](std::vector<save_request>& batch) { return commit(batch); },
          metrics.observe("guildhall_answer_batch_answers", "Requests with answers that were committed together.",
                          runtime::size_bounds)) {}

// ---- the bank -------------------------------------------------------------------------------------------------------

// Another node may have published the outline a moment ago.
runtime::awaitable<std::shared_ptr<const bank::image>> service::image_with(std::int64_t outline_id) {
  auto image = library_.current();
  if (!image->outline(outline_id)) {
    co_await library_.refresh();
    image = library_.current();
  }
  co_return image;
}

// Nothing where the bank does not hold the outline.
runtime::awaitable<std::shared_ptr<const stock>> service::stock_for(std::int64_t blueprint_id) {
  if (const auto kept = stocks_.find(blueprint_id);
      kept != stocks_.end() && kept->second->release_id() == library_.current()->release_id)
    co_return kept->second;
  const auto found =
      co_await database_.read([&](pqxx::transaction_base& t) { return find_blueprint(t, blueprint_id); });
  const auto image = co_await image_with(found.value().outline_id);
  if (!image->outline(found->outline_id)) co_return nullptr;
  const auto made = std::make_shared<const stock>(*found, image);
  // Those of older releases would keep their images in memory.
  std::erase_if(stocks_, [&](const auto& kept) { return kept.second->release_id() != image->release_id; });
  if (stocks_.size() >= stocks_max) stocks_.clear();
  stocks_[blueprint_id] = made;
  co_return made;
}

// ---- blueprints -----------------------------------------------------------------------------------------------------

runtime::awaitable<composed_blueprint> service::composed(blueprint b) {
  composed_blueprint whole;
  const auto image = co_await image_with(b.outline_id);
  if (const auto* outline = image->outline(b.outline_id))
    for (const auto& s : spread(*outline, b.questions()))
      whole.ranges.push_back({s.range->code, s.range->name, s.range->weight, s.questions});
  whole.blueprint = std::move(b);
  co_return whole;
}

runtime::awaitable<base::result<std::optional<blueprint>>> service::blueprint_made_before(const blueprint& b,
                                                                                          const std::string& key) {
  auto before = co_await database_.read([&](pqxx::transaction_base& t) { return created_blueprint(t, key); });
  if (before && !same_request(*before, b)) co_return refuse(problem_kind::conflict, "idempotency_key_reused");
  co_return before;
}

runtime::awaitable<base::result<composed_blueprint>> service::create_blueprint(const principal& who, blueprint b,
                                                                               std::string key) {
  key = creation_key(who, key);
  const auto place = co_await identity::find_organisation(database_, b.organisation_id);
  if (!place) co_return refuse({base::fault{"/organisation_id", "unknown_organisation"}});
  if (const auto allowed = who.require(permission::compose_papers, place->path); !allowed)
    co_return std::unexpected(allowed.error());
  auto before = co_await blueprint_made_before(b, key);
  if (!before) co_return std::unexpected(before.error());
  if (*before) co_return co_await composed(std::move(**before));

  const auto image = co_await image_with(b.outline_id);
  auto faults = exam::faults_in(b);
  if (!image->outline(b.outline_id)) faults.push_back({"/outline_id", "unknown_outline"});
  if (!faults.empty()) co_return refuse(std::move(faults));
  const auto drawn = draw(stock{b, image}, 0);  // whether there is a paper does not depend on the seed
  if (!drawn) co_return std::unexpected(drawn.error());

  co_await database_.write([&](pqxx::transaction_base& t) { insert_blueprint(t, b, {who.person_id, key}); });
  auto made = co_await blueprint_made_before(b, key);  // the same request at the same time may have been faster
  if (!made) co_return std::unexpected(made.error());
  co_return co_await composed(std::move(made->value()));
}

runtime::awaitable<base::result<composed_blueprint>> service::get_blueprint(const principal& who,
                                                                            std::int64_t blueprint_id) {
  auto found = co_await database_.read([&](pqxx::transaction_base& t) { return find_blueprint(t, blueprint_id); });
  if (!found) co_return refuse(problem_kind::not_found, "not_found");
  if (!may_read_blueprint(who, found->organisation_path)) co_return refuse(problem_kind::forbidden, "out_of_reach");
  co_return co_await composed(std::move(*found));
}

runtime::awaitable<std::vector<composed_blueprint>> service::list_blueprints(const principal& who, std::int64_t after,
                                                                             std::int64_t limit) {
  const auto reach = who.reach(permission::read_blueprints);
  auto found =
      co_await database_.read([&](pqxx::transaction_base& t) { return exam::list_blueprints(t, reach, after, limit); });
  std::vector<composed_blueprint> all;
  for (auto& b : found) {
    auto whole = co_await composed(std::move(b));
    all.push_back(std::move(whole));
  }
  co_return all;
}

// ---- sittings -------------------------------------------------------------------------------------------------------

runtime::awaitable<titled_sitting> service::titled(sitting s) {
  titled_sitting whole;
  const auto image = co_await image_with(s.outline_id);
  if (const auto* outline = image->outline(s.outline_id)) {
    whole.trade_name = outline->trade_name;
    whole.level_name = outline->level_name;
  }
  whole.sitting = std::move(s);
  co_return whole;
}

runtime::awaitable<base::result<std::optional<sitting>>> service::sitting_made_before(const sitting& s,
                                                                                      const std::string& key) {
  auto before = co_await database_.read([&](pqxx::transaction_base& t) { return created_sitting(t, key); });
  if (before && !same_request(*before, s)) co_return refuse(problem_kind::conflict, "idempotency_key_reused");
  co_return before;
}

runtime::awaitable<base::result<>> service::may_use_blueprint(const principal& who, std::int64_t blueprint_id,
                                                              const std::string& node_path) {
  const auto found =
      co_await database_.read([&](pqxx::transaction_base& t) { return find_blueprint(t, blueprint_id); });
  if (!found) co_return refuse({base::fault{"/blueprint_id", "unknown_blueprint"}});
  if (node_path.starts_with(found->organisation_path) || may_read_blueprint(who, found->organisation_path))
    co_return base::result<>{};
  co_return refuse(problem_kind::forbidden, "out_of_reach");
}

runtime::awaitable<base::result<titled_sitting>> service::create_sitting(const principal& who, sitting s,
                                                                         std::string key) {
  key = creation_key(who, key);
  const auto place = co_await identity::find_organisation(database_, s.organisation_id);
  if (!place) co_return refuse({base::fault{"/organisation_id", "unknown_organisation"}});
  if (const auto allowed = who.require(permission::hold_sittings, place->path); !allowed)
    co_return std::unexpected(allowed.error());
  auto before = co_await sitting_made_before(s, key);
  if (!before) co_return std::unexpected(before.error());
  if (*before) co_return co_await titled(std::move(**before));

  const auto usable = co_await may_use_blueprint(who, s.blueprint_id, place->path);
  if (!usable) co_return std::unexpected(usable.error());
  const auto now = co_await database_.read([](pqxx::transaction_base& t) { return exam::now(t); });
  if (auto faults = exam::faults_in(s, now); !faults.empty()) co_return refuse(std::move(faults));
  co_await database_.write([&](pqxx::transaction_base& t) { insert_sitting(t, s, {who.person_id, key}); });
  auto made = co_await sitting_made_before(s, key);
  if (!made) co_return std::unexpected(made.error());
  co_return co_await titled(std::move(made->value()));
}

runtime::awaitable<base::result<titled_sitting>> service::get_sitting(const principal& who, std::int64_t sitting_id) {
  auto found = co_await database_.read([&](pqxx::transaction_base& t) { return find_sitting(t, sitting_id); });
  if (!found) co_return refuse(problem_kind::not_found, "not_found");
  if (const auto allowed = who.require(permission::watch_sittings, found->organisation_path); !allowed)
    co_return std::unexpected(allowed.error());
  co_return co_await titled(std::move(*found));
}

runtime::awaitable<std::vector<titled_sitting>> service::list_sittings(const principal& who, std::int64_t after,
                                                                       std::int64_t limit) {
  const auto reach = who.reach(permission::watch_sittings);
  auto found =
      co_await database_.read([&](pqxx::transaction_base& t) { return exam::list_sittings(t, reach, after, limit); });
  std::vector<titled_sitting> all;
  for (auto& s : found) {
    auto whole = co_await titled(std::move(s));
    all.push_back(std::move(whole));
  }
  co_return all;
}

runtime::awaitable<base::result<service::registered_counts>> service::register_candidates(
    const principal& who, std::int64_t sitting_id, std::vector<std::string> accounts) {
  const auto roles = roles_that_sit();
  co_return co_await database_.write([&](pqxx::transaction_base& t) -> base::result<registered_counts> {
    const auto found = lock_sitting(t, sitting_id, false);
    if (!found) return refuse(problem_kind::not_found, "not_found");
    if (const auto allowed = who.require(permission::hold_sittings, found->organisation_path); !allowed)
      return std::unexpected(allowed.error());
    const auto people = find_accounts(t, accounts, roles);
    if (auto faults = faults_in(people); !faults.empty()) return refuse(std::move(faults));
    if (const auto allowed = may_register(*found, exam::now(t)); !allowed) return std::unexpected(allowed.error());
    std::vector<std::int64_t> ids;
    for (const auto& person : people) ids.push_back(*person.person_id);
    const int added = insert_registrations(t, sitting_id, ids, who.person_id);
    return registered_counts{.registered = find_sitting(t, sitting_id)->registered, .added = added};
  });
}

runtime::awaitable<base::result<>> service::release_results(const principal& who, std::int64_t sitting_id, release to) {
  const auto done = co_await database_.write([&](pqxx::transaction_base& t) -> base::result<> {
    const auto found = lock_sitting(t, sitting_id, true);
    if (!found) return refuse(problem_kind::not_found, "not_found");
    if (const auto allowed = who.require(permission::release_results, found->organisation_path); !allowed)
      return allowed;
    if (const auto allowed = may_release(*found, to, exam::now(t), settings_.grace); !allowed) return allowed;
    set_released(t, sitting_id, to, who.person_id);
    return {};
  });
  if (done)
    base::log::info("results_released", {{"sitting", sitting_id}, {"released", name_of(to)}, {"by", who.person_id}});
  co_return done;
}

runtime::awaitable<base::result<std::vector<candidate>>> service::list_candidates(const principal& who,
                                                                                  std::int64_t sitting_id,
                                                                                  std::int64_t after,
                                                                                  std::int64_t limit) {
  const auto found = co_await database_.read([&](pqxx::transaction_base& t) { return find_sitting(t, sitting_id); });
  if (!found) co_return refuse(problem_kind::not_found, "not_found");
  if (const auto allowed = who.require(permission::watch_sittings, found->organisation_path); !allowed)
    co_return std::unexpected(allowed.error());
  co_return co_await database_.read(
      [&](pqxx::transaction_base& t) { return exam::list_candidates(t, sitting_id, after, limit); });
}

// ---- attempts -------------------------------------------------------------------------------------------------------

runtime::awaitable<own_sittings> service::list_own_sittings(const principal& who, std::int64_t before,
                                                            std::int64_t limit) {
  own_sittings own;
  co_await database_.read([&](pqxx::transaction_base& t) {
    own.sittings = exam::list_own_sittings(t, who.person_id, before, limit);
    own.now = exam::now(t);
  });
  for (const auto& each : own.sittings) {
    auto whole = co_await titled(each.sitting);
    own.titled.push_back(std::move(whole));
  }
  co_return own;
}

// The database refuses a second attempt; whoever comes second finds the first one's.
runtime::awaitable<base::result<>> service::make_attempt(const principal& who, const sitting& s) {
  const auto from = co_await stock_for(s.blueprint_id);
  const auto seed = base::secret_number();
  base::result<std::vector<drawn_question>> drawn;
  if (from) drawn = draw(*from, seed);
  if (!from || !drawn) {  // the bank has lost questions since the blueprint was made
    base::log::error("paper_not_drawn",
                     {{"sitting", s.sitting_id}, {"blueprint", s.blueprint_id}, {"outline", s.outline_id}});
    co_return refuse(problem_kind::conflict, "paper_not_available");
  }
  co_await database_.write([&](pqxx::transaction_base& t) {
    insert_attempt(t, s.sitting_id, who.person_id, seed, from->release_id(), *drawn);
  });
  co_return base::result<>{};
}

runtime::awaitable<base::result<attempt_view>> service::start(const principal& who, std::int64_t sitting_id) {
  auto found = co_await database_.read(
      [&](pqxx::transaction_base& t) { return find_own_sitting(t, sitting_id, who.person_id); });
  if (!found) co_return refuse(problem_kind::not_found, "not_found");
  if (!found->registered) co_return refuse(problem_kind::not_found, "not_registered");
  if (!found->own) {
    if (const auto allowed = may_start(found->sitting, found->now); !allowed)
      co_return std::unexpected(allowed.error());
    const auto made = co_await make_attempt(who, found->sitting);
    if (!made) co_return std::unexpected(made.error());
    found = co_await database_.read(
        [&](pqxx::transaction_base& t) { return find_own_sitting(t, sitting_id, who.person_id); });
    if (!found->own)
      co_return std::unexpected(
          may_start(found->sitting, found->sitting.closes_at).error());  // the window ended meanwhile
  }
  co_return co_await view_attempt(found->own->attempt_id);
}

runtime::awaitable<attempt_view> service::view_attempt(std::int64_t attempt_id) {
  attempt_view whole;
  papers paper;
  co_await database_.read([&](pqxx::transaction_base& t) {
    whole.facts = find_attempt(t, attempt_id).value();
    paper = find_papers(t, {attempt_id});
    whole.answers = newest_answers(t, {attempt_id})[attempt_id];
  });
  const auto versions = co_await paper_versions::load(library_, paper);
  for (const auto& row : paper[attempt_id]) whole.questions.push_back(shown(row, versions));
  co_return whole;
}

runtime::awaitable<base::result<attempt_view>> service::get_attempt(const principal& who, std::int64_t attempt_id) {
  const auto facts = co_await database_.read([&](pqxx::transaction_base& t) { return find_attempt(t, attempt_id); });
  if (!facts || facts->attempt.person_id != who.person_id) co_return refuse(problem_kind::not_found, "not_found");
  co_return co_await view_attempt(attempt_id);
}

void service::remember(std::int64_t attempt_id, std::shared_ptr<const paper_shapes> paper) {
  if (!papers_.emplace(attempt_id, std::move(paper)).second) return;
  papers_order_.push_back(attempt_id);
  if (papers_order_.size() <= settings_.attempts_cached_max) return;
  papers_.erase(papers_order_.front());
  papers_order_.pop_front();
}

runtime::awaitable<base::result<std::shared_ptr<const paper_shapes>>> service::own_paper(const principal& who,
                                                                                         std::int64_t attempt_id) {
  const auto kept = papers_.find(attempt_id);
  std::shared_ptr<const paper_shapes> paper = kept == papers_.end() ? nullptr : kept->second;
  if (!paper) {
    papers rows;
    const auto facts = co_await database_.read([&](pqxx::transaction_base& t) {
      rows = find_papers(t, {attempt_id});
      return find_attempt(t, attempt_id);
    });
    if (!facts) co_return refuse(problem_kind::not_found, "not_found");
    const auto versions = co_await paper_versions::load(library_, rows);
    auto made = std::make_shared<paper_shapes>();
    made->person_id = facts->attempt.person_id;
    for (const auto& row : rows[attempt_id])
      made->shapes.push_back({versions.type(row.version_id), static_cast<std::uint8_t>(row.option_order.size())});
    remember(attempt_id, made);
    paper = std::move(made);
  }
  if (paper->person_id != who.person_id) co_return refuse(problem_kind::not_found, "not_found");
  co_return paper;
}

// One statement is a transaction by itself, and this one may be repeated: so it needs no BEGIN and COMMIT around it,
// and a connection that died is no reason to give up.
runtime::awaitable<> service::commit(std::vector<save_request>& batch) {
  co_await database_.read([&](pqxx::transaction_base& t) { save(t, batch, settings_.grace); });
}

runtime::awaitable<base::result<save_request>> service::save_answers(std::int64_t attempt_id,
                                                                     std::vector<answer> given) {
  save_request asked{.attempt_id = attempt_id, .given = std::move(given)};
  auto done = co_await saving_.add(std::move(asked));
  if (!done.taken) co_return refuse(problem_kind::conflict, "attempt_closed");
  const auto in_log =
      std::ranges::count_if(done.outcomes, [](outcome o) { return o == outcome::saved || o == outcome::superseded; });
  answers_saved_.add(static_cast<double>(in_log));
  co_return done;
}

runtime::awaitable<base::result<hand_in_facts>> service::hand_in(const principal& who, std::int64_t attempt_id) {
  const auto facts = co_await database_.read([&](pqxx::transaction_base& t) { return find_attempt(t, attempt_id); });
  if (!facts || facts->attempt.person_id != who.person_id) co_return refuse(problem_kind::not_found, "not_found");
  bool closed_now = false;
  if (!facts->attempt.closed_at) closed_now = co_await exam::hand_in(database_, library_, *facts, settings_.grace);
  const auto whole = co_await database_.read([&](pqxx::transaction_base& t) {
    const auto result = find_results(t, {attempt_id}).at(attempt_id);
    return hand_in_facts{find_attempt(t, attempt_id)->attempt, result.answered(),
                         static_cast<int>(result.marks.size())};
  });
  if (closed_now) (whole.attempt.closer == closed_by::candidate ? closed_by_candidate_ : closed_by_deadline_).add();
  co_return whole;
}

runtime::awaitable<> service::close_overdue() {
  const int closed = co_await exam::close_overdue(database_, library_, settings_.grace);
  if (closed == 0) co_return;
  closed_by_deadline_.add(closed);
  base::log::info("attempts_closed_at_deadline", {{"attempts", std::int64_t{closed}}});
}

// Candidates see of their own attempts what the sitting released, whatever roles they hold besides.
runtime::awaitable<base::result<result_view>> service::get_result(const principal& who, std::int64_t attempt_id) {
  const auto facts = co_await database_.read([&](pqxx::transaction_base& t) { return find_attempt(t, attempt_id); });
  const bool own = facts && facts->attempt.person_id == who.person_id;
  if (!own && !(facts && who.may(permission::read_results, facts->organisation_path)))
    co_return refuse(problem_kind::not_found, "not_found");
  if (!facts->attempt.closed_at) co_return refuse(problem_kind::conflict, "attempt_open");
  if (own && facts->released == release::nothing) co_return refuse(problem_kind::conflict, "result_not_released");
  const view seen = own ? view_of(facts->released) : view_of(release::key);

  papers rows;
  std::unordered_map<int, base::time_point> times;
  auto result = co_await database_.read([&](pqxx::transaction_base& t) {
    rows = find_papers(t, {attempt_id});
    times = answer_times(t, attempt_id);
    return find_results(t, {attempt_id}).at(attempt_id);
  });
  result_view whole{.facts = *facts, .score = result.score, .with_key = seen.key};
  if (!seen.answers) co_return whole;
  const auto versions = co_await paper_versions::load(library_, rows);
  const auto& paper = rows[attempt_id];
  for (std::size_t i = 0; i < paper.size(); ++i) {
    whole.questions.push_back(told(paper[i], result.marks.at(i), versions, times));
    if (!seen.key) forget_key(whole.questions.back());
  }
  co_return whole;
}

}  // namespace exam
