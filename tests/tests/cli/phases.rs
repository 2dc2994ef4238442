//! What is said where the phase before is missing.

use crate::shell::{Shell, UPDATE, small};

fn run(shell: &Shell, more: &[&str]) -> crate::shell::Ran {
    shell.run([&UPDATE[..], more].concat())
}

#[test]
fn a_phase_that_comes_too_early_is_told_what_is_missing_and_changes_nothing() {
    let shell = Shell::new().with_file("cluster.yaml", small("", ""));
    let without_a_network = run(&shell, &["--phase", "security", "--yes"]).expect(1);
    insta::assert_snapshot!("security_without_a_network", without_a_network);
    assert_eq!(shell.account()["roles"].as_array().map(Vec::len), Some(0));

    run(&shell, &["--phase", "network", "--yes"]).expect(0);
    run(&shell, &["--phase", "cluster"]).expect(0);
    let without_security = run(&shell, &["--phase", "cluster", "--yes"]).expect(1);
    insta::assert_snapshot!("cluster_without_security", without_security);
    assert_eq!(shell.account()["launchTemplates"].as_array().map(Vec::len), Some(0));

    run(&shell, &["--phase", "iam", "--yes"]).expect(0);
    run(&shell, &["--phase", "cluster", "--yes"]).expect(0);
    let whole = run(&shell, &["--detailed-exitcode"]).expect(0);
    assert!(whole.stdout.contains("Nothing to do"), "{whole}");
}
