//! What pages refer to is there.

use super::{Page, Path, PathBuf, docs, none_is_wrong, pages, root};

/// Where files of the repository are looked at in a browser, which is how the book, whose pages are
/// below `docs`, links to what is not.
const FORGE: &str = "https://github.com/cloudup-rs/cloudup/blob/main/";

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(plain.pop()),
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// What is wrong with a link of a page.
fn wrong(page: &Page, link: &str) -> Option<String> {
    if let Some(path) = link.strip_prefix(FORGE) {
        let is_there = root().join(path).exists();
        return (!is_there).then(|| format!("there is no {path}"));
    }
    if link.starts_with("https://") {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = page.path.parent().expect("it is a file");
    let target = if path.is_empty() { page.path.clone() } else { plain(&folder.join(path)) };
    if page.path.starts_with("docs") && !target.starts_with("docs") {
        return Some(format!("the book does not have {}: link to {FORGE}", target.display()));
    }
    if !root().join(&target).exists() {
        return Some(format!("there is no {}", target.display()));
    }
    if anchor.is_empty() || Page::read(&target).anchors.contains(anchor) {
        return None;
    }
    Some(format!("{} has no heading {anchor}", target.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let mut found = Vec::new();
    let others =
        ["AGENTS.md", "CHANGELOG.md", "docs/SUMMARY.md"].map(|path| Page::read(Path::new(path)));
    for page in pages().iter().chain(&others) {
        let told = |link: &String| {
            Some(format!("{}: {link}: {}", page.path.display(), wrong(page, link)?))
        };
        found.extend(page.links.iter().filter_map(told));
    }
    none_is_wrong(&found);
}

/// mdBook leaves out what is not listed, and makes empty pages of what is not there.
#[test]
fn the_list_of_pages_has_them_all() {
    let list = Page::read(Path::new("docs/SUMMARY.md"));
    let mut listed: Vec<_> = list.links.iter().map(|link| Path::new("docs").join(link)).collect();
    listed.sort();
    let there: Vec<_> = docs().into_iter().map(|page| page.path).collect();
    let only = |these: &[PathBuf], those: &[PathBuf]| {
        these.iter().filter(|path| !those.contains(path)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(only(&listed, &there), [""; 0].map(PathBuf::from), "pages that are not there");
    assert_eq!(only(&there, &listed), [""; 0].map(PathBuf::from), "pages that are not listed");
    listed.dedup();
    assert_eq!(listed.len(), there.len(), "a page is listed twice");
}

/// mdBook only warns where an included file is not there, and says nothing of parts of files.
#[test]
fn what_is_included_is_there() {
    let mut found = Vec::new();
    for page in pages() {
        for rest in page.text.split("{{#").skip(1) {
            let directive = rest.split("}}").next().unwrap_or_default();
            let included = directive.strip_prefix("include ").unwrap_or_default();
            let (path, anchor) = included.split_once(':').unwrap_or((included, ""));
            let path = plain(&page.path.parent().expect("it is a file").join(path));
            let text = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
            let has = |mark: &str| {
                anchor.is_empty()
                    || text.lines().any(|line| line.trim() == format!("// {mark}: {anchor}"))
            };
            if text.is_empty() || !has("ANCHOR") || !has("ANCHOR_END") {
                found.push(format!("{}: {directive}", page.path.display()));
            }
        }
    }
    none_is_wrong(&found);
}
