// RE2 with the ways and error texts of Go's regexp.
#include "signals/regular_expression.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>

#include <re2/re2.h>

#include "signals/search_expression.h"

namespace alloy {

namespace {

bool is_name_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// A program for each text: large configurations say the same few things in thousands of rules, and
// a program takes a kilobyte and more.
class ExpressionsInUse {
 public:
  static ExpressionsInUse& get() {
    static auto& all =
        *new ExpressionsInUse();  // Never destroyed: constants may be the last users.
    return all;
  }

  std::shared_ptr<const re2::RE2> find(const std::string& source) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(source);
    return found == known_.end() ? nullptr : found->second.lock();
  }

  // Those that nobody uses any more go when the table has doubled.
  void add(const std::string& source, const std::shared_ptr<const re2::RE2>& expression) {
    const std::lock_guard lock(mutex_);
    known_[source] = expression;
    if (known_.size() < size_checked_) return;
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    size_checked_ = 2 * known_.size() + 64;
  }

 private:
  std::mutex mutex_;  // Guards everything below.
  std::map<std::string, std::weak_ptr<const re2::RE2>> known_;
  size_t size_checked_ = 64;
};

// The number that a group's name spells; -1 if it is a name.
int group_number(std::string_view name) {
  if (name.size() > 1 && name.front() == '0') return -1;
  if (name.size() > 8) return -1;
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : -1;
}

}  // namespace

void Template::add_text(std::string_view text) {
  if (text.empty()) return;
  if (parts_.empty() || parts_.back().group >= 0) parts_.emplace_back();
  parts_.back().text += text;
}

Template::Template(std::string_view text, const re2::RE2& expression) {
  while (!text.empty()) {
    const size_t dollar = text.find('$');
    add_text(text.substr(0, dollar));
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      add_text("$");
      text.remove_prefix(1);
      continue;
    }
    const bool in_braces = text.starts_with('{');
    const std::string_view rest = text.substr(in_braces ? 1 : 0);
    const auto name_end = std::ranges::find_if_not(rest, is_name_byte);
    const std::string_view name(rest.begin(), name_end);
    if (name.empty() || (in_braces && (name_end == rest.end() || *name_end != '}'))) {
      add_text("$");
      continue;
    }
    text.remove_prefix(name.size() + (in_braces ? 2 : 0));
    int group = group_number(name);
    if (group < 0) {
      const auto& groups = expression.NamedCapturingGroups();
      const auto found = groups.find(std::string(name));
      if (found != groups.end()) group = found->second;
    }
    if (group > expression.NumberOfCapturingGroups()) group = -1;
    group_max_ = std::max(group_max_, std::max(group, 0));  // Not constant even if it is empty.
    if (group >= 0) parts_.push_back({.text = {}, .group = group});
  }
}

void Template::expand(std::span<const std::string_view> groups, std::string& out) const {
  for (const Part& part : parts_) {
    out += part.group < 0 ? std::string_view(part.text) : groups[static_cast<size_t>(part.group)];
  }
}

RegularExpression::RegularExpression() : RegularExpression(known("")) {}

Result<RegularExpression> RegularExpression::create(std::string_view source) {
  RegularExpression result{Unset{}};
  result.source_ = source;
  result.expression_ = ExpressionsInUse::get().find(result.source_);
  if (result.expression_ != nullptr) return result;
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto expression = std::make_shared<const re2::RE2>("^(?s:" + result.source_ + ")$", options);
  if (!expression->ok()) {
    return fail(regexp_error(*expression), ErrorKind::invalid);
  }
  ExpressionsInUse::get().add(result.source_, expression);
  result.expression_ = std::move(expression);
  return result;
}

RegularExpression RegularExpression::known(std::string_view source) {
  auto result = create(source);
  ASSERT(result.has_value());
  return *std::move(result);
}

int RegularExpression::group_count() const { return expression_->NumberOfCapturingGroups(); }

bool RegularExpression::matches(std::string_view text) const {
  return expression_->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::ANCHOR_BOTH,
                            nullptr, 0);
}

bool RegularExpression::match(std::string_view text, std::span<std::string_view> groups) const {
  constexpr size_t few = 16;
  re2::StringPiece few_pieces[few];
  std::vector<re2::StringPiece> many_pieces;
  re2::StringPiece* pieces = few_pieces;
  if (groups.size() > few) {
    many_pieces.resize(groups.size());
    pieces = many_pieces.data();
  }
  if (!expression_->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::ANCHOR_BOTH, pieces,
                          static_cast<int>(groups.size()))) {
    return false;
  }
  for (size_t i = 0; i < groups.size(); ++i) groups[i] = {pieces[i].data(), pieces[i].size()};
  return true;
}

}  // namespace alloy
