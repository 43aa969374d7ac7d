// stage.eventlogmessage and stage.windowsevent: what Windows writes into the messages of events.
#include <algorithm>

#include "base/text.h"
#include "components/loki/process/stages/parser_stages.h"
#include "signals/go_strings.h"

namespace alloy::loki::process {
namespace {

constexpr std::string_view line_end = "\r\n";

// With everything that label names can't have replaced by underscores.
std::string sanitized(std::string_view name) {
  if (name.empty()) return "_";
  std::string out;
  for (std::string_view rest = name; !rest.empty();) {
    const bool is_first = rest.size() == name.size();
    const char32_t c = next_code_point(rest);
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool is_kept = is_letter || (c >= '0' && c <= '9' && !is_first);
    out += is_kept ? static_cast<char>(c) : '_';
  }
  return out;
}

std::string without(std::string_view text, std::string_view removed) {
  std::string out;
  for (const char c : text) {
    if (!removed.contains(c)) out += c;
  }
  return out;
}

// Sets a value, or another of that name with _extracted behind it.
void set(Line& line, Scratch& scratch, std::string name, std::string_view value, bool overwrites) {
  if (!overwrites && line.extracted.find(name) != nullptr) name += "_extracted";
  line.extracted.set(scratch.keep(name), ExtractedValue::text(scratch.keep(value)));
}

class EventLogMessageStage final : public Stage {
 public:
  EventLogMessageStage(const EventLogMessageArguments& arguments, StageContext& context)
      : Stage("eventlogmessage"), arguments_(arguments), source_(arguments.source, context) {}

 private:
  void process(Line& line, Run& run) override {
    if (!line.extracted[source_.id()].is_absent()) {
      const auto text = source_.text(line, run.scratch);
      if (!text) return note_drop("the source is no text");
      for (const std::string_view part : split_text(*text, line_end, -1)) take(part, line, run);
    }
    pass(line, run);
  }

  void take(std::string_view part, Line& line, Run& run) const {
    const size_t colon = part.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(part.substr(0, colon));
    if (!is_legacy_label_name(name)) {
      if (arguments_.drop_invalid_labels) return;
      name = sanitized(name);
    }
    const std::string_view value = trim_code_points(part.substr(colon + 1), {}, true, true);
    if (!is_utf8(value)) return;
    set(line, run.scratch, std::move(name), value, arguments_.overwrite_existing);
  }

  const EventLogMessageArguments arguments_;
  const Source source_;
};

class WindowsEventStage final : public Stage {
 public:
  WindowsEventStage(const WindowsEventArguments& arguments, StageContext& context)
      : Stage("windowsevent"), arguments_(arguments), source_(arguments.source, context) {}

 private:
  void process(Line& line, Run& run) override {
    if (!line.extracted[source_.id()].is_absent()) {
      const auto text = source_.text(line, run.scratch);
      if (!text) return note_drop("the source is no text");
      // Sections are separated by an empty line; the first one describes the event.
      const auto sections = split_text(*text, "\r\n\r\n", -1);
      put("Description", sections.front(), line, run);
      for (size_t i = 1; i < sections.size(); ++i) take_section(sections[i], line, run);
    }
    pass(line, run);
  }

  void take_section(std::string_view section, Line& line, Run& run) const {
    const auto lines = split_text(section, line_end, -1);
    std::string prefix;
    for (size_t i = 0; i < lines.size();) {
      const bool is_first = i == 0;
      const std::string_view part = lines[i++];
      const size_t colon = part.find(':');
      if (colon == std::string_view::npos) continue;
      std::string name(part.substr(0, colon));
      std::string value(part.substr(colon + 1));
      if (value.empty()) {
        // The title of the section.
        if (is_first) prefix = name;
        continue;
      }
      // Lines without a name go on with the value.
      while (i < lines.size() && !lines[i].empty() && !lines[i].contains(':')) {
        value += ",";
        value += lines[i++];
      }
      put(prefix.empty() ? name : prefix + "_" + name, value, line, run);
    }
  }

  void put(std::string_view name, std::string_view value, Line& line, Run& run) const {
    std::string clean = without(name, "\t\r\n ");
    if (!is_label_name(clean)) {
      if (arguments_.drop_invalid_labels) return;
      clean = sanitized(clean);
    }
    const std::string text = without(value, "\t\r\n");
    const std::string_view trimmed = trim_code_points(text, {}, true, true);
    if (!is_utf8(trimmed)) return;
    set(line, run.scratch, std::move(clean), trimmed, arguments_.overwrite_existing);
  }

  const WindowsEventArguments arguments_;
  const Source source_;
};

}  // namespace

Result<void> EventLogMessageArguments::validate() const {
  if (!is_legacy_label_name(source)) return fail("invalid label name: " + source);
  return {};
}

Result<void> WindowsEventArguments::validate() const {
  if (!is_label_name(source)) return fail("invalid label name: " + source);
  return {};
}

Result<StagePointer> make_stage(const EventLogMessageArguments& arguments, StageContext& context) {
  return std::make_unique<EventLogMessageStage>(arguments, context);
}

Result<StagePointer> make_stage(const WindowsEventArguments& arguments, StageContext& context) {
  return std::make_unique<WindowsEventStage>(arguments, context);
}

}  // namespace alloy::loki::process
