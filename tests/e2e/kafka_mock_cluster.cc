// A Kafka cluster for tests: librdkafka's mock brokers on a free loopback port, which speak the
// protocol as real ones do. Prints "ok <brokers>" and then does what it is told, a command a line
// with words separated by blanks, and answers each with "ok ..." or "error ...":
//
//   topic <name> <partitions>
//   produce <topic> <partition> <count> <text>     values "<text> <number>", with the key "k"
//   send <topic> <partition> <value to the end of the line>
//   committed <group> <topic> <partition>          the offset; -1001: none
//   fail <API key> <error> <count>                 the next requests of this kind
//   down | up                                      the (only) broker
#include <cstdio>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int patience_ms = 20'000;
constexpr int32_t broker = 1;

class Cluster {
 public:
  Cluster() : cluster_(nullptr) {
    producer_ = make_client(RD_KAFKA_PRODUCER, {{"linger.ms", "0"}});
    cluster_ = rd_kafka_mock_cluster_new(producer_, 1);
    rd_kafka_brokers_add(producer_, rd_kafka_mock_cluster_bootstraps(cluster_));
  }
  ~Cluster() {
    for (const auto& [group, client] : readers_) rd_kafka_destroy(client);
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(producer_);
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

  std::string obey(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "topic") {
      std::string name;
      int partitions = 0;
      words >> name >> partitions;
      return told(rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1));
    }
    if (command == "produce" || command == "send") return produce(words, command == "produce");
    if (command == "committed") return committed(words);
    if (command == "fail") return fail(words);
    if (command == "down") return told(rd_kafka_mock_broker_set_down(cluster_, broker));
    if (command == "up") return told(rd_kafka_mock_broker_set_up(cluster_, broker));
    return "error no such command";
  }

 private:
  static std::string told(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR_NO_ERROR ? "ok"
                                               : std::string("error ") + rd_kafka_err2str(error);
  }

  static rd_kafka_t* make_client(rd_kafka_type_t type,
                                 const std::map<std::string, std::string>& settings) {
    char why[256];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : settings)
      rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why);
    rd_kafka_t* client = rd_kafka_new(type, conf, why, sizeof why);
    if (client == nullptr) std::fprintf(stderr, "%s\n", why), std::exit(1);
    return client;
  }

  std::string produce(std::istringstream& words, bool numbered) {
    std::string topic;
    int partition = 0;
    int count = 1;
    words >> topic >> partition;
    if (numbered) words >> count;
    std::string text;
    std::getline(words >> std::ws, text);
    for (int i = 0; i < count; ++i) {
      const std::string value = numbered ? text + " " + std::to_string(i) : text;
      const auto error = rd_kafka_producev(
          producer_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
          RD_KAFKA_V_KEY("k", 1), RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return told(error);
    }
    return told(rd_kafka_flush(producer_, patience_ms));
  }

  // Asks as a consumer of the group would that is no member.
  std::string committed(std::istringstream& words) {
    std::string group;
    std::string topic;
    int32_t partition = 0;
    words >> group >> topic >> partition;
    rd_kafka_t*& reader = readers_[group];
    if (reader == nullptr)
      reader =
          make_client(RD_KAFKA_CONSUMER, {{"group.id", group}, {"bootstrap.servers", brokers()}});
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t* asked =
        rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
    const auto error = rd_kafka_committed(reader, list, patience_ms);
    const std::string answer = told(error) + " " + std::to_string(asked->offset);
    rd_kafka_topic_partition_list_destroy(list);
    return answer;
  }

  std::string fail(std::istringstream& words) {
    int api = 0;
    int error = 0;
    size_t count = 0;
    words >> api >> error >> count;
    const std::vector<rd_kafka_resp_err_t> errors(count, static_cast<rd_kafka_resp_err_t>(error));
    rd_kafka_mock_push_request_errors_array(cluster_, static_cast<int16_t>(api), count,
                                            errors.data());
    return "ok";
  }

  rd_kafka_t* producer_;
  rd_kafka_mock_cluster_t* cluster_;
  std::map<std::string, rd_kafka_t*> readers_;
};

}  // namespace

int main() {
  Cluster cluster;
  const auto say = [](const std::string& text) {
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
  };
  say("ok " + cluster.brokers());
  std::string line;
  char buffer[65536];
  while (std::fgets(buffer, sizeof buffer, stdin) != nullptr) {
    line = buffer;
    while (!line.empty() && line.back() == '\n') line.pop_back();
    say(cluster.obey(line));
  }
  return 0;
}
