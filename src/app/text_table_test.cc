#include "app/text_table.h"

#include <doctest/doctest.h>

namespace alloy::app {

TEST_CASE("columns are as wide as their widest cell, numbers stand on the right") {
  TextTable table({"Job", "Samples"});
  CHECK(table.to_string() ==
        "+-----+---------+\n"
        "| JOB | SAMPLES |\n"
        "+-----+---------+\n"
        "+-----+---------+\n");
  table.add({"node", "12"});
  table.add({"a", "7"});
  CHECK(table.to_string() ==
        "+------+---------+\n"
        "|  JOB | SAMPLES |\n"
        "+------+---------+\n"
        "| node |      12 |\n"
        "| a    |       7 |\n"
        "+------+---------+\n");
}

}  // namespace alloy::app
