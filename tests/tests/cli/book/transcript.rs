//! What a page shows of a terminal, and what happens where it is typed.
//!
//! The blocks of a page are one session of a shell, in a folder that holds nothing but the files which the
//! page shows, and those of `examples/` that it links to. A page that uses `kubeconfig` has one, of a
//! Kubernetes API whose nodes are the instances of the embedded account.

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
};

use cloudup_tests::kubernetes::{FakeKubernetes, machines};
use similar::{Algorithm, capture_diff_slices};
use tempfile::TempDir;

use super::page::{Block, Page, root};
use crate::shell::ACCOUNT;

/// A block whose commands are run.
pub(super) const RUN: &str = "console";

/// A block whose commands are not run. Its first line is a comment that says what they need.
pub(super) const NOT_RUN: &str = "console,ignore";

/// A line that stands for lines left out.
const LEFT_OUT: &str = "...";

/// A command, and what the page says that it prints.
#[derive(Debug, PartialEq)]
pub(super) struct Step {
    /// With its lines, where it has several.
    pub(super) command: String,
    shown: String,
}

/// The commands of a block, and what is written before the first.
pub(super) fn steps(text: &str) -> (String, Vec<Step>) {
    let (mut before, mut steps) = (String::new(), Vec::<Step>::new());
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), shown: String::new() });
            goes_on = command.ends_with("\\\n");
        } else if let Some(step) = steps.last_mut() {
            let part = if goes_on { &mut step.command } else { &mut step.shown };
            part.push_str(line);
            goes_on = goes_on && line.ends_with("\\\n");
        } else {
            before.push_str(line);
        }
    }
    (before, steps)
}

/// How a command ended, and what it printed.
struct Ran {
    status: String,
    said: String,
}

/// Runs what the page shows. Gives the page as it should be, or what is wrong with it that cannot be
/// written anew.
pub(super) fn run(page: &Page) -> Result<String, String> {
    let ran = session(page);
    let mut ran = ran.iter();
    let mut text = String::new();
    let mut done = 0;
    for block in page.blocks.iter().filter(|block| block.info == RUN) {
        let (before, steps) = steps(&block.text);
        if !before.is_empty() || steps.is_empty() {
            return Err(format!("a block does not begin with a command: {}", block.text));
        }
        text.push_str(&page.text[done..block.range.start]);
        done = block.range.end;
        let mut left: Option<(&str, &str)> = None;
        for Step { command, shown } in &steps {
            let Some(Ran { status, said }) = ran.next() else {
                return Err(format!("the shell did not get as far as: {command}"));
            };
            untold(left.take(), command)?;
            left = (status != "0").then_some((command, status));
            let shown = if is_shown(shown, said) { shown } else { &shown_anew(shown, said) };
            write!(text, "$ {command}{shown}").expect("a string takes all");
        }
        untold(left, "")?;
    }
    text.push_str(&page.text[done..]);
    Ok(text)
}

/// Whoever reads must not take a failure for a success.
fn untold(failed: Option<(&str, &str)>, next: &str) -> Result<(), String> {
    match failed {
        Some((command, status)) if next.trim() != "echo $?" => {
            Err(format!("it ended with {status}, and no `echo $?` says so: {command}"))
        }
        _ => Ok(()),
    }
}

/// All commands of a page in one shell.
fn session(page: &Page) -> Vec<Ran> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (_, name) in page.links.iter().filter_map(|link| link.rsplit_once("examples/")) {
        let path = format!("examples/{name}");
        if root().join(&path).is_file() {
            fs::create_dir_all(folder.path().join("examples")).expect("a folder can be made");
            fs::copy(root().join(&path), folder.path().join(&path)).expect("it can be copied");
        }
    }
    let account = folder.path().join(ACCOUNT);
    let kubernetes = page.text.contains("KUBECONFIG=kubeconfig").then(|| {
        let kubernetes = FakeKubernetes::of(move || machines(&account));
        let text = kubernetes.kubeconfig("demo.example.com");
        fs::write(folder.path().join("kubeconfig"), text).expect("a file can be written");
        kubernetes
    });
    let beside = tempfile::tempdir().expect("a folder can be made");
    let binaries = beside.path().join("bin");
    fs::create_dir(&binaries).expect("a folder can be made");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_cloudup-under-test"), binaries.join("cloudup"))
        .expect("a link can be made");
    let script = beside.path().join("script");
    fs::write(&script, commands(page)).expect("a file can be written");

    let output = Command::new("/bin/sh")
        .arg(&script)
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .env("PATH", format!("{}:/usr/bin:/bin", binaries.display()))
        .stdin(Stdio::null())
        .output()
        .expect("there is a shell");
    drop(kubernetes);
    let text = String::from_utf8(output.stdout).expect("it speaks UTF-8");
    taken_apart(&text, &folder)
}

const END: char = '\u{1e}';

/// A script that does what the page shows, and marks where each command ends.
fn commands(page: &Page) -> String {
    let mut script = "exec 2>&1\n".to_owned();
    for block in &page.blocks {
        match block {
            Block { file: Some(file), text, .. } => {
                let folder = file.rsplit_once('/').map_or(".", |(folder, _)| folder);
                write!(
                    script,
                    "mkdir -p '{folder}'; cat > '{file}' <<'END OF FILE'\n{text}END OF FILE\n"
                )
            }
            Block { info, text, .. } if info == RUN => {
                steps(text).1.iter().try_for_each(|Step { command, .. }| {
                    writeln!(
                        script,
                        "{command}ended=$?; printf '\\036%s\\036' \"$ended\"; (exit \"$ended\")"
                    )
                })
            }
            _ => Ok(()),
        }
        .expect("a string takes all");
    }
    script
}

fn taken_apart(text: &str, folder: &TempDir) -> Vec<Ran> {
    let text = text.replace(&folder.path().display().to_string(), "~");
    let parts: Vec<&str> = text.split(END).collect();
    let ran = parts.chunks_exact(2).map(|pair| {
        let said: String =
            pair[0].split_inclusive('\n').filter(|line| !is_sign_of_life(line)).collect();
        let said = said.trim_end();
        let said = if said.is_empty() { String::new() } else { format!("{said}\n") };
        Ran { status: pair[1].to_owned(), said }
    });
    ran.collect()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}

/// Whether a line was only said because nothing else was for a while (`  1/3 after 15s: …`), which is
/// another time on each machine.
fn is_sign_of_life(line: &str) -> bool {
    let is_count = |it: &str| it.chars().all(|c| c.is_ascii_digit() || c == '/');
    let line = line.trim_start();
    let line = line.split_once(' ').filter(|(it, _)| is_count(it)).map_or(line, |(_, rest)| rest);
    let time = line.strip_prefix("after ").unwrap_or_default();
    time.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a page shows what was said: line by line, but for lines `...`, which stand for lines left out,
/// and `…` in a line, which stands for what is never the same.
fn is_shown(shown: &str, said: &str) -> bool {
    fn agree(shown: &[&str], said: &[&str]) -> bool {
        match (shown, said) {
            ([LEFT_OUT], said) => !said.is_empty(),
            ([LEFT_OUT, shown @ ..], said) => {
                (1..said.len()).any(|left_out| agree(shown, &said[left_out..]))
            }
            ([line, shown @ ..], [other, said @ ..]) => is_line(line, other) && agree(shown, said),
            (shown, said) => shown.is_empty() && said.is_empty(),
        }
    }
    agree(&lines(shown), &lines(said))
}

/// What was said, but for what a page leaves out: as many lines are shown before and after each `...` as
/// were.
fn shown_anew(shown: &str, said: &str) -> String {
    let (shown, said) = (lines(shown), lines(said));
    let mut anew = Vec::new();
    for part in capture_diff_slices(Algorithm::Patience, &shown, &said) {
        let (old, new) = (&shown[part.old_range()], &said[part.new_range()]);
        let first = old.iter().position(|line| *line == LEFT_OUT);
        let last = old.iter().rposition(|line| *line == LEFT_OUT);
        match first.zip(last).map(|(first, last)| (first, old.len() - 1 - last)) {
            Some((before, after)) if before + after < new.len() => {
                anew.extend(&new[..before]);
                anew.push(LEFT_OUT);
                anew.extend(&new[new.len() - after..]);
            }
            _ => anew.extend(new),
        }
    }
    anew.into_iter().flat_map(|line| [line, "\n"]).collect()
}

fn is_line(shown: &str, said: &str) -> bool {
    let ends = shown.split_once('…').filter(|(_, end)| !end.contains('…'));
    let left_out = |(start, end)| said.strip_prefix(start).is_some_and(|rest| rest.ends_with(end));
    shown == said || ends.is_some_and(left_out)
}

#[test]
fn signs_of_life_are_told_apart() {
    assert!(is_sign_of_life("  1/1 after 51s: nodes-eu-west-1a: replacing i-1 20s\n"));
    assert!(is_sign_of_life("  after 1m: the cluster\n"));
    assert!(!is_sign_of_life("(known after VPC/demo.example.com)\n"));
}

#[test]
fn what_is_shown_may_leave_lines_out_and_nothing_else() {
    for (shown, said, is) in [
        ("a\nb\n", "a\nb\n", true),
        ("a\n", "a\nb\n", false),
        ("a\n...\n", "a\nb\nc\n", true),
        ("a\n...\nc\n", "a\nb\nc\n", true),
        ("a\n...\nb\n", "a\nb\n", false),
        ("...\nb\n", "a\nb\nc\n", false),
        ("...\n", "", false),
        ("since … ago.\n", "since 2 days ago.\n", true),
        ("since … ago.\n", "since 2 days before.\n", false),
        ("", "", true),
        ("", "a\n", false),
    ] {
        assert_eq!(is_shown(shown, said), is, "{shown:?} of {said:?}");
    }
}

#[test]
fn what_was_left_out_stays_left_out_when_a_page_is_written_anew() {
    for (shown, said, anew) in [
        ("a\n", "b\nc\n", "b\nc\n"),
        ("...\nz\n", "a\nb\ny\n", "...\ny\n"),
        ("a\n...\n", "b\nc\nd\n", "b\n...\n"),
        ("a\n...\nm\n...\nz\n", "a\nb\nm\nn\ny\n", "a\n...\nm\n...\ny\n"),
        ("a\n...\nm\nn\n", "a\nb\nm\no\n", "a\n...\nm\no\n"),
        ("...\nz\n", "y\n", "y\n"),
    ] {
        assert_eq!(shown_anew(shown, said), anew, "{shown:?} of {said:?}");
    }
}

#[test]
fn a_command_may_have_several_lines() {
    let (before, steps) = steps("# note\n$ a \\\n    b\nc\n$ d\n");
    assert_eq!(before, "# note\n");
    let step = |command: &str, shown: &str| Step { command: command.into(), shown: shown.into() };
    assert_eq!(steps, [step("a \\\n    b\n", "c\n"), step("d\n", "")]);
}
