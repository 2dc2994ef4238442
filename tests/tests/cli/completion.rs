//! What Tab does at the prompt of real shells.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use rexpect::session::{PtySession, spawn_command};

use crate::{
    program::is_there,
    shell::{DEMO, Ran, Shell, UPDATE},
};

/// How long a shell may take for one line, in milliseconds.
const PATIENCE: u64 = 60_000;

/// What is typed, and what it has become when Tab was pressed behind it.
const LINES: [(&str, &str); 18] = [
    ("cloudup upd", "cloudup update "),
    ("cloudup get instanceg", "cloudup get instancegroups "),
    ("cloudup edit cluster de", "cloudup edit cluster demo.example.com "),
    ("cloudup lock break ", "cloudup lock break demo.example.com "),
    ("cloudup get ig node", "cloudup get ig nodes-eu-west-1a "),
    (
        "cloudup delete ig --name demo.example.com con",
        "cloudup delete ig --name demo.example.com control-plane-eu-west-1a ",
    ),
    ("cloudup update cluster --phase ne", "cloudup update cluster --phase network "),
    ("cloudup update cluster -f clu", "cloudup update cluster -f cluster.yaml "),
    // Another cluster's, which is in no store.
    (
        "cloudup get tasks -f 'my other.yaml' oth",
        "cloudup get tasks -f 'my other.yaml' other.example.com ",
    ),
    ("cloudup iam explain con", "cloudup iam explain control-plane "),
    (
        "cloudup update --lifecycle-overrides DHCPOptions=Ig",
        "cloudup update --lifecycle-overrides DHCPOptions=Ignore ",
    ),
    (
        "cloudup update --lifecycle-overrides=DHCPOptions=Ig",
        "cloudup update --lifecycle-overrides=DHCPOptions=Ignore ",
    ),
    (
        "cloudup update --lifecycle-overrides VPC=Sync,IAMRole/nodes.d",
        "cloudup update --lifecycle-overrides VPC=Sync,IAMRole/nodes.demo.example.com=",
    ),
    (
        "cloudup update --lifecycle-overrides VPC=Sync,IAMRole/nodes.demo.example.com=ExistsAndW",
        "cloudup update --lifecycle-overrides VPC=Sync,IAMRole/nodes.demo.example.com=ExistsAndWarnIfChanges ",
    ),
    (
        "cloudup drift --ignore VPC,IAMRole.trust",
        "cloudup drift --ignore VPC,IAMRole.trust_policy ",
    ),
    (
        "cloudup edit ig nodes-eu-west-1a --set spec.maxS",
        "cloudup edit ig nodes-eu-west-1a --set spec.maxSize=",
    ),
    (
        "cloudup rolling-update cluster --instance-group control-plane-eu-west-1a,nod",
        "cloudup rolling-update cluster --instance-group control-plane-eu-west-1a,nodes-eu-west-1a ",
    ),
    ("cloudup completion powers", "cloudup completion powershell "),
];

/// A cluster in the store, and another in a file.
fn home() -> Shell {
    let other = DEMO.replace("demo.example.com", "other.example.com");
    let shell = Shell::with_demo().with_file("my other.yaml", other);
    shell.run(["create", "-f", "cluster.yaml"]).expect(0);
    fs::create_dir(shell.path("bin")).expect("a folder can be made");
    symlink(env!("CARGO_BIN_EXE_cloudup-under-test"), shell.path("bin/cloudup"))
        .expect("the binary can be linked to");
    shell
}

/// What is in a folder, and below it.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap_or_default());
        }
    }
    found
}

/// A command that starts a shell which finds the binary, if there is such a shell.
fn started(name: &str, home: &Shell) -> Option<Command> {
    if !is_there(name) {
        return None;
    }
    let mut command = Command::new(name);
    command
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", home.path("bin").display()))
        .env("HOME", home.path(""))
        .env("ZDOTDIR", home.path("zsh"))
        .env("XDG_CONFIG_HOME", home.path("config"))
        .env("TERM", "dumb")
        .current_dir(home.path(""));
    Some(command)
}

/// A shell at whose prompt Control-O prints the line, and empties it.
struct Prompt(PtySession);

impl Prompt {
    fn at(command: Command) -> Self {
        let mut session = spawn_command(command, Some(PATIENCE)).expect("a terminal can be had");
        // Shells at a prompt do not mind being asked to end.
        session.process_mut().set_kill_timeout(Some(0));
        Self(session)
    }

    /// What a line becomes when Tab is pressed behind it.
    fn completed(&mut self, typed: &str) -> String {
        let Self(session) = self;
        session.send(&format!("{typed}\t\u{f}")).expect("it reads");
        session.flush().expect("it reads");
        session.exp_string("<<").unwrap_or_else(|error| panic!("{typed}: {error}"));
        session.exp_string(">>").unwrap_or_else(|error| panic!("{typed}: {error}"))
    }

    fn check(mut self, home: &Shell) {
        let before = contents(&home.path(""));
        for (typed, becomes) in LINES {
            assert_eq!(self.completed(typed), becomes);
        }
        assert_eq!(contents(&home.path("")), before, "asking writes nothing");
    }
}

#[test]
fn bash_completes_what_there_is() {
    let home = home();
    home.write(
        "bashrc",
        r#"
            shopt -u progcomp_alias
            bind 'set completion-query-items 0'
            bind 'set page-completions off'
            bind 'set bell-style none'
            show() { printf '<%s%s>%s' '<' "$READLINE_LINE" '>'; READLINE_LINE=; READLINE_POINT=0; }
            bind -x '"\C-o": show'
            source <(cloudup completion bash)
        "#,
    );
    let Some(mut command) = started("bash", &home) else { return };
    command.args(["--noprofile", "--rcfile"]).arg(home.path("bashrc")).arg("-i");
    Prompt::at(command).check(&home);
}

#[test]
fn zsh_completes_what_there_is() {
    let home = home();
    home.write(
        "zsh/.zshrc",
        r#"
            autoload -Uz compinit
            compinit -u -D
            LISTMAX=10000
            setopt NO_LIST_BEEP
            show() { printf '<%s%s>%s' '<' "$BUFFER" '>'; BUFFER= }
            zle -N show
            bindkey '^O' show
            source <(cloudup completion zsh)
        "#,
    );
    let Some(mut command) = started("zsh", &home) else { return };
    command.args(["--no-global-rcs", "-i"]);
    Prompt::at(command).check(&home);
}

#[test]
fn zsh_finds_the_function_where_functions_are_found() {
    let home = home();
    let script = home.run(["completion", "zsh"]).expect(0).stdout;
    home.write("functions/_cloudup", script);
    home.write(
        "zsh/.zshrc",
        r#"
            fpath=("$HOME/functions" $fpath)
            autoload -Uz compinit
            compinit -u -D
            show() { printf '<%s%s>%s' '<' "$BUFFER" '>'; BUFFER= }
            zle -N show
            bindkey '^O' show
        "#,
    );
    let Some(mut command) = started("zsh", &home) else { return };
    command.args(["--no-global-rcs", "-i"]);
    let mut prompt = Prompt::at(command);
    // The first time, the file is read; then the function is there.
    for _ in 0..2 {
        assert_eq!(prompt.completed("cloudup get ig no"), "cloudup get ig nodes-eu-west-1a ");
    }
}

#[test]
fn fish_completes_what_there_is() {
    let home = home();
    let Some(mut command) = started("fish", &home) else { return };
    let asked =
        LINES.map(|(typed, _)| format!("complete -C '{}'; echo ==", typed.replace('\'', "\\'")));
    let script = format!("cloudup completion fish | source; {}", asked.join("; "));
    let before = contents(&home.path(""));
    let output = command.args(["--no-config", "-c", &script]).output().expect("it runs");
    assert_eq!(contents(&home.path("")), before, "asking writes nothing");
    let text = String::from_utf8(output.stdout).expect("it speaks UTF-8");
    let answers: Vec<_> = text.split("==\n").collect();
    assert_eq!(answers.len(), LINES.len() + 1, "{text}");
    for ((typed, becomes), answer) in LINES.into_iter().zip(answers) {
        // The word that is completed, without what fish lets follow it.
        let word = becomes.trim_end().rsplit(' ').next().unwrap_or_default();
        let mut candidates = answer.lines().map(|line| line.split('\t').next().unwrap_or(line));
        assert!(candidates.any(|candidate| candidate == word), "{typed}: {answer}");
    }
}

/// What the binary answers a shell that has these words so far.
fn asked(home: &Shell, name: &str, words: &[&str]) -> Ran {
    let mut command = home.command(["--", "cloudup"].iter().chain(words));
    home.finish(command.env("CLOUDUP_COMPLETE", name).spawn().expect("it starts"))
}

#[test]
fn powershell_is_answered_as_its_script_reads_it() {
    let shell = home();
    let script = shell.run(["completion", "powershell"]).expect(0).stdout;
    for part in
        ["Register-ArgumentCompleter -Native -CommandName cloudup", "CLOUDUP_COMPLETE", "-- $args"]
    {
        assert!(script.contains(part), "{script}");
    }
    // A candidate, a tab, and what it is.
    let phases = asked(&shell, "powershell", &["get", "tasks", "--phase", "ia"]).expect(0);
    assert_eq!(phases.stdout, "iam\tsecurity\n");
}

#[test]
fn what_cannot_be_read_suggests_nothing_and_says_nothing() {
    let broken = || Shell::new().with_file("cluster.yaml", "kind: [Cluster");
    let store = [".cloudup/state/a.example.com/config", ".cloudup/state/b.example.com/config"];
    let cases: [(Shell, &[&str]); 7] = [
        (Shell::new(), &["get", "ig", "a"]),
        (Shell::new(), &["--state", "nowhere://a", "get", "ig", "a"]),
        (Shell::new(), &["iam", "explain", "-f", "missing.yaml", "a"]),
        (Shell::new(), &["delete", "instance", "i-"]),
        (broken(), &["get", "ig", "-f", "cluster.yaml", "a"]),
        (broken(), &["update", "-f", "cluster.yaml", "--lifecycle-overrides", "IAMRole/a"]),
        (
            Shell::new().with_file(store[0], "").with_file(store[1], "kind: ["),
            &["iam", "policy", "a"],
        ),
    ];
    for (shell, words) in cases {
        let before = contents(&shell.path(""));
        let ran = asked(&shell, "fish", words).expect(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""), "{words:?}");
        assert_eq!(contents(&shell.path("")), before, "{words:?}");
    }
    let unknown = asked(&Shell::new(), "tcsh", &["get", ""]).expect(0);
    assert_eq!((unknown.stdout.as_str(), unknown.stderr.as_str()), ("", ""));
}

#[test]
fn instances_of_the_embedded_account_are_suggested_and_no_call_is_counted() {
    let shell = home();
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let before = contents(&shell.path(""));
    let ran = asked(&shell, "fish", &["delete", "instance", "-f", "cluster.yaml", "i-"]).expect(0);
    let groups: Vec<_> = ran.stdout.lines().filter_map(|line| line.split('\t').nth(1)).collect();
    assert!(groups.contains(&"nodes-eu-west-1a"), "{}", ran.stdout);
    assert_eq!(contents(&shell.path("")), before);
}
