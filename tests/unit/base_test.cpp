#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace {

using namespace std::chrono;

TEST(time_text, survives_a_round_trip) {
  for (const auto* text : {"2026-03-01T08:00:00Z", "1999-12-31T23:59:59.250Z", "2024-02-29T00:00:00Z"})
    EXPECT_EQ(base::to_iso(base::from_iso(text).value()), text);
}

TEST(time_text, reads_zones) {
  EXPECT_EQ(base::to_iso(base::from_iso("2026-03-01T08:00:00+08:00").value()), "2026-03-01T00:00:00Z");
}

TEST(time_text, refuses_what_is_no_moment) {
  for (const auto* text :
       {"", "2026-03-01", "2026-03-01T08:00:00", "2026-13-01T08:00:00Z", "2025-02-29T08:00:00Z", "2026-03-01T24:00:00Z",
        "2026-03-01T08:00:00.Z", "2026-03-01 08:00:00Z", "2026-03-01T08:00:00+8:00", "２０２６-03-01T08:00:00Z"})
    EXPECT_FALSE(base::from_iso(text)) << text;
}

TEST(day, begins_at_midnight_of_the_platform_not_of_utc) {
  const auto late = base::from_iso("2026-03-01T16:00:00Z").value();
  EXPECT_EQ(base::to_iso(base::day_of(late, minutes{480})), "2026-03-02");
  EXPECT_EQ(base::to_iso(base::day_of(late - microseconds{1}, minutes{480})), "2026-03-01");
}

TEST(text, knows_utf_8) {
  EXPECT_TRUE(base::is_utf8("焊工 ok 😀"));
  for (const char* broken : {"\xC0\x80", "\xE4\xB8", "\xED\xA0\x80", "\xF5\x80\x80\x80", "a\xFF"})
    EXPECT_FALSE(base::is_utf8(broken));
  EXPECT_EQ(base::length_of("焊工a"), 3U);
}

TEST(text, is_trimmed_of_all_kinds_of_blanks) {
  EXPECT_EQ(base::trimmed("\xEF\xBB\xBF \xE3\x80\x80 题 干\xC2\xA0\n"), "题 干");
}

TEST(text, numbers_are_whole_or_nothing) {
  EXPECT_EQ(base::to_integer("-12"), -12);
  for (const auto* text : {"", "12x", " 1", "+1", "99999999999999999999"}) EXPECT_FALSE(base::to_integer(text)) << text;
}

TEST(seeded_random, gives_the_same_numbers_on_every_machine) {
  base::seeded_random random{42};
  EXPECT_EQ(random.next(), 13679457532755275413ULL);
  EXPECT_EQ(random.next(), 2949826092126892291ULL);
}

TEST(seeded_random, shuffles_without_losing_anything) {
  std::vector<int> items = {1, 2, 3, 4, 5, 6};
  base::seeded_random{7}.shuffle(items);
  std::ranges::sort(items);
  EXPECT_EQ(items, (std::vector{1, 2, 3, 4, 5, 6}));
}

TEST(digest, agrees_with_published_vectors) {
  EXPECT_EQ(base::sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(base::keyed_hash_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");  // RFC 4231, 2
  EXPECT_EQ(base::to_base64url("\xFF\xFE\xFD"), "__79");
}

}  // namespace
