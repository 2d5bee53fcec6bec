#include "question/question.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/text.hpp"

namespace question {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::array<std::pair<type, std::string_view>, 3> type_names = {{{type::single_choice, "single_choice"},
                                                                          {type::multiple_choice, "multiple_choice"},
                                                                          {type::true_false, "true_false"}}};

constexpr std::size_t stem_characters_max = 4000, option_characters_max = 1000, explanation_characters_max = 10000;
constexpr std::size_t digest_characters = 64;

template <class Json>
std::string dumped(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_letter(char c) { return c >= 'A' && c <= 'H'; }

// The letter that `value` is, or nothing where it is no letter of these options.
std::optional<char> letter_in(const json& value, std::size_t options) {
  if (!value.is_string()) return {};
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() != 1 || !is_letter(text[0]) || static_cast<std::size_t>(text[0] - 'A') >= options) return {};
  return text[0];
}

std::optional<std::string> canonical_letters(const json& answer, std::size_t options) {
  if (!answer.is_array() || answer.empty()) return {};
  std::vector<std::string> letters;
  for (const auto& item : answer) {
    const auto letter = letter_in(item, options);
    if (!letter) return {};
    letters.emplace_back(1, *letter);
  }
  std::ranges::sort(letters);
  if (std::ranges::adjacent_find(letters) != letters.end()) return {};
  return dumped(json(letters));
}

// An answer in JSON holds capital letters only where it names options, so that they can be exchanged in place.
template <class Map>
std::string with_letters(std::string answer, Map map) {
  std::string letters;
  for (const char c : answer)
    if (is_letter(c)) letters.push_back(map(c));
  std::ranges::sort(letters);
  auto next = letters.begin();
  for (char& c : answer)
    if (is_letter(c)) c = *next++;
  return answer;
}

// Reads one question and gathers what is wrong with it.
class examiner {
 public:
  void text(const std::string& pointer, std::string_view value, std::size_t characters_max) {
    if (base::trimmed(value).empty()) return fail(pointer, "required");
    limited(pointer, value, characters_max);
  }

  void limited(const std::string& pointer, std::string_view value, std::size_t characters_max) {
    if (!base::is_utf8(value)) return fail(pointer, "not_utf8");
    if (base::length_of(value) > characters_max)
      fail(pointer, "length", {{"minimum", "0"}, {"maximum", std::to_string(characters_max)}});
    if (value.find('\0') != std::string_view::npos) fail(pointer, "null_character");
  }

  void options(type t, const std::vector<std::string>& options) {
    if (t == type::true_false) {
      if (!options.empty()) fail("/options", "options_unexpected");
      return;
    }
    if (options.size() < options_min || options.size() > options_max)
      fail("/options", "option_count",
           {{"minimum", std::to_string(options_min)}, {"maximum", std::to_string(options_max)}});
    for (std::size_t i = 0; i < options.size(); ++i) {
      const std::string pointer = "/options/" + std::to_string(i);
      text(pointer, options[i], option_characters_max);
      for (std::size_t before = 0; before < i; ++before) {
        if (base::trimmed(options[before]) != base::trimmed(options[i])) continue;
        fail(pointer, "option_repeated", {{"letter", std::string(1, static_cast<char>('A' + before))}});
        break;
      }
    }
  }

  void key(type t, std::size_t options, const std::string& answer) {
    const auto value = json::parse(answer, nullptr, false);
    const shape s{t, static_cast<std::uint8_t>(std::min(options, options_max))};
    const auto canonical = value.is_discarded() ? std::nullopt : canonical_answer(s, value);
    if (!canonical || value.is_null()) return fail("/key", "key_" + std::string(name_of(t)));
    if (*canonical != answer) fail("/key", "key_not_canonical", {{"canonical", *canonical}});
    if (t == type::multiple_choice && value.size() < 2) fail("/key", "key_too_short");
  }

  void fail(std::string pointer, std::string code, base::message_values values = {}) {
    faults.push_back({std::move(pointer), std::move(code), std::move(values)});
  }

  std::vector<base::fault> faults;
};

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Whether the letter at `at` names an option: it stands alone, after what leads up to an option and not before what
// makes it part of a name.
bool names_option(std::string_view text, std::size_t at) {
  static constexpr std::string_view leads[] = {"选", "项", "、", "，", ",",  "；", ";",  "：", ":",
                                               "]",  "】", "✅", "❌", "和", "与", "及", "或", "为",
                                               "是", "~",  "～", "–",  "除", " ",  "\n"};
  static constexpr std::string_view names[] = {"类", "级", "语", "型", "超", "股", "+", "=", "|", "%", "/", "-", "("};
  const auto before = text.substr(0, at), after = text.substr(at + 1);
  if (!before.empty() && std::ranges::none_of(leads, [&](auto lead) { return before.ends_with(lead); })) return false;
  if (!after.empty() && is_word_character(after.front())) return false;
  return std::ranges::none_of(names, [&](auto name) { return after.starts_with(name); });
}

bool is_digest(const std::string& text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == digest_characters && std::ranges::all_of(text, is_hex);
}

}  // namespace

std::string_view name_of(type t) {
  for (const auto& [named, name] : type_names)
    if (named == t) return name;
  throw std::logic_error("unknown question type");
}

std::optional<type> type_named(std::string_view name) {
  for (const auto& [named, its_name] : type_names)
    if (its_name == name) return named;
  return {};
}

std::span<const type> all_types() {
  static constexpr std::array types = {type::single_choice, type::multiple_choice, type::true_false};
  return types;
}

std::string_view name_of(rule r) {
  switch (r) {
    case rule::all_or_nothing:
      return "all_or_nothing";
  }
  throw std::logic_error("unknown scoring rule");
}

std::string to_document(const content& c) {
  return dumped(ordered_json{{"stem", c.stem}, {"options", c.options}, {"media", c.media}});
}

content content_of(const std::string& document) {
  const auto value = json::parse(document);
  return {value.at("stem").get<std::string>(), value.at("options").get<std::vector<std::string>>(),
          value.at("media").get<std::vector<std::string>>()};
}

std::string to_document(const key& k) {
  return dumped(ordered_json{{"key", ordered_json::parse(k.answer)}, {"explanation", k.explanation}});
}

key key_of(const std::string& document) {
  const auto value = json::parse(document);
  return {dumped(value.at("key")), value.at("explanation").get<std::string>()};
}

std::vector<base::fault> faults_in(type t, const content& c, const key& k) {
  examiner one;
  one.text("/stem", c.stem, stem_characters_max);
  one.options(t, c.options);
  for (std::size_t i = 0; i < c.media.size(); ++i)
    if (!is_digest(c.media[i])) one.fail("/media/" + std::to_string(i), "digest_expected");
  one.key(t, c.options.size(), k.answer);
  one.limited("/explanation", k.explanation, explanation_characters_max);
  return std::move(one.faults);
}

std::optional<std::string> canonical_answer(shape s, const json& answer) {
  if (answer.is_null()) return "null";
  switch (s.kind) {
    case type::single_choice: {
      const auto letter = letter_in(answer, s.options);
      if (!letter) return {};
      return '"' + std::string(1, *letter) + '"';
    }
    case type::multiple_choice:
      return canonical_letters(answer, s.options);
    case type::true_false:
      if (!answer.is_boolean()) return {};
      return answer.get<bool>() ? "true" : "false";
  }
  return {};
}

std::string shuffled_order(shape s, base::seeded_random& random) {
  if (s.kind == type::true_false) return {};
  std::vector<char> letters;
  for (std::uint8_t i = 0; i < s.options; ++i) letters.push_back(static_cast<char>('A' + i));
  random.shuffle(letters);
  return {letters.begin(), letters.end()};
}

std::string to_stored_letters(const std::string& answer, const std::string& order) {
  if (order.empty()) return answer;
  return with_letters(answer, [&](char shown) { return order.at(static_cast<std::size_t>(shown - 'A')); });
}

std::string to_shown_letters(const std::string& answer, const std::string& order) {
  if (order.empty()) return answer;
  return with_letters(answer, [&](char stored) {
    const auto place = order.find(stored);
    if (place == std::string::npos) throw std::out_of_range("the order lacks option " + std::string(1, stored));
    return static_cast<char>('A' + place);
  });
}

std::vector<std::string> shown_options(const content& c, const std::string& order) {
  std::vector<std::string> shown;
  for (const char stored : order) shown.push_back(c.options.at(static_cast<std::size_t>(stored - 'A')));
  return shown;
}

std::string explanation_in_shown_letters(const std::string& explanation, const std::string& order) {
  std::string shown = explanation;
  for (std::size_t i = 0; i < explanation.size(); ++i) {
    const auto place = order.find(explanation[i]);
    if (place != std::string::npos && names_option(explanation, i)) shown[i] = static_cast<char>('A' + place);
  }
  return shown;
}

mark marked(type t, rule r, const std::string& key_answer, const std::string& answer, int points_max) {
  switch (r) {
    case rule::all_or_nothing: {
      // The three types of today have one right answer each, and canonical answers are equal exactly where they mean
      // the same.
      const bool is_right = answer != "null" && answer == key_answer;
      static_cast<void>(t);
      return {is_right, is_right ? points_max : 0};
    }
  }
  throw std::logic_error("unknown scoring rule");
}

}  // namespace question
