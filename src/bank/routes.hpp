// HTTP of the bank: what there is to learn and to be tested on.
#pragma once
#include "bank/bank.hpp"
#include "http/router.hpp"
#include "identity/identity.hpp"
#include "postgres/pool.hpp"

namespace bank {

// `database` and `books` outlive the router.
void add_routes(http::router& router, const identity::guard& guard, postgres::pool& database, library& books);

}  // namespace bank
