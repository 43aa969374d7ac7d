#include "components/loki/shared/kafka/library.h"

namespace alloy::loki::kafka {

Library::Library() {
  if (!file.loaded()) return;
  file.bind(assign, "rd_kafka_assign");
  file.bind(commit_queue, "rd_kafka_commit_queue");
  file.bind(conf_destroy, "rd_kafka_conf_destroy");
  file.bind(conf_new, "rd_kafka_conf_new");
  file.bind(conf_set, "rd_kafka_conf_set");
  file.bind(conf_set_events, "rd_kafka_conf_set_events");
  file.bind(conf_set_log_cb, "rd_kafka_conf_set_log_cb");
  file.bind(conf_set_opaque, "rd_kafka_conf_set_opaque");
  file.bind(consumer_close_queue, "rd_kafka_consumer_close_queue");
  file.bind(consumer_closed, "rd_kafka_consumer_closed");
  file.bind(destroy_flags, "rd_kafka_destroy_flags");
  file.bind(err2str, "rd_kafka_err2str");
  file.bind(error_destroy, "rd_kafka_error_destroy");
  file.bind(error_string, "rd_kafka_error_string");
  file.bind(event_destroy, "rd_kafka_event_destroy");
  file.bind(event_error, "rd_kafka_event_error");
  file.bind(event_error_string, "rd_kafka_event_error_string");
  file.bind(event_message_next, "rd_kafka_event_message_next");
  file.bind(event_topic_partition_list, "rd_kafka_event_topic_partition_list");
  file.bind(event_type, "rd_kafka_event_type");
  file.bind(incremental_assign, "rd_kafka_incremental_assign");
  file.bind(incremental_unassign, "rd_kafka_incremental_unassign");
  file.bind(memberid, "rd_kafka_memberid");
  file.bind(mem_free, "rd_kafka_mem_free");
  file.bind(message_timestamp, "rd_kafka_message_timestamp");
  file.bind(metadata, "rd_kafka_metadata");
  file.bind(metadata_destroy, "rd_kafka_metadata_destroy");
  file.bind(make, "rd_kafka_new");
  file.bind(oauthbearer_set_token, "rd_kafka_oauthbearer_set_token");
  file.bind(oauthbearer_set_token_failure, "rd_kafka_oauthbearer_set_token_failure");
  file.bind(opaque, "rd_kafka_opaque");
  file.bind(pause_partitions, "rd_kafka_pause_partitions");
  file.bind(poll_set_consumer, "rd_kafka_poll_set_consumer");
  file.bind(queue_cb_event_enable, "rd_kafka_queue_cb_event_enable");
  file.bind(queue_destroy, "rd_kafka_queue_destroy");
  file.bind(queue_get_consumer, "rd_kafka_queue_get_consumer");
  file.bind(queue_poll, "rd_kafka_queue_poll");
  file.bind(rebalance_protocol, "rd_kafka_rebalance_protocol");
  file.bind(resume_partitions, "rd_kafka_resume_partitions");
  file.bind(subscribe, "rd_kafka_subscribe");
  file.bind(topic_name, "rd_kafka_topic_name");
  file.bind(topic_partition_list_add, "rd_kafka_topic_partition_list_add");
  file.bind(topic_partition_list_destroy, "rd_kafka_topic_partition_list_destroy");
  file.bind(topic_partition_list_new, "rd_kafka_topic_partition_list_new");
  file.bind(unsubscribe, "rd_kafka_unsubscribe");
}

const Library& library() {
  static const Library loaded;
  return loaded;
}

}  // namespace alloy::loki::kafka
