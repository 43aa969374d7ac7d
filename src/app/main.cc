// The program: its commands are in commands.cc.
#include <string_view>

#include "app/commands.h"

int main(int count, char** words) {
  using namespace alloy::app;
  const std::string_view path = count > 0 ? words[0] : "alloy";
  const Command root = root_command(std::string(path.substr(path.rfind('/') + 1)));
  Console console = process_console();
  return execute(root, std::vector<std::string>(words + std::min(count, 1), words + count),
                 console);
}
