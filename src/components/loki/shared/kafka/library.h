// librdkafka's functions, loaded when first needed. Only for what wraps it.
#pragma once

#include <librdkafka/rdkafka.h>

#include "base/dynamic_library.h"

namespace alloy::loki::kafka {

struct Library {
  Library();

  DynamicLibrary file{"librdkafka.so.1"};
  // Each is rd_kafka_<name>, but that make is rd_kafka_new.
  decltype(&rd_kafka_assign) assign = nullptr;
  decltype(&rd_kafka_commit_queue) commit_queue = nullptr;
  decltype(&rd_kafka_conf_destroy) conf_destroy = nullptr;
  decltype(&rd_kafka_conf_new) conf_new = nullptr;
  decltype(&rd_kafka_conf_set) conf_set = nullptr;
  decltype(&rd_kafka_conf_set_events) conf_set_events = nullptr;
  decltype(&rd_kafka_conf_set_log_cb) conf_set_log_cb = nullptr;
  decltype(&rd_kafka_conf_set_opaque) conf_set_opaque = nullptr;
  decltype(&rd_kafka_consumer_close_queue) consumer_close_queue = nullptr;
  decltype(&rd_kafka_consumer_closed) consumer_closed = nullptr;
  decltype(&rd_kafka_destroy_flags) destroy_flags = nullptr;
  decltype(&rd_kafka_err2str) err2str = nullptr;
  decltype(&rd_kafka_error_destroy) error_destroy = nullptr;
  decltype(&rd_kafka_error_string) error_string = nullptr;
  decltype(&rd_kafka_event_destroy) event_destroy = nullptr;
  decltype(&rd_kafka_event_error) event_error = nullptr;
  decltype(&rd_kafka_event_error_string) event_error_string = nullptr;
  decltype(&rd_kafka_event_message_next) event_message_next = nullptr;
  decltype(&rd_kafka_event_topic_partition_list) event_topic_partition_list = nullptr;
  decltype(&rd_kafka_event_type) event_type = nullptr;
  decltype(&rd_kafka_incremental_assign) incremental_assign = nullptr;
  decltype(&rd_kafka_incremental_unassign) incremental_unassign = nullptr;
  decltype(&rd_kafka_memberid) memberid = nullptr;
  decltype(&rd_kafka_mem_free) mem_free = nullptr;
  decltype(&rd_kafka_message_timestamp) message_timestamp = nullptr;
  decltype(&rd_kafka_metadata) metadata = nullptr;
  decltype(&rd_kafka_metadata_destroy) metadata_destroy = nullptr;
  decltype(&rd_kafka_new) make = nullptr;
  decltype(&rd_kafka_oauthbearer_set_token) oauthbearer_set_token = nullptr;
  decltype(&rd_kafka_oauthbearer_set_token_failure) oauthbearer_set_token_failure = nullptr;
  decltype(&rd_kafka_opaque) opaque = nullptr;
  decltype(&rd_kafka_pause_partitions) pause_partitions = nullptr;
  decltype(&rd_kafka_poll_set_consumer) poll_set_consumer = nullptr;
  decltype(&rd_kafka_queue_cb_event_enable) queue_cb_event_enable = nullptr;
  decltype(&rd_kafka_queue_destroy) queue_destroy = nullptr;
  decltype(&rd_kafka_queue_get_consumer) queue_get_consumer = nullptr;
  decltype(&rd_kafka_queue_poll) queue_poll = nullptr;
  decltype(&rd_kafka_rebalance_protocol) rebalance_protocol = nullptr;
  decltype(&rd_kafka_resume_partitions) resume_partitions = nullptr;
  decltype(&rd_kafka_subscribe) subscribe = nullptr;
  decltype(&rd_kafka_topic_name) topic_name = nullptr;
  decltype(&rd_kafka_topic_partition_list_add) topic_partition_list_add = nullptr;
  decltype(&rd_kafka_topic_partition_list_destroy) topic_partition_list_destroy = nullptr;
  decltype(&rd_kafka_topic_partition_list_new) topic_partition_list_new = nullptr;
  decltype(&rd_kafka_unsubscribe) unsubscribe = nullptr;
};

// The same for everybody; look at file.loaded() first.
const Library& library();

}  // namespace alloy::loki::kafka
