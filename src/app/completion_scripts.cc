#include "app/completion_scripts.h"

#include <fmt/format.h>

#include "base/error.h"

namespace alloy::app {
namespace {

// In the templates PROGRAM stands for the program's name and DESCRIBE for 1 or 0. Bash's completion
// list has no room for descriptions, so it never shows them.
constexpr std::string_view bash = R"(# bash completion for PROGRAM
__PROGRAM_complete() {
  local line files=0 current=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :0) files=1 ;;
      :*) ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ ${#COMPREPLY[@]} -eq 0 && $files -eq 1 ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -o filenames -F __PROGRAM_complete PROGRAM
)";

constexpr std::string_view zsh = R"(#compdef PROGRAM
# zsh completion for PROGRAM
_PROGRAM() {
  local line text about files=0
  local -a proposals
  while IFS= read -r line; do
    case $line in
      :0) files=1 ;;
      :*) ;;
      *)
        text=${${line%%$'\t'*}//:/\\:}
        about=${line#*$'\t'}
        if [[ DESCRIBE == 1 && $about != $line ]]; then
          proposals+=("$text:$about")
        else
          proposals+=("$text")
        fi ;;
    esac
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#proposals} )) && _describe 'PROGRAM' proposals
  (( files )) && _files
}
compdef _PROGRAM PROGRAM
)";

constexpr std::string_view fish = R"(# fish completion for PROGRAM
function __PROGRAM_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$line" = ":0"
      __fish_complete_path (commandline -ct)
    else if not string match -q ':*' -- $line
      test DESCRIBE = 1; and echo $line; or string split -f1 \t -- $line
    end
  end
end
complete -c PROGRAM -f -a '(__PROGRAM_complete)'
)";

constexpr std::string_view powershell = R"(# powershell completion for PROGRAM
Register-ArgumentCompleter -Native -CommandName PROGRAM -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($wordToComplete -eq '') { $words += '' }
  & PROGRAM __complete @words 2>$null | Where-Object { $_ -notmatch '^:' } | ForEach-Object {
    $text, $about = $_ -split "`t", 2
    if (-not $about -or DESCRIBE -eq 0) { $about = $text }
    [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $about)
  }
}
)";

std::string expand(std::string_view text, std::string_view program, std::string_view describe) {
  std::string out;
  while (!text.empty()) {
    if (text.starts_with("PROGRAM")) {
      out += program;
      text.remove_prefix(7);
    } else if (text.starts_with("DESCRIBE")) {
      out += describe;
      text.remove_prefix(8);
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell, std::string_view program,
                              Descriptions descriptions) {
  const auto describe = descriptions == Descriptions::shown ? "1" : "0";
  if (shell == "bash") return expand(bash, program, describe);
  if (shell == "zsh") return expand(zsh, program, describe);
  if (shell == "fish") return expand(fish, program, describe);
  ASSERT(shell == "powershell");
  return expand(powershell, program, describe);
}

}  // namespace alloy::app
