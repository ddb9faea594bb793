/**
 * What shells load. Each asks the program at every press of Tab, so a script fits whatever version is installed; where
 * that knows nothing, files are offered.
 */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const BASH = `# bash completion of podlan
_podlan() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(podlan completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _podlan podlan
`;

const ZSH = `#compdef podlan
_podlan() {
  local line
  local -a words_here found
  words_here=("\${(@)words[2,CURRENT]}")
  while IFS= read -r line; do
    found+=("$line")
  done < <(podlan completion zsh -- "\${words_here[@]}" 2>/dev/null)
  if (( \${#found} )); then
    _describe podlan found
  else
    _files
  fi
}
if [[ "$funcstack[1]" == _podlan ]]; then
  _podlan "$@"
else
  compdef _podlan podlan
fi
`;

const FISH = `# fish completion of podlan
function __podlan_complete
    set -l typed (commandline -opc) (commandline -ct)
    set -l found (podlan completion fish -- $typed[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c podlan -f -a '(__podlan_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
