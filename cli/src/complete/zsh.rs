//! Zsh, which is told where a value goes on: no space comes behind `=`, `/` and the like.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::Path,
};

use clap::Command;
use clap_complete::env::{EnvCompleter, Zsh as Plain};

/// Zsh. Candidates are written as the library does, `VALUE:WHAT IT IS` in lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zsh;

impl EnvCompleter for Zsh {
    fn name(&self) -> &'static str {
        Plain.name()
    }

    fn is(&self, name: &str) -> bool {
        Plain.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        // Read by `source`, it registers the function; found in `fpath`, it is the function.
        write!(
            buf,
            r#"#compdef {bin}
_{name}() {{
    local -a typed open closed
    local candidate value
    typed=("${{(@Q)words[1,CURRENT - 1]}}" "${{(Q)PREFIX}}")
    for candidate in "${{(@f)$({var}=zsh _CLAP_COMPLETE_INDEX=$((CURRENT - 1)) \
        {completer} -- "${{typed[@]}}" 2>/dev/null)}}"; do
        [[ -n $candidate ]] || continue
        # The value ends at the first colon that is not escaped.
        value=${{${{candidate//\\:/=}}%%:*}}
        if [[ $value == *[=/,] ]]; then
            open+=("$candidate")
        else
            closed+=("$candidate")
        fi
    done
    (( $#open )) && _describe -V values open -S ''
    (( $#closed )) && _describe -V values closed
}}
if [[ $funcstack[1] == _{name} ]]; then
    _{name} "$@"
else
    compdef _{name} {bin}
fi
"#
        )
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        Plain.write_complete(cmd, args, current_dir, buf)
    }
}
