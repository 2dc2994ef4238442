//! The documentation: the README and the book in `docs`. What is typed in it does what it shows, what
//! it links to is there, and what it says of flags, fields, schemas and permissions is what they are.
//!
//! `UPDATE=1 cargo test --workspace --test cli book` writes the pages anew. Lines `...` stay where what
//! they leave out is all that differs.

mod commands;
mod json;
mod links;
mod page;
mod permissions;
mod transcript;

use std::{
    fmt::Write as _,
    fs, iter,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

use self::{
    page::{Page, docs, root},
    transcript::{NOT_RUN, RUN},
};
use crate::shell::{DEMO, Shell};

/// The README, and all pages of the book.
fn pages() -> Vec<Page> {
    let mut pages = docs();
    pages.insert(0, Page::read(Path::new("README.md")));
    pages
}

/// Compares a page with what it should be, or writes it so where `UPDATE` is set. Gives what is wrong.
fn settle(path: &Path, is: &str, should_be: &str) -> Option<String> {
    if is == should_be {
        return None;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(root().join(path), should_be).expect("a page can be written");
        return None;
    }
    let difference = similar::TextDiff::from_lines(is, should_be);
    let difference = difference.unified_diff().context_radius(2).to_string();
    Some(format!("{} (UPDATE=1 writes it so):\n{difference}", path.display()))
}

#[track_caller]
fn none_is_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_typed_does_what_the_pages_show() {
    let pages = pages();
    let check = |page: &Page| match transcript::run(page) {
        Ok(should_be) => settle(&page.path, &page.text, &should_be),
        Err(wrong) => Some(format!("{}: {wrong}", page.path.display())),
    };
    // Most of the time is spent in processes of their own.
    let queue = Mutex::new(pages.iter());
    let next = || queue.lock().expect("nobody panics with it").next();
    let work = || iter::from_fn(next).filter_map(check).collect::<Vec<_>>();
    let mut wrong: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = iter::repeat_with(|| scope.spawn(work)).take(4).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("it does not panic")).collect()
    });
    wrong.sort();
    none_is_wrong(&wrong);
}

/// So that nobody adds to it unseen.
#[test]
fn what_is_not_run_is_listed_with_what_it_needs() {
    let mut list = String::new();
    for page in pages() {
        for block in page.blocks.iter().filter(|block| block.info == NOT_RUN) {
            let (needs, steps) = transcript::steps(&block.text);
            let path = page.path.display();
            let needs = needs.strip_prefix("# ").unwrap_or_else(|| {
                panic!("{path}: the first line has to say what it needs: {}", block.text)
            });
            for step in steps {
                write!(list, "{path}: {}: {}", needs.trim_end(), step.command)
                    .expect("it takes all");
            }
        }
    }
    insta::assert_snapshot!(list);
}

#[test]
fn blocks_are_of_kinds_that_are_checked() {
    let mut wrong = Vec::new();
    for page in pages() {
        let is_readme = page.path == Path::new("README.md");
        for block in &page.blocks {
            let is_checked = match &*block.info {
                RUN | NOT_RUN => block.file.is_none(),
                // The README's own test runs them.
                "sh" => is_readme,
                // Compiled where it is included from.
                "rust" => block.text.starts_with("{{#include ") && block.text.lines().count() == 1,
                "text" => true,
                _ => block.file.is_some(),
            };
            if !is_checked {
                wrong.push(format!("{}: ```{}: {}", page.path.display(), block.info, block.text));
            }
        }
    }
    none_is_wrong(&wrong);
}

#[test]
fn the_first_command_plans_and_applies_and_then_has_nothing_to_do() {
    let readme = Page::read(Path::new("README.md"));
    let typed: Vec<_> = readme.blocks.iter().filter(|block| block.info == "sh").collect();
    let [first, second] = typed[..] else { panic!("the README has two commands") };
    assert_eq!(second.text, "cargo test --workspace\n");
    let first = first.text.strip_prefix("cargo run -- ").expect("it runs the binary");
    let args: Vec<_> = first.split_whitespace().collect();
    let shell = Shell::new().with_file("examples/demo.example.com.yaml", DEMO);

    let made = shell.run(&args).expect(0);
    assert!(made.stdout.contains("    + nodes.demo.example.com\n"), "{made}");
    assert!(made.stdout.ends_with("\nDone: 41 created, 0 changed, 0 deleted.\n"), "{made}");
    let roles: Vec<_> = shell.iam()["roles"].as_array().into_iter().flatten().cloned().collect();
    let names: Vec<_> = roles.iter().filter_map(|role| role["name"].as_str()).collect();
    assert_eq!(names, ["masters.demo.example.com", "nodes.demo.example.com"]);

    let account = shell.account();
    let again = shell.run(&args).expect(0);
    assert!(again.stdout.ends_with("\nNothing to do.\n"), "{again}");
    assert_eq!(shell.account(), account);
}

#[test]
fn the_readme_is_one_screen() {
    let lines = Page::read(Path::new("README.md")).text.lines().count();
    assert!(lines <= 75, "the README has {lines} lines: what is long belongs in the book");
}
