//! Bash, whose words end at `=` and `:` too: it is told what stands behind these alone.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::Path,
};

use clap::Command;
use clap_complete::{engine::complete, env::EnvCompleter};

/// Bash, as old as 3.2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bash;

/// What is typed up to the cursor.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// The words, the one at the cursor last.
    pub(super) words: Vec<OsString>,
    /// How much of the last word bash counts as other words.
    before: usize,
    /// The last word stands behind a quotation mark.
    is_quoted: bool,
}

/// Reads what the script asks with: the line up to the cursor, and what words end at.
pub(super) fn typed(asked: &[OsString]) -> Typed {
    let text = |nth: usize| asked.get(nth).map(|text| text.to_string_lossy()).unwrap_or_default();
    let (line, ends) = (text(0), text(1));
    let Some((mut words, is_quoted)) = split(&line) else { return Typed::default() };
    let is_new = line.ends_with(char::is_whitespace) && !line.ends_with("\\ ");
    if is_new && !is_quoted {
        words.push(String::new());
    }
    let last = words.last().map(String::as_str).unwrap_or_default();
    // A blank or a quotation mark in a word was typed so as not to end it.
    let splits = |c: char| ends.contains(c) && !c.is_whitespace() && !"'\"".contains(c);
    let before = match last.rfind(splits) {
        Some(at) if !is_quoted => at + 1,
        _ => 0,
    };
    Typed { words: words.into_iter().map(OsString::from).collect(), before, is_quoted }
}

/// The words of a line, and whether the last one is still within quotation marks.
fn split(line: &str) -> Option<(Vec<String>, bool)> {
    let closed = |mark: &str| shlex::split(&format!("{line}{mark}"));
    shlex::split(line)
        .map(|words| (words, false))
        .or_else(|| closed("'").or_else(|| closed("\"")).map(|words| (words, true)))
}

/// A candidate as it is typed.
fn escaped(candidate: &str) -> String {
    let mut typed = String::with_capacity(candidate.len());
    for c in candidate.chars() {
        if c.is_whitespace() || "'\"\\$`&|;<>(){}!*?[]#~".contains(c) {
            typed.push('\\');
        }
        typed.push(c);
    }
    typed
}

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        // There is no `mapfile` before 4.0, nor `compopt`; no `nosort` before 4.4.
        write!(
            buf,
            r#"_{name}() {{
    local candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <({var}=bash {completer} -- "${{COMP_LINE:0:COMP_POINT}}" "$COMP_WORDBREAKS" 2>/dev/null)
    if [[ "${{COMPREPLY-}}" == *[=/:,] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}}
complete -o bashdefault -o nosort -F _{name} {bin} 2>/dev/null ||
    complete -o bashdefault -F _{name} {bin}
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
        let Typed { words, before, is_quoted } = typed(&args);
        let at = words.len().saturating_sub(1);
        for candidate in complete(cmd, words, at, current_dir)? {
            let candidate = candidate.get_value().to_string_lossy();
            let Some(rest) = candidate.get(before..) else { continue };
            let rest = if is_quoted { rest.to_owned() } else { escaped(rest) };
            writeln!(buf, "{rest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_bash_reads_it() {
        let ends = " \t\n\"'@><=;|&(:";
        for (line, words, behind) in [
            ("cloudup get ", &["cloudup", "get", ""][..], ""),
            ("cloudup get", &["cloudup", "get"], "get"),
            ("cloudup --x A=Sync,B=", &["cloudup", "--x", "A=Sync,B="], ""),
            ("cloudup --x=A=Sy", &["cloudup", "--x=A=Sy"], "Sy"),
            ("cloudup --cloud local:a", &["cloudup", "--cloud", "local:a"], "a"),
            ("cloudup -f 'my file.y", &["cloudup", "-f", "my file.y"], "my file.y"),
            ("cloudup --x \"A=", &["cloudup", "--x", "A="], "A="),
            ("cloudup -f my\\ f", &["cloudup", "-f", "my f"], "my f"),
        ] {
            let typed = typed(&[line.into(), ends.into()]);
            assert_eq!(typed.words, words, "{line}");
            let last = typed.words.last().and_then(|word| word.to_str()).unwrap_or_default();
            assert_eq!(&last[typed.before..], behind, "{line}");
        }
    }
}
