#include "convert/promtail/scrape.h"

#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "convert/prometheus/service_discovery.h"
#include "convert/promtail/sources.h"
#include "convert/promtail/stages.h"
#include "schema/find_field.h"
#include "syntax/literal.h"

namespace alloy::convert::promtail {
namespace {

// Converts one scrape config. What several of its components need is made when the first asks.
class Converter {
 public:
  Converter(const YamlNode& config, const Shared& shared, SourceReader& reader,
            Diagnostics& diagnostics, std::vector<Component>& components)
      : config_(config),
        shared_(shared),
        reader_(reader),
        diagnostics_(diagnostics),
        components_(components) {
    label_ = syntax::sanitize_identifier(config.text_of("job_name"));
    if (!shared.label_prefix.empty()) label_ = fmt::format("{}_{}", shared.label_prefix, label_);
  }

  void run() {
    check_names();
    find_targets();
    if (!targets_.empty()) read_files();
    for (const Source& source : sources()) {
      if (const YamlNode* given = config_.find(source.field); given != nullptr && given->is_map())
        convert_source(source, *given);
    }
    convert_docker();
  }

 private:
  void check_names() {
    std::vector<std::string_view> known = {
        "job_name", "pipeline_stages", "relabel_configs", "docker_sd_configs",
        "encoding", "decompression",   "static_configs",  "consulagent_sd_configs"};
    for (const Source& source : sources()) known.push_back(source.field);
    for (const YamlMember& member : config_.members) {
      if (prometheus::is_service_discovery(member.key)) known.push_back(member.key);
    }
    reader_.check_names(config_, "scrapeconfig.Config", known);
  }

  Component component(std::string name) const {
    Component made{std::move(name), {}};
    made.arguments.label = label_;
    return made;
  }

  const Schema* schema(std::string_view name) {
    const Schema* found = find_arguments(shared_.catalogue, name);
    if (found == nullptr)
      diagnostics_.add(Severity::critical, fmt::format("this program has no component {}", name));
    return found;
  }

  // Docker has a source of its own, and is not among those whose targets are files.
  void find_targets() {
    YamlNode files = config_;
    std::erase_if(files.members, [](const YamlMember& member) {
      return member.key == "docker_sd_configs" || !prometheus::is_service_discovery(member.key);
    });
    const size_t first = components_.size();
    prometheus::convert_service_discovery({files, label_, shared_.catalogue}, reader_, components_,
                                          targets_);
    for (size_t i = first; i < components_.size(); ++i) limit_to_node(components_[i]);
    prometheus::check_service_discovery(files, diagnostics_);
    const auto listed = static_targets(config_.find("static_configs"), reader_, "localhost");
    if (!listed.empty()) targets_.add(fmt::format("[{}]", fmt::join(listed, ", ")));
    convert_consul_agents();
  }

  // Promtail looks for pods of its own node only.
  static void limit_to_node(Component& discovery) {
    const Value role = discovery.arguments.value("role");
    if (discovery.name != "discovery.kubernetes" || !role.is_string() || role.as_string() != "pod")
      return;
    Draft& selectors = discovery.arguments.add("selectors");
    selectors.set("role", Value::string("pod"));
    selectors.set("field", Expression{"\"spec.nodeName=\" + coalesce(sys.env(\"HOSTNAME\"), "
                                      "constants.hostname)"});
  }

  void convert_consul_agents() {
    constexpr Rename names[] = {{"node_meta", ""}, {"allow_stale", ""}};
    size_t count = 0;
    for (const YamlNode& config :
         reader_.items(config_.find("consulagent_sd_configs"), "*consulagent.SDConfig")) {
      const Schema* fields = schema("discovery.consulagent");
      if (fields == nullptr) return;
      Component agent = component("discovery.consulagent");
      agent.arguments.label = numbered_label(label_, count++);
      reader_.read(config, {"consulagent.plain", fields, names}, agent.arguments);
      if (config.find("node_meta") != nullptr) {
        diagnostics_.add(Severity::warning,
                         "node_meta is not used by discovery.consulagent and will be ignored");
      }
      targets_.add(agent.id() + ".targets");
      components_.push_back(std::move(agent));
    }
  }

  // Where entries go: through the pipeline stages if there are any.
  std::string receivers() {
    if (receivers_) return *receivers_;
    receivers_ = fmt::format("[{}]", fmt::join(shared_.receivers, ", "));
    const YamlNode* stages = config_.find("pipeline_stages");
    const Schema* fields = schema("loki.process");
    if (fields == nullptr) return *receivers_;
    Component process = component("loki.process");
    process.arguments.set("forward_to", Expression{*receivers_});
    add_limits(process.arguments);
    if (stages != nullptr) convert_stages(*stages, *fields, diagnostics_, process.arguments);
    const bool has_stages = process.arguments.entries().size() > 1;
    if (!has_stages && (stages == nullptr || stages->items.empty())) return *receivers_;
    receivers_ = fmt::format("[{}.receiver]", process.id());
    components_.push_back(std::move(process));
    return *receivers_;
  }

  // Promtail's limits hold for all pipelines together; ours hold for each.
  void add_limits(Draft& process) {
    const YamlNode& limits = shared_.limits;
    if (limits.text_of("readline_rate_enabled") == "true") {
      Draft& stage = process.add("stage.limit");
      constexpr Rename names[] = {
          {"readline_rate", "rate"}, {"readline_burst", "burst"}, {"readline_rate_drop", "drop"}};
      for (const auto& [source, ours] : names) {
        if (const YamlNode* given = limits.find(source))
          stage.set(ours, reader_.value(*given, source == "readline_rate_drop"
                                                    ? schema_internal::member_type<bool>
                                                    : schema_internal::member_type<double>));
      }
      if (!stage.has("rate")) stage.set("rate", Value::integer(default_rate));
      if (!stage.has("burst")) stage.set("burst", Value::integer(default_rate));
      if (!stage.has("drop")) stage.set("drop", Value::boolean(true));
    }
    const std::string_view size = limits.text_of("max_line_size");
    if (size.empty() || size == "0") return;
    if (limits.text_of("max_line_size_truncate") == "true") {
      process.add("stage.truncate").add("rule").set("limit", Value::string(std::string(size)));
    } else {
      process.add("stage.drop").set("longer_than", Value::string(std::string(size)));
    }
  }

  bool has_rules() const {
    const YamlNode* rules = config_.find("relabel_configs");
    return rules != nullptr && !rules->items.empty();
  }

  void relabel_targets() {
    if (relabelled_ || !has_rules()) return;
    relabelled_ = true;
    const Schema* fields = schema("discovery.relabel");
    if (fields == nullptr) return;
    Component relabel = component("discovery.relabel");
    relabel.arguments.set("targets", targets_.expression());
    add_relabel_rules(config_.find("relabel_configs"), "rule", *fields, reader_, relabel.arguments);
    components_.push_back(std::move(relabel));
  }

  // The rules as an argument of a source.
  Expression rules() {
    relabel_targets();
    return {has_rules() ? fmt::format("discovery.relabel.{}.rules", label_) : "null"};
  }

  // The receivers behind a loki.relabel with the rules.
  std::string relabelled_receivers() {
    if (!has_rules()) return receivers();
    const Schema* fields = schema("loki.relabel");
    if (fields == nullptr) return receivers();
    const std::string reference = fmt::format("[loki.relabel.{}.receiver]", label_);
    if (std::exchange(has_log_relabel_, true)) return reference;
    const std::string behind = receivers();
    Component relabel = component("loki.relabel");
    relabel.arguments.set("forward_to", Expression{behind});
    add_relabel_rules(config_.find("relabel_configs"), "rule", *fields, reader_, relabel.arguments);
    components_.push_back(std::move(relabel));
    return reference;
  }

  void read_files() {
    const Schema* fields = schema("loki.source.file");
    if (fields == nullptr) return;
    Component file = component("loki.source.file");
    Draft& arguments = file.arguments;
    arguments.set("forward_to", Expression{receivers()});
    relabel_targets();
    arguments.set("targets", has_rules()
                                 ? Expression{fmt::format("discovery.relabel.{}.output", label_)}
                                 : targets_.expression());
    constexpr Rename others[] = {{"job_name", ""}};
    YamlNode own = config_;
    std::erase_if(own.members, [](const YamlMember& member) {
      return member.key != "encoding" && member.key != "decompression";
    });
    reader_.read(own, {"scrapeconfig.Config", fields, others}, arguments);
    if (!shared_.file_watch.empty()) arguments.add("file_watch", shared_.file_watch);
    Draft& match = arguments.block("file_match");
    match.set("enabled", Value::boolean(true));
    if (!shared_.sync_period.empty()) match.set("sync_period", Value::string(shared_.sync_period));
    arguments.set("legacy_positions_file", Value::string(shared_.positions_file));
    components_.push_back(std::move(file));
  }

  void convert_source(const Source& source, const YamlNode& config) {
    const Schema* fields = schema(source.component);
    if (fields == nullptr) return;
    Component made = component(std::string(source.component));
    Draft& block = source.block.empty() ? made.arguments : made.arguments.block(source.block);
    if (!source.block.empty()) fields = block_schema(*fields, source.block);
    made.arguments.label = label_;
    const SourceMap map{source.type, fields, source.renames};
    reader_.read(config, map, block);
    for (const auto& [name, text] : source.otherwise) set_otherwise(name, text, block);
    if (source.adapt != nullptr) source.adapt(config, reader_, diagnostics_, block);
    if (source.relabelling == Relabelling::receiver) {
      made.arguments.set("forward_to", Expression{relabelled_receivers()});
    } else {
      made.arguments.set("forward_to", Expression{receivers()});
      made.arguments.set("relabel_rules", rules());
    }
    components_.push_back(std::move(made));
  }

  static const Schema* block_schema(const Schema& component, std::string_view name) {
    return &find_field(component, nullptr, name).field->type->element->schema();
  }

  static void set_otherwise(std::string_view name, std::string_view text, Draft& block) {
    if (block.has(name)) return;
    block.set(name,
              text == "{}" ? Value::object(Object::sorted({})) : Value::string(std::string(text)));
  }

  void convert_docker() {
    YamlNode docker;
    docker.kind = YamlNode::Kind::map;
    const YamlNode* configs = config_.find("docker_sd_configs");
    if (configs == nullptr) return;
    size_t index = 0;
    for (const YamlNode& config : reader_.items(configs, "*moby.DockerSDConfig")) {
      YamlNode one = *configs;
      one.items = {config};
      docker.members = {{"docker_sd_configs", configs->line, std::move(one)}};
      const std::string label = numbered_label(label_, index++);
      TargetList targets;
      prometheus::convert_service_discovery({docker, label, shared_.catalogue}, reader_,
                                            components_, targets);
      read_containers(components_.back().arguments, label, targets.expression());
    }
  }

  // loki.source.docker has the settings of the discovery.
  void read_containers(const Draft& discovery, const std::string& label, Expression targets) {
    Component source = component("loki.source.docker");
    source.arguments.label = label;
    Draft& arguments = source.arguments;
    Draft client;
    client.is_kept = false;
    for (const Draft::Entry& entry : discovery.entries()) {
      const auto* value = std::get_if<Value>(&entry.content);
      if (entry.name == "host" || entry.name == "refresh_interval") {
        arguments.set(entry.name, *value);
      } else if (entry.name == "port" || entry.name == "host_networking_host" ||
                 entry.name == "match_first_network" || entry.name == "filter") {
        continue;
      } else if (value != nullptr) {
        client.set(entry.name, *value);
      } else {
        client.add(entry.name, std::get<Draft>(entry.content));
      }
    }
    arguments.set("targets", std::move(targets));
    arguments.set("forward_to", Expression{receivers()});
    arguments.set("relabel_rules", rules());
    arguments.add("http_client_config", std::move(client));
    components_.push_back(std::move(source));
  }

  static constexpr int64_t default_rate = 10'000;

  const YamlNode& config_;
  const Shared& shared_;
  SourceReader& reader_;
  Diagnostics& diagnostics_;
  std::vector<Component>& components_;
  std::string label_;
  TargetList targets_;
  std::optional<std::string> receivers_;
  bool relabelled_ = false;
  bool has_log_relabel_ = false;
};

}  // namespace

void convert_scrape(const YamlNode& config, const Shared& shared, SourceReader& reader,
                    Diagnostics& diagnostics, std::vector<Component>& components) {
  Converter(config, shared, reader, diagnostics, components).run();
}

}  // namespace alloy::convert::promtail
