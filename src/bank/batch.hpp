// What a reader makes of somebody's files and an import writes into PostgreSQL: one neutral form for every origin.
// Outlines are whole or refused; questions are taken one by one, and each one left out is named with its reason.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bank/bank.hpp"
#include "base/problem.hpp"

namespace bank {

struct complaint {
  std::string file;     // within the directory that was read
  std::size_t row = 0;  // line of a table, number of a question in a document; 0: the file as a whole
  std::string field;    // column, or JSON pointer
  std::string code;     // in the catalogues as "fault.<code>"
  base::message_values values = {};
};

struct occupation {
  std::string taxonomy, code, name, marks, group_code, group_name;
};

struct batch_range {
  std::optional<std::size_t> parent;  // an earlier one
  std::string code, name;
  int weight = 0;       // hundredths of a percent of the whole outline
  std::string pointer;  // where the file has it
};

struct batch_point {
  std::size_t range = 0;  // a deepest one
  std::string code, name;
  char importance = 'X';
  std::string pointer;
};

struct batch_question {
  std::size_t row = 0;
  std::string code, point;
  question::type type = question::type::true_false;
  bank::pool pool = pool::practice;
  bool pool_is_proposed = false;  // a question that exists keeps the pool it has
  int difficulty = 3;
  question::content content;
  question::key key;
  std::string source, provenance;
};

struct batch_outline {
  std::string file;
  std::string trade_code, trade_name, taxonomy, occupation_code;
  int level = 0;
  std::string level_name, code, version, name, standard;
  std::vector<batch_range> ranges;  // in the outline's order, a parent before its children
  std::vector<batch_point> points;
  std::vector<batch_question> questions;
};

struct picture {
  std::string content_type, bytes;
};

struct import_batch {
  std::vector<occupation> occupations;
  std::vector<batch_outline> outlines;
  std::map<std::string, picture> pictures;  // by digest
  std::vector<complaint> refused;           // any of these refuses the whole
  std::vector<complaint> rejected;          // rows left out
  // How the files call a place of a question: "/options/2" is column "C", or "/questions/7/options/2".
  std::function<std::string(std::size_t row, const std::string& pointer)> field_of;
};

}  // namespace bank
