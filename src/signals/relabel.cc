// Relabelling: validation, and the actions one by one.
#include "signals/relabel.h"

#include <algorithm>
#include <locale.h>
#include <wctype.h>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <re2/re2.h>

#include "base/text.h"

namespace alloy {

namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_byte(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

bool has_reference(std::string_view text) { return text.contains('$'); }

bool is_utf8_label_name(std::string_view name) { return !name.empty() && is_utf8(name); }

// A label name of the old rules in which references to groups may stand anywhere.
bool is_legacy_template(std::string_view text) {
  bool at_start = true;
  if (text.empty()) return false;
  while (!text.empty()) {
    if (text.front() == '$') {
      text.remove_prefix(1);
      const bool in_braces = text.starts_with('{');
      if (in_braces) text.remove_prefix(1);
      const auto end = std::ranges::find_if_not(text, is_name_byte);
      if (end == text.begin()) return false;
      text.remove_prefix(static_cast<size_t>(end - text.begin()));
      if (in_braces) {
        if (!text.starts_with('}')) return false;
        text.remove_prefix(1);
      }
    } else {
      if (at_start ? !is_name_start(text.front()) : !is_name_byte(text.front())) return false;
      text.remove_prefix(1);
    }
    at_start = false;
  }
  return true;
}

bool needs_target(RelabelAction action) {
  using enum RelabelAction;
  return action == replace || action == hashmod || action == lowercase || action == uppercase ||
         action == keepequal || action == dropequal;
}

bool is_valid_target(const RelabelRule& rule) {
  if (rule.action == RelabelAction::replace && has_reference(rule.target_label)) {
    return is_legacy_template(rule.target_label);
  }
  return is_utf8_label_name(rule.target_label);
}

}  // namespace

bool is_legacy_label_name(std::string_view name) {
  return !name.empty() && is_name_start(name.front()) && std::ranges::all_of(name, is_name_byte);
}

std::string_view name_of(RelabelAction action) {
  return enum_names(RelabelAction{})[static_cast<size_t>(action)].name;
}

std::string enum_error(RelabelAction, std::string_view text) {
  return "unrecognized action type " + quote(text);
}

Result<void> RelabelRule::validate() const {
  using enum RelabelAction;
  static const RelabelRule defaults;
  const std::string_view name = name_of(action);
  if (action == hashmod && modulus == 0) {
    return fail("relabel configuration for hashmod requires non-zero modulus");
  }
  if (needs_target(action)) {
    if (target_label.empty()) {
      return fail(
          fmt::format("relabel configuration for {} action requires 'target_label' value", name));
    }
    if (!is_valid_target(*this)) {
      return fail(
          fmt::format("{} is invalid 'target_label' for {} action", quote(target_label), name));
    }
  }
  if ((action == lowercase || action == uppercase || action == keepequal || action == dropequal) &&
      replacement != defaults.replacement) {
    return fail(fmt::format("'replacement' can not be set for {} action", name));
  }
  if (action == labelmap && !is_legacy_template(replacement)) {
    return fail(fmt::format("{} is invalid 'replacement' for {} action", quote(replacement), name));
  }
  if ((action == keepequal || action == dropequal) &&
      (regex != defaults.regex || modulus != 0 || separator != defaults.separator)) {
    return fail(fmt::format(
        "{} action requires only 'source_labels' and 'target_label', and no other fields", name));
  }
  if ((action == labeldrop || action == labelkeep) &&
      (!source_labels.empty() || !target_label.empty() || modulus != 0 ||
       separator != defaults.separator || replacement != defaults.replacement)) {
    return fail(fmt::format("{} action requires only 'regex', and no other fields", name));
  }
  return {};
}

// What can be worked out before the first label set comes.
struct RelabelRules::Compiled {
  explicit Compiled(const RelabelRule& rule)
      : target(rule.target_label, rule.regex.expression()),
        replacement(rule.replacement, rule.regex.expression()),
        is_default_regex(rule.regex.source() == "(.*)"),
        groups_needed(
            static_cast<size_t>(std::max(target.group_max(), replacement.group_max()) + 1)) {}

  Template target;
  Template replacement;
  bool is_default_regex;
  size_t groups_needed;
};

RelabelRules::RelabelRules(std::vector<RelabelRule> rules) : rules_(std::move(rules)) {
  compiled_.reserve(rules_.size());
  for (const RelabelRule& rule : rules_) compiled_.emplace_back(rule);
}

RelabelRules::~RelabelRules() = default;

namespace {

// The values of the source labels, joined. Without a copy where there is only one.
std::string_view source_value(const RelabelRule& rule, const LabelBuilder& labels,
                              std::string& buffer) {
  if (rule.source_labels.empty()) return {};
  if (rule.source_labels.size() == 1) return labels.get(rule.source_labels.front());
  buffer.clear();
  for (const std::string& name : rule.source_labels) {
    if (&name != &rule.source_labels.front()) buffer += rule.separator;
    buffer += labels.get(name);
  }
  return buffer;
}

bool matches(const RelabelRule& rule, bool is_default_regex, std::string_view text) {
  return is_default_regex || rule.regex.matches(text);
}

// The lower 64 bits of the MD5 sum, as Prometheus takes them.
uint64_t md5_tail(std::string_view text) {
  unsigned char sum[EVP_MAX_MD_SIZE] = {};
  unsigned int size = 0;
  ASSERT(EVP_Digest(text.data(), text.size(), sum, &size, EVP_md5(), nullptr) == 1);
  uint64_t value = 0;
  for (size_t i = 8; i < 16; ++i) value = value << 8 | sum[i];
  return value;
}

// The character properties of Unicode, which glibc has built in under this name.
locale_t unicode() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  ASSERT(locale != nullptr);
  return locale;
}

std::string change_case(std::string_view text, bool to_lower) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    char32_t point = next_code_point(text);
    if (point < 0x80) {
      if (to_lower && point >= 'A' && point <= 'Z') point += 32;
      if (!to_lower && point >= 'a' && point <= 'z') point -= 32;
      out += static_cast<char>(point);
    } else {
      const auto wide = static_cast<wint_t>(point);
      const auto changed = static_cast<char32_t>(to_lower ? towlower_l(wide, unicode())
                                                          : towupper_l(wide, unicode()));
      if (changed == point) {
        out += before.substr(0, before.size() - text.size());
      } else {
        append_utf8(out, changed);
      }
    }
  }
  return out;
}

}  // namespace

bool RelabelRules::apply(LabelBuilder& labels, LabelNameRules names) const {
  std::string buffer;
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (!apply(rules_[i], compiled_[i], labels, names, buffer)) return false;
  }
  return true;
}

bool RelabelRules::apply(LabelBuilder& labels, std::vector<Step>& steps) const {
  std::string buffer;
  steps.clear();
  for (size_t i = 0; i < rules_.size(); ++i) {
    const std::vector<Label> before(labels.labels().begin(), labels.labels().end());
    const bool kept = apply(rules_[i], compiled_[i], labels, LabelNameRules::legacy, buffer);
    steps.push_back({.rule = i,
                     .changed = kept && !std::ranges::equal(before, labels.labels()),
                     .dropped = !kept});
    if (!kept) return false;
  }
  return true;
}

bool RelabelRules::apply(const RelabelRule& rule, const Compiled& compiled, LabelBuilder& labels,
                         LabelNameRules names, std::string& buffer) {
  using enum RelabelAction;
  const std::string_view value = source_value(rule, labels, buffer);
  switch (rule.action) {
    case drop:
      return !matches(rule, compiled.is_default_regex, value);
    case keep:
      return matches(rule, compiled.is_default_regex, value);
    case dropequal:
      return labels.get(rule.target_label) != value;
    case keepequal:
      return labels.get(rule.target_label) == value;
    case replace:
      replace_label(rule, compiled, value, labels, names);
      break;
    case lowercase:
    case uppercase:
      labels.set(labels.keep(rule.target_label),
                 labels.keep(change_case(value, rule.action == lowercase)));
      break;
    case hashmod:
      labels.set(labels.keep(rule.target_label),
                 labels.keep(fmt::format("{}", md5_tail(value) % rule.modulus)));
      break;
    case labelmap:
      map_labels(rule, compiled, labels);
      break;
    case labeldrop:
      labels.erase_if([&](const Label& label) { return rule.regex.matches(label.name); });
      break;
    case labelkeep:
      labels.erase_if([&](const Label& label) { return !rule.regex.matches(label.name); });
      break;
  }
  return true;
}

void RelabelRules::replace_label(const RelabelRule& rule, const Compiled& compiled,
                                 std::string_view value, LabelBuilder& labels,
                                 LabelNameRules names) {
  std::vector<std::string_view> groups(compiled.groups_needed);
  if (compiled.is_default_regex) {
    std::ranges::fill(groups, value);
  } else if (!rule.regex.match(value, groups)) {
    return;
  }
  std::string target;
  compiled.target.expand(groups, target);
  const bool is_valid =
      names == LabelNameRules::legacy ? is_legacy_label_name(target) : is_utf8_label_name(target);
  if (!is_valid) return;
  std::string result;
  compiled.replacement.expand(groups, result);
  labels.set(labels.keep(target), labels.keep(result));
}

void RelabelRules::map_labels(const RelabelRule& rule, const Compiled& compiled,
                              LabelBuilder& labels) {
  const std::vector<Label> before(labels.labels().begin(), labels.labels().end());
  std::vector<std::string_view> groups(compiled.groups_needed);
  for (const Label& label : before) {
    if (!rule.regex.match(label.name, groups)) continue;
    std::string name;
    compiled.replacement.expand(groups, name);
    labels.set(labels.keep(name), label.value);
  }
}

}  // namespace alloy
