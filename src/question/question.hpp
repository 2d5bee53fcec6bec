// Question types: the documents that hold a question, and what can be asked of an answer. A new type is a new row in
// each function of question.cpp; content and key are documents, so tables and services stay as they are.
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.hpp"
#include "base/random.hpp"

namespace question {

enum class type : std::uint8_t { single_choice, multiple_choice, true_false };

constexpr std::size_t options_min = 2, options_max = 8;

std::string_view name_of(type t);
std::optional<type> type_named(std::string_view name);
std::span<const type> all_types();

// What a candidate may see. Document: {"stem": text, "options": [text...], "media": [digest...]}.
struct content {
  std::string stem;
  std::vector<std::string> options;  // empty for true_false
  std::vector<std::string> media;    // SHA-256 of pictures
};
std::string to_document(const content& c);
content content_of(const std::string& document);

// What a candidate may not see before it is released. Document: {"key": answer, "explanation": text}.
// An answer is JSON: "B" for single choice, ["A","C"] (sorted) for multiple choice, true or false.
struct key {
  std::string answer;  // compact JSON in the letters of the content's options
  std::string explanation;
};
std::string to_document(const key& k);
key key_of(const std::string& document);

// Faults of a question as a whole, with pointers "/stem", "/options/2", "/key": what a reader or an author must mend.
std::vector<base::fault> faults_in(type t, const content& c, const key& k);

// What it takes to check an answer, small enough to keep for every question of a running exam.
struct shape {
  type kind = type::true_false;
  std::uint8_t options = 0;
};

// The canonical compact JSON of an answer that this shape can take ("null" takes an answer back); nothing where it
// can't.
std::optional<std::string> canonical_answer(shape s, const nlohmann::json& answer);

// Options are shown in another order than they are stored: order[i] is the stored letter of the option shown as letter
// i. For true_false it is empty.
std::string shuffled_order(shape s, base::seeded_random& random);
std::string to_stored_letters(const std::string& answer, const std::string& order);
std::string to_shown_letters(const std::string& answer, const std::string& order);
std::vector<std::string> shown_options(const content& c, const std::string& order);
// Explanations of imported banks speak of "选项B" or list "A、C" in stored letters: letters that stand where an option
// is named are exchanged too. Others ("C语言", "P(A|B)") stay.
std::string explanation_in_shown_letters(const std::string& explanation, const std::string& order);

// Points are hundredths of a point.
enum class rule : std::uint8_t { all_or_nothing };
std::string_view name_of(rule r);

struct mark {
  bool is_right = false;
  int points = 0;
};
// Both answers canonical and in the same letters.
mark marked(type t, rule r, const std::string& key_answer, const std::string& answer, int points_max);

}  // namespace question
